//! Metrics over OTLP, encoded by `opentelemetry-proto` and sent over the transport of the spans.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use prost::Message;

use super::sender::Sender;
use super::{OtlpTarget, exemplars};
use crate::collector::RateLimited;
use crate::config::Signal;
use crate::error::Error;

/// Sends metrics over OTLP. It blocks the thread of the metric reader that calls it.
#[derive(Debug)]
pub(crate) struct OtlpMetrics {
    sender: Sender,
    temporality: Temporality,
    failures: RateLimited,
}

/// Creates the metric exporter for `target`.
///
/// # Errors
///
/// The settings of the target cannot be used.
pub(crate) fn otlp_metrics(target: &OtlpTarget) -> Result<OtlpMetrics, Error> {
    Ok(OtlpMetrics {
        sender: Sender::new(target, Signal::Metrics)?,
        temporality: target.config.metrics.temporality.into(),
        failures: RateLimited::default(),
    })
}

impl PushMetricExporter for OtlpMetrics {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let mut request = ExportMetricsServiceRequest::from(metrics);
        exemplars::add(metrics, &mut request);
        self.sender
            .send(request.encode_to_vec())
            .inspect_err(|reason| {
                if self.failures.is_due() {
                    // The reader of the SDK logs that an export failed, but not the reason.
                    tracing::warn!(%reason, "metrics could not be exported");
                }
            })
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.sender.close();
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        self.temporality
    }
}
