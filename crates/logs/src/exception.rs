//! Writes and exports the record of an exception of a finished span, on the collector's thread.

use std::fmt::Write as _;

use floe_telemetry_sdk::__parts::logs::{SpanException, SpanIds};

use super::panicked::{Lines, begin};
use super::thread_state::{self, ThreadState};
use super::{context, described};
use crate::attributes::ToAttributeValue as _;
use crate::keys;

pub(super) fn write(exception: &SpanException<'_>) {
    // As an event of `tracing` in the function has it, so that levels apply to both.
    let site = exception.span.head.callsite;
    let target = site.map_or_else(|| exception.span.scope().0, |site| site.target());
    let lines = Lines::of(target);
    thread_state::with(|state| {
        fill(state, exception, target);
        state.settings.export(&state.draft.record);
        if let Some(lines) = lines {
            lines.write(state);
        }
    });
}

fn fill(state: &mut ThreadState, exception: &SpanException<'_>, target: &str) {
    let ThreadState { settings, draft, .. } = state;
    let SpanException { span, attributes, at } = exception;
    begin(draft, *at);
    draft.set_target(target);
    draft.record.event_name = Some(keys::EXCEPTION);
    let text = |key: &str| attributes.iter().find(|it| it.key.as_str() == key);
    let message = text(keys::EXCEPTION_MESSAGE).or_else(|| text(keys::EXCEPTION_TYPE));
    if let Some(message) = message {
        draft.set_message(|text| text.write_str(&message.value.as_str()));
    }
    for attribute in *attributes {
        if let Some(value) = attribute.value.to_attribute_value() {
            draft.add_new(&attribute.key, &described::any(&value));
        }
    }
    draft.record.span = Some(SpanIds {
        trace_id: span.head.trace_id,
        span_id: span.head.span_id,
        flags: span.head.flags,
    });
    let baggage = span.more.as_ref().and_then(|more| more.baggage.as_deref());
    for value in baggage.unwrap_or_default() {
        draft.add_identity(value.key.clone(), &value.value.as_str(), false);
        draft.record.has_baggage = true;
    }
    context::add(draft, settings, false);
    described::add_finished(draft, span, &settings.span_attributes);
}
