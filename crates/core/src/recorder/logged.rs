//! The open spans whose attributes log records copy, by their ids, if a provider needs them.
//!
//! A log record finds the ids of the current span in OpenTelemetry's `Context`, but not the span itself: a span of the
//! plain API is behind a lock that the logging code may hold, and may belong to another library.

use std::collections::BTreeMap;
use std::sync::MutexGuard;

use opentelemetry::{SpanId, TraceId};

use super::fork::CopiedLock;
use super::pending::Handle;
use super::record::SpanRecord;
use crate::attributes::Attribute;

type Ids = (TraceId, SpanId);
type Open = BTreeMap<([u8; 16], [u8; 8]), Handle>;

/// A part of the list, in a cache line of its own.
#[repr(align(64))]
struct Shard(CopiedLock<Open>);

const SHARDS: usize = 64;

static OPEN: [Shard; SHARDS] = [const { Shard(CopiedLock::new(BTreeMap::new())) }; SHARDS];

/// Locks the part of the list for a span. Without it, a log record in a fork has no attributes.
fn shard((_, span_id): Ids) -> Option<MutexGuard<'static, Open>> {
    let [.., last] = span_id.to_bytes();
    OPEN[usize::from(last) % SHARDS].0.lock()
}

fn key((trace_id, span_id): Ids) -> ([u8; 16], [u8; 8]) {
    (trace_id.to_bytes(), span_id.to_bytes())
}

pub(super) fn insert(ids: Ids, span: Handle) {
    if let Some(mut open) = shard(ids) {
        open.insert(key(ids), span);
    }
}

pub(super) fn remove(ids: Ids) {
    if let Some(mut open) = shard(ids) {
        open.remove(&key(ids));
    }
}

impl SpanRecord {
    /// Calls `read` with the name and the attributes of a span, if it is open and recorded. If a key occurs twice, its
    /// last value counts. Updates of the span wait meanwhile, so `read` should only copy.
    pub fn describe(trace_id: TraceId, span_id: SpanId, read: impl FnOnce(&str, &[Attribute])) {
        let ids = (trace_id, span_id);
        let span = shard(ids).and_then(|open| open.get(&key(ids)).copied());
        if let Some(span) = span {
            span.read(|record| {
                read(record.name_or_site(), record.attributes.as_slice());
            });
        }
    }
}
