//! The open spans whose attributes log records copy, by their ids, if a provider needs them.
//!
//! A log record finds the ids of the current span in OpenTelemetry's `Context`, but not the span itself: a span of the
//! plain API is behind a lock that the logging code may hold, and may belong to another library.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::{Mutex, MutexGuard};

use opentelemetry::{SpanId, TraceId};

use super::fork::{forks, lock};
use super::pending::Handle;
use super::record::SpanRecord;
use crate::attributes::Attribute;

type Ids = (TraceId, SpanId);
type Open = HashMap<Ids, Handle, BuildHasherDefault<DefaultHasher>>;

/// A part of the list, in a cache line of its own. An empty one is `None`, whose bytes are zero, so that the list is not
/// part of the program's file.
#[repr(align(64))]
struct Shard(Mutex<Option<Open>>);

const SHARDS: usize = 64;

static OPEN: [Shard; SHARDS] = [const { Shard(Mutex::new(None)) }; SHARDS];

/// Locks the part of the list for a span. Returns `None` in a fork if another thread holds the lock, because that
/// thread may not exist here; the log record then has no attributes.
fn shard((_, span_id): Ids) -> Option<MutexGuard<'static, Option<Open>>> {
    let [.., last] = span_id.to_bytes();
    let Shard(shard) = &OPEN[usize::from(last) % SHARDS];
    if forks() > 0 {
        return shard.try_lock().ok();
    }

    Some(lock(shard))
}

pub(super) fn insert(ids: Ids, span: Handle) {
    if let Some(mut open) = shard(ids) {
        open.get_or_insert_default().insert(ids, span);
    }
}

pub(super) fn remove(ids: Ids) {
    if let Some(open) = shard(ids).as_deref_mut().and_then(Option::as_mut) {
        open.remove(&ids);
    }
}

impl SpanRecord {
    /// Calls `read` with the name and the attributes of a span, if it is open and recorded. If a key occurs twice, its
    /// last value counts. Updates of the span wait meanwhile, so `read` should only copy.
    pub fn describe(trace_id: TraceId, span_id: SpanId, read: impl FnOnce(&str, &[Attribute])) {
        let ids = (trace_id, span_id);
        let span = shard(ids).and_then(|open| open.as_ref()?.get(&ids).copied());
        if let Some(span) = span {
            span.read(|record| {
                read(record.name_or_site(), record.attributes.as_slice());
            });
        }
    }
}
