//! Exports each batch as a line of JSON.

use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

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
use serde::Serialize;
use serde_json::Value;

use crate::rotating_file::RotatingFile;

/// The maximum time for which a write waits for the reader of a pipe.
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

    fn write(&self, request: &impl Serialize) -> OTelSdkResult {
        self.append(request).map_err(|error| OTelSdkError::InternalFailure(error.to_string()))
    }

    fn append(&self, request: &impl Serialize) -> Result<(), Box<dyn Error>> {
        let mut json = serde_json::to_value(request)?;
        remove_nulls(&mut json);
        let line = format!("{json}\n").into_bytes();
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
        self.write(&ExportTraceServiceRequest { resource_spans })
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}

impl LogExporter for OtlpLines {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let resource_logs = group_logs_by_resource_and_scope(&batch, &self.resource);
        self.write(&ExportLogsServiceRequest { resource_logs })
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}

impl PushMetricExporter for OtlpLines {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.write(&ExportMetricsServiceRequest::from(metrics))
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

/// Removes `null` fields, which readers of OTLP refuse: fields that are not set, and numbers that are not finite.
fn remove_nulls(json: &mut Value) {
    match json {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(remove_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_nulls),
        _ => {}
    }
}
