//! Metrics over OTLP, sent by the same kind of transport as spans.

mod encode;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use floe_telemetry_core::__sdk::clock::Instant;
use floe_telemetry_core::sanitize_error_message;
use floe_telemetry_sdk::__parts::collector::{Counters, ExportFailure, ExporterId};
use floe_telemetry_sdk::__parts::exporter::OtlpTarget;
use floe_telemetry_sdk::__parts::metrics::MetricDestination;
use floe_telemetry_sdk::Error;
use floe_telemetry_sdk::config::Signal;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;

use super::exporter::{Otlp, connect, too_large};
use encode::EncodedMetrics;

/// Sends metrics over OTLP. It blocks the thread of the metric reader that calls it.
struct OtlpMetrics {
    /// `None` after the shutdown.
    otlp: Mutex<Option<Otlp>>,
    last: Arc<Mutex<Option<ExportFailure>>>,
    temporality: Temporality,
}

/// Creates the metric exporter for `target`.
///
/// # Errors
///
/// The settings of the target cannot be used.
pub(super) fn destination(
    id: ExporterId,
    target: &OtlpTarget,
    counters: &Counters,
) -> Result<MetricDestination, Error> {
    let last = Arc::default();
    let otlp = connect(target, Signal::Metrics, Arc::clone(&counters.ending))?;
    let exporter = OtlpMetrics {
        last: Arc::clone(&last),
        otlp: Mutex::new(Some(otlp)),
        temporality: target.config.metrics.temporality.into(),
    };
    Ok(MetricDestination::new(id, exporter, last))
}

impl OtlpMetrics {
    fn otlp(&self) -> MutexGuard<'_, Option<Otlp>> {
        self.otlp.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends the data points at these positions in requests of at most the maximum size. A data point is not divided.
fn send(
    otlp: &mut Otlp,
    metrics: &EncodedMetrics,
    points: Range<usize>,
    deadline: Instant,
) -> Result<(), ExportFailure> {
    let count = points.len();
    let request = metrics.request(&points);
    if request.len() <= otlp.settings.max_request {
        let sent = otlp.send(request.into(), deadline);
        return sent.map_err(|failure| failure.of(count));
    }
    drop(request);
    if count <= 1 {
        return too_large(count, otlp.settings.max_request);
    }
    let half = points.start + count / 2;
    let first = send(otlp, metrics, points.start..half, deadline);
    ExportFailure::both(first, send(otlp, metrics, half..points.end, deadline))
}

impl PushMetricExporter for OtlpMetrics {
    async fn export(&self, metrics: &data::ResourceMetrics) -> OTelSdkResult {
        let encoded = EncodedMetrics::new(metrics);
        let mut guard = self.otlp();
        let otlp = guard.as_mut().ok_or(OTelSdkError::AlreadyShutdown)?;
        let deadline = otlp.deadline();
        let sent = send(otlp, &encoded, 0..encoded.points, deadline);
        let result = sent.as_ref().copied().map_err(sdk_error);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = sent.err();
        result
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.otlp().take();
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        self.temporality
    }
}

fn sdk_error(failure: &ExportFailure) -> OTelSdkError {
    OTelSdkError::InternalFailure(sanitize_error_message(&failure.reason).into_owned())
}
