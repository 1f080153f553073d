//! The open spans of a layer, by their ids.
//!
//! The extensions of the registry could store them as well, at the cost of a box and three atomic
//! counters. This map inserts and removes a span under the lock of one of its shards, which is contended
//! only if two threads use the same shard at the same time.

use std::fmt;
use std::sync::{Arc, MutexGuard};

use tracing::span::Id;

use crate::recorder::{BridgedSpan, CopiedLock, context};

const SHARDS: usize = 256;

#[repr(align(64))]
struct Shard(CopiedLock<Vec<(u64, BridgedSpan)>>);

/// The open spans of all layers of a subscriber.
#[derive(Clone)]
pub(super) struct Spans(Arc<[Shard; SHARDS]>);

impl Default for Spans {
    fn default() -> Self {
        Self(Arc::new([const { Shard(CopiedLock::new(Vec::new())) }; SHARDS]))
    }
}

impl fmt::Debug for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spans").finish_non_exhaustive()
    }
}

impl Spans {
    /// Locks the shard of a span. `None` while this thread enters a span, which holds a lock: a subscriber to which
    /// OpenTelemetry then reports too many contexts has no access to spans. Also `None` in a fork, for a shard that
    /// another thread had locked.
    #[inline]
    fn shard(&self, id: &Id) -> Option<MutexGuard<'_, Vec<(u64, BridgedSpan)>>> {
        if context::is_attaching() {
            return None;
        }

        // Ids of one thread are consecutive, and ids of different threads differ in the upper half.
        let hash = id.into_u64().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let [.., last] = hash.to_le_bytes();
        self.0[usize::from(last)].0.lock()
    }

    #[inline]
    pub(super) fn insert(&self, id: &Id, span: BridgedSpan) {
        if let Some(mut shard) = self.shard(id) {
            shard.push((id.into_u64(), span));
        }
    }

    #[inline]
    pub(super) fn remove(&self, id: &Id) -> Option<BridgedSpan> {
        let mut shard = self.shard(id)?;
        let at = shard.iter().position(|(other, _)| *other == id.into_u64())?;
        Some(shard.swap_remove(at).1)
    }

    /// Runs `act` under the lock of a shard, so `act` must not call user code.
    #[inline]
    pub(super) fn with<T>(&self, id: &Id, act: impl FnOnce(&mut BridgedSpan) -> T) -> Option<T> {
        let mut shard = self.shard(id)?;
        let span = shard.iter_mut().rfind(|(other, _)| *other == id.into_u64())?;
        Some(act(&mut span.1))
    }
}
