//! Which calls are measured though no span is made of them.

use std::sync::atomic::Ordering;

use super::{LISTENERS, MEASURES, MEASURES_ALL};
use crate::callsite::CallSite;
use crate::clock::Ticks;
use crate::recorder::head::Head;
use crate::recorder::local::Local;
use crate::recorder::record::SpanRecord;
use crate::recorder::recording::Recording;
use opentelemetry::TraceId;

/// Whether metrics are made of the calls of this call site, or of what has none.
#[inline]
pub(super) fn is_wanted(listeners: u8, callsite: Option<&CallSite>) -> bool {
    listeners & MEASURES_ALL != 0
        || listeners & MEASURES != 0 && callsite.is_some_and(CallSite::has_metrics)
}

/// The same for a span that has ended and found no room.
pub(in crate::recorder) fn is_wanted_now(record: &SpanRecord) -> bool {
    is_wanted(LISTENERS.load(Ordering::Relaxed), record.head.callsite)
}

/// Begins to measure a call. It has no ids, which tells it from a span.
#[inline(never)]
pub(super) fn begin(callsite: Option<&'static CallSite>, local: &mut Local) -> Box<Recording> {
    let mut recording = local.blank();
    recording.open();
    recording.record.head = Head {
        callsite,
        start: Ticks::now(),
        ..Head::BLANK
    };
    recording
}

/// Whether a span that is not to be recorded after all is measured from now on.
pub(in crate::recorder) fn goes_on(record: &mut SpanRecord) -> bool {
    let is_wanted = is_wanted_now(record);
    if is_wanted {
        record.head.trace_id = TraceId::INVALID;
    }
    is_wanted
}
