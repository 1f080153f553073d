//! From what the caller's thread left to what OpenTelemetry's exporters take.

use std::borrow::Cow;
use std::mem;

use opentelemetry::trace::SpanContext;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use crate::clock::WallClock;
use crate::keys;
use crate::recorder::{Origin, SpanRecord};

/// Takes the span out of its box, turns ticks into time, and stamps on it what was too dear for
/// the hot path. What is left in the box is blank.
pub(super) fn to_span_data(
    record: &mut SpanRecord,
    clock: &WallClock,
    identity: &[KeyValue],
) -> SpanData {
    let (mut attributes, dropped_attributes_count) = record.attributes.take_distinct();
    stamp_code(&mut attributes, &record.origin);
    // Baggage first: it speaks for the product the request is about.
    stamp_identity(
        &mut attributes,
        record.identity.take().as_deref().unwrap_or_default(),
    );
    stamp_identity(&mut attributes, identity);

    let mut events = SpanEvents::default();
    let mut links = SpanLinks::default();
    if let Some(more) = record.more.take() {
        events.events = more.events;
        events.dropped_count = more.dropped_events;
        links.links = more.links;
        links.dropped_count = more.dropped_links;
    }
    SpanData {
        span_context: mem::replace(&mut record.context, SpanContext::NONE),
        parent_span_id: record.parent,
        parent_span_is_remote: record.parent_is_remote,
        span_kind: record.kind.clone(),
        name: record.name.take().unwrap_or_else(|| name(&record.origin)),
        start_time: clock.at(record.start),
        end_time: clock.at(record.end),
        attributes,
        dropped_attributes_count,
        events,
        links,
        status: mem::take(&mut record.status),
        instrumentation_scope: scope(&record.origin),
    }
}

fn name(origin: &Origin) -> Cow<'static, str> {
    match origin {
        Origin::CallSite(callsite) => callsite.name().into(),
        // Both set a name of their own.
        Origin::Nowhere | Origin::Here(_) | Origin::Scope(_) => Cow::Borrowed(""),
    }
}

fn scope(origin: &Origin) -> InstrumentationScope {
    match origin {
        Origin::Scope(scope) => (**scope).clone(),
        Origin::Nowhere | Origin::CallSite(_) | Origin::Here(_) => {
            InstrumentationScope::builder(env!("CARGO_PKG_NAME"))
                .with_version(env!("CARGO_PKG_VERSION"))
                .build()
        }
    }
}

/// Where the span comes from in the source.
fn stamp_code(attributes: &mut Vec<KeyValue>, origin: &Origin) {
    let (file, line) = match origin {
        Origin::CallSite(callsite) => {
            let function = format!("{}::{}", callsite.module(), callsite.function());
            stamp(
                attributes,
                KeyValue::new(keys::CODE_FUNCTION_NAME, function),
            );
            (callsite.file(), callsite.line())
        }
        Origin::Here(location) => (location.file(), location.line()),
        Origin::Nowhere | Origin::Scope(_) => return,
    };
    stamp(attributes, KeyValue::new(keys::CODE_FILE_PATH, file));
    stamp(
        attributes,
        KeyValue::new(keys::CODE_LINE_NUMBER, i64::from(line)),
    );
}

fn stamp_identity(attributes: &mut Vec<KeyValue>, identity: &[KeyValue]) {
    for attribute in identity {
        stamp(attributes, attribute.clone());
    }
}

/// What the user's code said wins.
fn stamp(attributes: &mut Vec<KeyValue>, attribute: KeyValue) {
    if !attributes.iter().any(|seen| seen.key == attribute.key) {
        attributes.push(attribute);
    }
}
