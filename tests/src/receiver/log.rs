//! The logs signal: records in a form that tests compare.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;

use serde_json::Value;

use super::span::hex;
use super::value::{attributes, value};

/// A log record with the resource and the scope of its request. Texts that were not sent are empty, ids are
/// hexadecimal, and times are nanoseconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceivedLog {
    pub resource: BTreeMap<String, Value>,
    pub scope: String,
    pub scope_version: String,
    pub event_name: String,
    pub time: u64,
    pub observed_time: u64,
    pub severity_number: i32,
    pub severity_text: String,
    pub body: Option<Value>,
    pub attributes: BTreeMap<String, Value>,
    pub dropped_attributes: u32,
    pub trace_id: String,
    pub span_id: String,
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
                body: record.body.map(value),
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
