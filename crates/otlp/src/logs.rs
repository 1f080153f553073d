//! Log records over OTLP, encoded by `opentelemetry-proto` and sent over the transport of the spans.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::InstrumentationScope;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::logs::tonic::group_logs_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter, SdkLogRecord};
use prost::Message;

use super::sender::{Sender, sdk_error};
use super::{OtlpTarget, too_large};
use crate::collector::{Counters, ExportFailure, StoredFailure};
use crate::config::Signal;
use floe_telemetry_core::keys;
use floe_telemetry_sdk::__parts::logs::LogDestination;
use floe_telemetry_sdk::Error;

/// Sends log records over OTLP. It blocks the calling thread.
#[derive(Debug)]
struct OtlpLogs {
    sender: Sender,
    resource: ResourceAttributesWithSchema,
    max_request: usize,
    failure: StoredFailure,
}

/// Creates the log exporter for `target` under this name.
///
/// # Errors
///
/// The settings of the target cannot be used.
pub(super) fn destination(
    name: &str,
    target: &OtlpTarget,
    counters: &Counters,
) -> Result<LogDestination, Error> {
    let failure = StoredFailure::default();
    let exporter = OtlpLogs {
        sender: Sender::new(target, Signal::Logs, counters)?,
        resource: ResourceAttributesWithSchema::default(),
        max_request: target.config.otlp.max_request(Signal::Logs),
        failure: Arc::clone(&failure),
    };
    Ok(LogDestination::with_failure(name, exporter, failure))
}

impl OtlpLogs {
    /// Sends records in requests that are as large as a request may be.
    fn send(
        &self,
        records: &[(&SdkLogRecord, &InstrumentationScope)],
        deadline: Instant,
    ) -> Result<(), ExportFailure> {
        let mut request = ExportLogsServiceRequest {
            resource_logs: group_logs_by_resource_and_scope(
                &LogBatch::new(records),
                &self.resource,
            ),
        };
        count_dropped_attributes(&mut request);
        if request.encoded_len() <= self.max_request {
            let sent = self.sender.send(request.encode_to_vec().into(), deadline);
            return sent.map_err(|failure| failure.of(records.len()));
        }
        drop(request);
        if records.len() <= 1 {
            return too_large(records.len(), self.max_request);
        }
        let (first, second) = records.split_at(records.len() / 2);
        ExportFailure::both(self.send(first, deadline), self.send(second, deadline))
    }
}

/// Sets the number of dropped attributes, which is the last attribute of a record.
fn count_dropped_attributes(request: &mut ExportLogsServiceRequest) {
    let resources = request.resource_logs.iter_mut();
    let scopes = resources.flat_map(|resource| &mut resource.scope_logs);
    for record in scopes.flat_map(|scope| &mut scope.log_records) {
        let is_count = |last: &mut KeyValue| last.key == keys::OTEL_DROPPED_ATTRIBUTES_COUNT;
        let Some(last) = record.attributes.pop_if(is_count) else {
            continue;
        };
        if let Some(Value::IntValue(count)) = last.value.and_then(|value| value.value) {
            record.dropped_attributes_count = u32::try_from(count).unwrap_or(u32::MAX);
        }
    }
}

impl LogExporter for OtlpLogs {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let records: Vec<_> = batch.iter().collect();
        let result = self.send(&records, self.sender.deadline());
        result.map_err(|failure| {
            let error = sdk_error(&failure);
            let stored = self.failure.lock();
            *stored.unwrap_or_else(PoisonError::into_inner) = Some(failure);
            error
        })
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.sender.close()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}
