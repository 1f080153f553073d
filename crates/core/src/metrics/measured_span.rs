//! The span to which the measurements of a thread belong.

use std::cell::Cell;

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, SpanId, TraceId};

use crate::caught::caught;
use crate::recorder::alive::context_is_alive;
use crate::recorder::current::span_context_within;

type Ids = (TraceId, SpanId);

#[derive(Clone, Copy)]
enum Measured {
    InCurrent,
    In(Option<Ids>),
}

thread_local! {
    static MEASURED: Cell<Measured> = const { Cell::new(Measured::InCurrent) };
}

/// Calls `measure`, whose measurements have `span` as their exemplar instead of the current span, if `span` is sampled.
/// Making the span current would take longer than a measurement.
///
/// ```
/// use floe_telemetry::{MetricRecorder, metrics};
/// use opentelemetry::trace::SpanContext;
///
/// static METRICS: MetricRecorder = MetricRecorder::new("acme.queue");
///
/// fn ended(request: &SpanContext, seconds: f64) {
///     metrics::in_span(Some(request), || METRICS.record_histogram("acme.queue.duration", seconds, &[]));
/// }
/// ```
pub fn in_span(span: Option<&SpanContext>, measure: impl FnOnce()) {
    measured(Measured::In(span.and_then(sampled)), measure);
}

fn measured(span: Measured, measure: impl FnOnce()) {
    struct Reset(Measured);

    impl Drop for Reset {
        fn drop(&mut self) {
            MEASURED.set(self.0);
        }
    }

    let _reset = Reset(MEASURED.replace(span));
    measure();
}

fn sampled(context: &SpanContext) -> Option<Ids> {
    let is_sampled = context.is_valid() && context.is_sampled();
    is_sampled.then(|| (context.trace_id(), context.span_id()))
}

/// The ids of the span of [`in_span`], or of the current one, if it is sampled.
pub fn measured_ids() -> Option<Ids> {
    match MEASURED.get() {
        Measured::In(ids) => return ids,
        Measured::InCurrent => {}
    }
    if !context_is_alive() {
        return None;
    }
    // OpenTelemetry logs an error if the current `Context` cannot be read, and a subscriber may count log records.
    let current = caught(|| {
        Context::map_current(|cx| match span_context_within(cx) {
            Some(context) => sampled(&context),
            None => sampled(cx.span().span_context()),
        })
    });
    current.ok().flatten()
}
