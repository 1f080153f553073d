//! Log records over OTLP, encoded by `opentelemetry-proto` and sent over the transport of the spans.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::logs::tonic::group_logs_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter};
use prost::Message;

use super::OtlpTarget;
use super::sender::Sender;
use crate::config::Signal;
use crate::error::Error;

/// Sends log records over OTLP. It blocks the calling thread.
#[derive(Debug)]
pub(crate) struct OtlpLogs {
    sender: Sender,
    resource: ResourceAttributesWithSchema,
}

/// Creates the log exporter for `target`.
///
/// # Errors
///
/// The settings of the target cannot be used.
pub(crate) fn otlp_logs(target: &OtlpTarget) -> Result<OtlpLogs, Error> {
    Ok(OtlpLogs {
        sender: Sender::new(target, Signal::Logs)?,
        resource: ResourceAttributesWithSchema::default(),
    })
}

impl LogExporter for OtlpLogs {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let request = ExportLogsServiceRequest {
            resource_logs: group_logs_by_resource_and_scope(&batch, &self.resource),
        };
        self.sender.send(request.encode_to_vec())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.sender.close();
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}
