//! The trace signal: spans in a form that tests compare.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};

use serde_json::Value;

use super::value::attributes;

/// A span with the resource and the scope of its request. Texts that were not sent are empty, ids are lower-case
/// hexadecimal, and times are nanoseconds since 1970. Events and links are in the order in which they were sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReceivedSpan {
    pub resource: BTreeMap<String, Value>,
    pub resource_schema_url: String,
    pub scope: String,
    pub scope_version: String,
    pub scope_attributes: BTreeMap<String, Value>,
    pub trace_id: String,
    pub span_id: String,
    pub parent_span_id: String,
    pub name: String,
    /// The kind. `Unspecified` also stands for an unknown number, but an exporter sends neither.
    pub kind: SpanKind,
    pub start_unix_nano: u64,
    pub end_unix_nano: u64,
    pub attributes: BTreeMap<String, Value>,
    pub events: Vec<ReceivedEvent>,
    pub links: Vec<ReceivedLink>,
    pub status: ReceivedStatus,
    pub dropped_attributes: u32,
    pub dropped_events: u32,
    pub dropped_links: u32,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReceivedEvent {
    pub name: String,
    pub unix_nano: u64,
    pub attributes: BTreeMap<String, Value>,
    pub dropped_attributes: u32,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReceivedLink {
    pub trace_id: String,
    pub span_id: String,
    pub attributes: BTreeMap<String, Value>,
    pub dropped_attributes: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ReceivedStatus {
    #[default]
    Unset,
    Ok,
    Error(String),
}

impl From<Option<Status>> for ReceivedStatus {
    fn from(status: Option<Status>) -> Self {
        let status = status.unwrap_or_default();
        match status.code() {
            StatusCode::Unset => Self::Unset,
            StatusCode::Ok => Self::Ok,
            StatusCode::Error => Self::Error(status.message),
        }
    }
}

impl From<Event> for ReceivedEvent {
    fn from(event: Event) -> Self {
        Self {
            name: event.name,
            unix_nano: event.time_unix_nano,
            attributes: attributes(event.attributes),
            dropped_attributes: event.dropped_attributes_count,
        }
    }
}

impl From<Link> for ReceivedLink {
    fn from(link: Link) -> Self {
        Self {
            trace_id: hex(&link.trace_id),
            span_id: hex(&link.span_id),
            attributes: attributes(link.attributes),
            dropped_attributes: link.dropped_attributes_count,
        }
    }
}

pub(super) fn from_request(request: ExportTraceServiceRequest) -> Vec<ReceivedSpan> {
    let mut spans = Vec::new();
    for resource_spans in request.resource_spans {
        let resource = attributes(resource_spans.resource.unwrap_or_default().attributes);
        let resource_schema_url = resource_spans.schema_url;
        for scope_spans in resource_spans.scope_spans {
            let scope = scope_spans.scope.unwrap_or_default();
            let scope_attributes = attributes(scope.attributes);
            spans.extend(scope_spans.spans.into_iter().map(|span| ReceivedSpan {
                resource_schema_url: resource_schema_url.clone(),
                scope: scope.name.clone(),
                scope_version: scope.version.clone(),
                scope_attributes: scope_attributes.clone(),
                ..received(span, &resource)
            }));
        }
    }
    spans
}

fn received(span: Span, resource: &BTreeMap<String, Value>) -> ReceivedSpan {
    ReceivedSpan {
        resource: resource.clone(),
        trace_id: hex(&span.trace_id),
        span_id: hex(&span.span_id),
        parent_span_id: hex(&span.parent_span_id),
        kind: span.kind(),
        name: span.name,
        start_unix_nano: span.start_time_unix_nano,
        end_unix_nano: span.end_time_unix_nano,
        attributes: attributes(span.attributes),
        events: span.events.into_iter().map(ReceivedEvent::from).collect(),
        links: span.links.into_iter().map(ReceivedLink::from).collect(),
        status: ReceivedStatus::from(span.status),
        dropped_attributes: span.dropped_attributes_count,
        dropped_events: span.dropped_events_count,
        dropped_links: span.dropped_links_count,
        ..ReceivedSpan::default()
    }
}

/// Encodes bytes as hexadecimal. It accepts any number of bytes, so that an id of a wrong length is visible.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
