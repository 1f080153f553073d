//! The resource of the open spans.

use floe_telemetry::{TelemetryConfig, sanitize_error_message};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;

/// The resource of a request with spans as protobuf, if there is one.
pub(crate) fn of_spans(request: &[u8]) -> Option<Vec<u8>> {
    let request = ExportTraceServiceRequest::decode(request).ok()?;
    let resource = request.resource_spans.into_iter().next()?.resource?;
    Some(resource.encode_to_vec())
}

/// What is known of it before the first request, for a program that crashes while it starts: the name of the service.
/// Nothing if the program has rules of its own for what must not be written.
pub(crate) fn of_config(config: &TelemetryConfig) -> Vec<u8> {
    if !config.redaction.patterns.is_empty() {
        return Vec::new();
    }
    let name = sanitize_error_message(&config.resource_attributes.service_name).into_owned();
    let name = AnyValue { value: Some(Value::StringValue(name)) };
    let resource = Resource {
        attributes: vec![KeyValue {
            key: "service.name".to_owned(),
            value: Some(name),
            ..KeyValue::default()
        }],
        ..Resource::default()
    };
    resource.encode_to_vec()
}
