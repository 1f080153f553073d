//! The logs signal: records in a form that tests compare.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;

use super::span::hex;
use super::value::{Value, attributes};

/// A log record, with the resource and the scope it was sent under.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceivedLog {
    /// Attributes of the resource.
    pub resource: BTreeMap<String, Value>,
    /// Name of the instrumentation scope.
    pub scope: String,
    /// Version of the instrumentation scope, empty if it has none.
    pub scope_version: String,
    /// Name of the event, empty if it has none.
    pub event_name: String,
    /// When the event occurred, in nanoseconds since 1970.
    pub time: u64,
    /// When the record was observed, in nanoseconds since 1970.
    pub observed_time: u64,
    /// Severity number.
    pub severity_number: i32,
    /// Severity text.
    pub severity_text: String,
    /// Body.
    pub body: Option<Value>,
    /// Attributes.
    pub attributes: BTreeMap<String, Value>,
    /// Number of attributes that the sender dropped.
    pub dropped_attributes: u32,
    /// Id of the trace in hexadecimal (32 digits), empty if there is none.
    pub trace_id: String,
    /// Id of the span in hexadecimal (16 digits), empty if there is none.
    pub span_id: String,
    /// Trace flags.
    pub flags: u32,
}

pub(super) fn from_request(request: ExportLogsServiceRequest) -> Vec<ReceivedLog> {
    let mut logs = Vec::new();
    for of_resource in request.resource_logs {
        let resource = attributes(of_resource.resource.unwrap_or_default().attributes);
        for of_scope in of_resource.scope_logs {
            let scope = of_scope.scope.unwrap_or_default();
            logs.extend(of_scope.log_records.into_iter().map(|record| ReceivedLog {
                resource: resource.clone(),
                scope: scope.name.clone(),
                scope_version: scope.version.clone(),
                event_name: record.event_name,
                time: record.time_unix_nano,
                observed_time: record.observed_time_unix_nano,
                severity_number: record.severity_number,
                severity_text: record.severity_text,
                body: record.body.map(Value::from),
                attributes: attributes(record.attributes),
                dropped_attributes: record.dropped_attributes_count,
                trace_id: hex(&record.trace_id),
                span_id: hex(&record.span_id),
                flags: record.flags,
            }));
        }
    }
    logs
}
