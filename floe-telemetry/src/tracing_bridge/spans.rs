//! The open spans of a layer, by their ids.
//!
//! The registry would keep them, too, in a box and behind three atomic counters. Here a span is put in
//! and taken out once, under a lock that nobody else waits for unless two spans fall into one place
//! at the same moment.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::span::Id;

use crate::recorder::BridgedSpan;

const PLACES: usize = 256;

/// Those whose ids fall together. A line of the cache each, so that threads do not wait for others'.
#[derive(Default)]
#[repr(align(64))]
struct Place(Mutex<Vec<(u64, BridgedSpan)>>);

/// The spans of a layer that have not been closed.
pub(super) struct Spans(Box<[Place; PLACES]>);

impl Default for Spans {
    fn default() -> Self {
        Self(Box::new([const { Place(Mutex::new(Vec::new())) }; PLACES]))
    }
}

impl fmt::Debug for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spans").finish_non_exhaustive()
    }
}

impl Spans {
    #[inline]
    fn place(&self, id: &Id) -> MutexGuard<'_, Vec<(u64, BridgedSpan)>> {
        // Numbers of one thread follow each other, and those of several differ in their upper half.
        let mixed = id.into_u64().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let [.., last] = mixed.to_le_bytes();
        let place = &self.0[usize::from(last)];
        place.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a span until it is taken.
    #[inline]
    pub(super) fn put(&self, id: &Id, span: BridgedSpan) {
        self.place(id).push((id.into_u64(), span));
    }

    #[inline]
    pub(super) fn take(&self, id: &Id) -> Option<BridgedSpan> {
        let mut place = self.place(id);
        let at = place
            .iter()
            .position(|(other, _)| *other == id.into_u64())?;
        Some(place.swap_remove(at).1)
    }

    /// Does something with a span. It must not call code of others.
    #[inline]
    pub(super) fn with<T>(&self, id: &Id, act: impl FnOnce(&mut BridgedSpan) -> T) -> Option<T> {
        let mut place = self.place(id);
        let span = place
            .iter_mut()
            .rfind(|(other, _)| *other == id.into_u64())?;
        Some(act(&mut span.1))
    }
}
