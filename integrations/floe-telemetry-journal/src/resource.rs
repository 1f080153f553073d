//! The resource of a request.

use floe_journal::Kind;
use floe_telemetry::{TelemetryConfig, sanitize_error_message};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;

/// The resource of a request as protobuf, if there is one.
pub(crate) fn of_request(kind: Kind, request: &[u8]) -> Option<Vec<u8>> {
    let resource = match kind {
        Kind::Traces => {
            let request = ExportTraceServiceRequest::decode(request).ok()?;
            request.resource_spans.into_iter().next()?.resource
        }
        Kind::Metrics => {
            let request = ExportMetricsServiceRequest::decode(request).ok()?;
            request.resource_metrics.into_iter().next()?.resource
        }
        Kind::Logs => {
            let request = ExportLogsServiceRequest::decode(request).ok()?;
            request.resource_logs.into_iter().next()?.resource
        }
    };
    Some(resource?.encode_to_vec())
}

/// What is known of the resource before the first request: the name of the service.
pub(crate) fn of_config(config: &TelemetryConfig) -> Vec<u8> {
    let name = sanitize_error_message(&config.resource_attributes.service_name).into_owned();
    let resource = Resource {
        attributes: vec![KeyValue {
            key: "service.name".to_owned(),
            value: Some(AnyValue {
                value: Some(Value::StringValue(name)),
            }),
            ..KeyValue::default()
        }],
        ..Resource::default()
    };
    resource.encode_to_vec()
}
