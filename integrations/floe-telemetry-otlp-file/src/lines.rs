//! A line of JSON for each batch.

use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use floe_otlp_json::Malformed;
use floe_telemetry::exporter::StandardStream;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::logs::tonic::group_logs_by_resource_and_scope;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::logs::{LogBatch, LogExporter};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use prost::Message;

use crate::rotating_file::RotatingFile;

/// The time for which a line waits for the reader of a pipe.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) enum Output {
    File(RotatingFile),
    Stdout(StandardStream),
}

#[derive(Debug)]
pub(crate) struct OtlpLines {
    output: Mutex<Output>,
    resource: ResourceAttributesWithSchema,
    temporality: Temporality,
}

impl OtlpLines {
    pub(crate) fn new(output: Output, temporality: Temporality) -> Self {
        let resource = ResourceAttributesWithSchema::default();
        Self { output: Mutex::new(output), resource, temporality }
    }

    /// Writes a request. `encode` converts it to JSON.
    fn write(
        &self,
        encode: fn(&[u8]) -> Result<Vec<u8>, Malformed>,
        request: &impl Message,
    ) -> OTelSdkResult {
        let line = encode(&request.encode_to_vec()).map_err(|malformed| malformed.to_string());
        let written = line.map_err(Into::into).and_then(|line| self.append(line));
        written.map_err(|error| OTelSdkError::InternalFailure(error.to_string()))
    }

    fn append(&self, mut line: Vec<u8>) -> Result<(), Box<dyn Error>> {
        line.push(b'\n');
        match &mut *self.output.lock().unwrap_or_else(PoisonError::into_inner) {
            Output::File(file) => file.write(&line)?,
            Output::Stdout(stdout) => (stdout.write_within(&line, PATIENCE))
                .map_err(|error| format!("standard output: {error}"))?,
        }
        Ok(())
    }
}

impl SpanExporter for OtlpLines {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let resource_spans = group_spans_by_resource_and_scope(batch, &self.resource);
        self.write(floe_otlp_json::traces, &ExportTraceServiceRequest { resource_spans })
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}

impl LogExporter for OtlpLines {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let resource_logs = group_logs_by_resource_and_scope(&batch, &self.resource);
        self.write(floe_otlp_json::logs, &ExportLogsServiceRequest { resource_logs })
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}

impl PushMetricExporter for OtlpLines {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.write(floe_otlp_json::metrics, &ExportMetricsServiceRequest::from(metrics))
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        self.temporality
    }
}
