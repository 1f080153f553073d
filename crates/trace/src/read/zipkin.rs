//! Converts a span of Zipkin, as its API and its page write it, into OTLP.

use itertools::Itertools as _;
use serde_json::{Value, json};

use super::jaeger::{attribute, id, list, micros, otlp, text};
use crate::span::SpanId;

/// Returns the id of a client's span whose server has a span with the same id: the server keeps the id, because the
/// spans below it name it.
pub(super) const fn client(SpanId(shared): SpanId) -> SpanId {
    SpanId(shared ^ (1 << 63))
}

/// Whether a server has recorded the span under the id of its client's span.
pub(super) fn is_shared(span: &Value) -> bool {
    span["shared"] == json!(true)
}

/// Converts a span into an OTLP request.
pub(super) fn request(span: &Value) -> Value {
    let own = id(span, "id", 16);
    let shared = u64::from_str_radix(&own, 16).ok().filter(|_| is_shared(span));
    let parent = match shared {
        Some(shared) => client(SpanId(shared)).to_string(),
        None if text(span, "parentId").is_empty() => String::new(),
        None => id(span, "parentId", 16),
    };
    let tags = span["tags"].as_object().into_iter().flatten();
    let remote = [("service.peer.name", "serviceName"), ("network.peer.address", "ipv4")];
    let remote = remote.map(|(key, field)| (key, &span["remoteEndpoint"][field]));
    let attributes = tags.map(|(key, value)| (&**key, value)).chain(remote);
    let attributes = attributes.filter(|it| !it.1.is_null()).map(|it| attribute(it.0, it.1));
    let events = list(span, "annotations")
        .map(|it| json!({"timeUnixNano": micros(it, "timestamp"), "name": text(it, "value")}));
    let error = &span["tags"]["error"];
    let start = micros(span, "timestamp");
    let service = attribute("service.name", &span["localEndpoint"]["serviceName"]);
    let span = json!({
        "traceId": id(span, "traceId", 32),
        "spanId": own,
        "parentSpanId": parent,
        "name": text(span, "name"),
        "kind": text(span, "kind"),
        "startTimeUnixNano": start,
        "endTimeUnixNano": start.saturating_add(micros(span, "duration")),
        "attributes": attributes.collect_vec(),
        "events": events.collect_vec(),
        "status": {"code": if error.is_null() { 0 } else { 2 }, "message": error},
    });
    otlp(&[service], &json!(""), &span)
}
