//! Converts an enriched span to the `SpanData` of the OpenTelemetry SDK.

use opentelemetry::KeyValue;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use super::enrich::EnrichedSpan;

impl From<&EnrichedSpan<'_>> for SpanData {
    fn from(span: &EnrichedSpan<'_>) -> Self {
        let record = span.record;
        let attributes = record.attributes.as_slice().iter().cloned().map(KeyValue::from);
        let shared = span.shared_attributes().cloned();
        let mut events = SpanEvents::default();
        let mut links = SpanLinks::default();
        if let Some(more) = &record.more {
            events.events.clone_from(&more.events);
            events.dropped_count = more.dropped_events;
            links.links.clone_from(&more.links);
            links.dropped_count = more.dropped_links;
        }
        Self {
            span_context: record.context(),
            parent_span_id: record.head.parent,
            parent_span_is_remote: record.head.parent_is_remote,
            span_kind: record.kind(),
            name: span.name.to_owned().into(),
            start_time: span.start.into(),
            end_time: span.end.into(),
            attributes: attributes.chain(shared).collect(),
            dropped_attributes_count: record.attributes.dropped(),
            events,
            links,
            status: record.status(),
            instrumentation_scope: (**span.scope()).clone(),
        }
    }
}
