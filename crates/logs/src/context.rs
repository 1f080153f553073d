//! Adds to a log record the ids of the current span, the listed baggage values, and the identity from the settings.

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, Key};

use floe_telemetry_sdk::__parts::logs::{LogRecordSettings, SpanIds};

use super::draft::Draft;
use crate::recorder::context::read;
use crate::recorder::span_context_within;

/// The target of events of the OpenTelemetry API itself. They may be created while the API borrows the current
/// `Context` mutably, and reading the `Context` at that time would panic.
const OPENTELEMETRY: &str = "opentelemetry";

/// Whether the current `Context` may be read while a record with this target is created.
pub(super) fn is_readable(target: &str) -> bool {
    target != OPENTELEMETRY
}

pub(super) fn add(draft: &mut Draft, settings: &LogRecordSettings, has_context: bool) {
    if has_context {
        read(|cx| add_current(cx, &settings.baggage, draft));
    }
    for attribute in &settings.identity {
        if !draft.record.has_identity(&attribute.key) {
            draft.add_identity(attribute.key.clone(), &attribute.value.as_str(), true);
        }
    }
}

pub(super) fn ids(cx: &Context) -> Option<SpanIds> {
    let span = cx.span();
    let below = span_context_within(cx);
    let context = below.as_ref().unwrap_or_else(|| span.span_context());
    context.is_valid().then(|| SpanIds {
        trace_id: context.trace_id(),
        span_id: context.span_id(),
        flags: context.trace_flags(),
    })
}

fn add_current(cx: &Context, listed: &[Key], draft: &mut Draft) {
    draft.record.span = ids(cx);
    if listed.is_empty() {
        return;
    }
    let baggage = cx.baggage();
    for key in listed {
        if let Some(value) = baggage.get(key.as_str()) {
            draft.add_identity(key.clone(), value.as_str(), false);
            draft.record.has_baggage = true;
        }
    }
}
