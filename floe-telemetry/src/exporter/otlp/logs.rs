//! Log records over OTLP: OpenTelemetry's own encoding, sent like the spans.

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

/// Sends log records over OTLP. It blocks the thread that it is called on.
#[derive(Debug)]
pub(crate) struct OtlpLogs {
    sender: Sender,
    resource: ResourceAttributesWithSchema,
}

/// The exporter of log records that the target describes.
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
