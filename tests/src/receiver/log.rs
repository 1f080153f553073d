//! The logs signal: records in a form that tests compare.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;

use super::span::hex;
use super::value::{Value, attributes};

/// A log record, together with the resource and the scope it was sent under.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceivedLog {
    /// Attributes of the resource.
    pub resource: BTreeMap<String, Value>,
    /// Name of the instrumentation scope.
    pub scope: String,
    /// When it happened, in nanoseconds since 1970.
    pub time: u64,
    /// When it was seen, in nanoseconds since 1970.
    pub observed_time: u64,
    /// The number of the severity.
    pub severity_number: i32,
    /// The word for the severity.
    pub severity_text: String,
    /// What it says.
    pub body: Option<Value>,
    /// Attributes.
    pub attributes: BTreeMap<String, Value>,
    /// 32 characters of hexadecimal, or none.
    pub trace_id: String,
    /// 16 characters of hexadecimal, or none.
    pub span_id: String,
    /// The flags of the trace.
    pub flags: u32,
}

/// Every log record of a request.
pub(super) fn from_request(request: ExportLogsServiceRequest) -> Vec<ReceivedLog> {
    let mut logs = Vec::new();
    for of_resource in request.resource_logs {
        let resource = attributes(of_resource.resource.unwrap_or_default().attributes);
        for of_scope in of_resource.scope_logs {
            let scope = of_scope.scope.unwrap_or_default().name;
            logs.extend(of_scope.log_records.into_iter().map(|record| ReceivedLog {
                resource: resource.clone(),
                scope: scope.clone(),
                time: record.time_unix_nano,
                observed_time: record.observed_time_unix_nano,
                severity_number: record.severity_number,
                severity_text: record.severity_text,
                body: record.body.map(Value::from),
                attributes: attributes(record.attributes),
                trace_id: hex(&record.trace_id),
                span_id: hex(&record.span_id),
                flags: record.flags,
            }));
        }
    }
    logs
}
