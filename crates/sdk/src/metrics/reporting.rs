//! Reports the failures of a metric exporter as those of the other signals. Its reader in OpenTelemetry's SDK would
//! log each of them, and not the reason.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;

use crate::collector::Counters;
use crate::internal_log::internal_log;
use crate::redaction::sanitize_error;

/// An exporter whose reader does not know its failures.
#[derive(Debug)]
pub(super) struct Reporting<E> {
    pub(super) name: String,
    pub(super) exporter: E,
    pub(super) counters: Arc<Counters>,
}

impl<E> Reporting<E> {
    /// When exports have to end.
    pub(super) fn end(&self) -> Option<Instant> {
        self.counters.ending.get()
    }

    fn report(&self, error: OTelSdkError) {
        let error = match error {
            OTelSdkError::InternalFailure(reason) => reason,
            error => error.to_string(),
        };
        let error = sanitize_error(&error);
        let exports = &self.counters.exports;
        exports.set_metric_failure(&error);
        if exports.is_warning_due(&self.name) {
            internal_log!(
                warn,
                exporter = self.name,
                error = &*error,
                "metrics could not be exported"
            );
        }
    }
}

impl<E: PushMetricExporter> PushMetricExporter for Reporting<E> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        if let Err(error) = self.exporter.export(metrics).await {
            self.report(error);
        }
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}
