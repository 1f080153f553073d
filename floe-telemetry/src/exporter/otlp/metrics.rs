//! Metrics over OTLP: OpenTelemetry's own encoding, sent like the spans.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use prost::Message;

use super::{Otlp, OtlpTarget, connect};
use crate::collector::BatchExporter;
use crate::config::Signal;
use crate::error::Error;
use crate::sanitizer::sanitize_error_message;

/// Sends metrics over OTLP. It is called on the thread of its reader, and blocks it.
pub(crate) struct OtlpMetrics {
    /// `None` after shutdown.
    otlp: Mutex<Option<Otlp>>,
    temporality: Temporality,
}

impl fmt::Debug for OtlpMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpMetrics")
            .field("temporality", &self.temporality)
            .finish_non_exhaustive()
    }
}

/// The exporter of metrics that the target describes.
pub(crate) fn otlp_metrics(target: &OtlpTarget) -> Result<OtlpMetrics, Error> {
    Ok(OtlpMetrics {
        otlp: Mutex::new(Some(connect(target, Signal::Metrics)?)),
        temporality: target.config.metrics.temporality.into(),
    })
}

impl OtlpMetrics {
    fn send(&self, request: &ExportMetricsServiceRequest) -> OTelSdkResult {
        let mut otlp = self.otlp.lock().unwrap_or_else(PoisonError::into_inner);
        let otlp = otlp.as_mut().ok_or(OTelSdkError::AlreadyShutdown)?;
        otlp.export(request.encode_to_vec()).map_err(|reason| {
            let reason = sanitize_error_message(&reason).into_owned();
            // What calls this says no more than that it failed.
            tracing::warn!(%reason, "metrics could not be exported");
            OTelSdkError::InternalFailure(reason)
        })
    }

    fn close(&self) {
        let otlp = self
            .otlp
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(otlp) = otlp {
            otlp.close();
        }
    }
}

impl PushMetricExporter for OtlpMetrics {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.send(&metrics.into())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.close();
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        self.temporality
    }
}

impl Drop for OtlpMetrics {
    fn drop(&mut self) {
        self.close();
    }
}
