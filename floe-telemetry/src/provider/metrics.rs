//! Where the metrics of a provider go.

use super::targets::targets;
use crate::config::{ExporterKind, Signal, TelemetryConfig};
use crate::error::Error;
#[cfg(feature = "_otlp")]
use crate::exporter::otlp_metrics;
use crate::exporter::{ConsoleMetrics, OtlpTarget};
use crate::metrics::MetricDestination;

/// The destinations that the configuration asks for: over OTLP to where the spans go, if metrics are
/// taken there, unless it says otherwise. `of_spans` are the targets of the spans.
pub(super) fn destinations(
    config: &TelemetryConfig,
    of_spans: &[OtlpTarget],
) -> Result<Vec<MetricDestination>, Error> {
    let chosen = config.exporters.metrics.as_deref();
    let mut destinations = Vec::new();
    if chosen.is_some_and(|chosen| chosen.contains(&ExporterKind::Console)) {
        destinations.push(MetricDestination::new(ConsoleMetrics));
    }
    if chosen.is_some_and(|chosen| chosen.contains(&ExporterKind::Prometheus)) {
        destinations.push(prometheus(config)?);
    }
    for target in targets(Signal::Metrics, chosen, config, of_spans) {
        destinations.push(otlp(&target)?);
    }
    Ok(destinations)
}

#[cfg(feature = "_otlp")]
fn otlp(target: &OtlpTarget) -> Result<MetricDestination, Error> {
    Ok(MetricDestination::new(otlp_metrics(target)?))
}

#[cfg(not(feature = "_otlp"))]
fn otlp(target: &OtlpTarget) -> Result<MetricDestination, Error> {
    Err(super::targets::without_otlp(target))
}

#[cfg(feature = "prometheus")]
fn prometheus(config: &TelemetryConfig) -> Result<MetricDestination, Error> {
    let reader = crate::exporter::prometheus(&config.metrics.prometheus)?;
    Ok(MetricDestination::pull(reader))
}

#[cfg(not(feature = "prometheus"))]
fn prometheus(_: &TelemetryConfig) -> Result<MetricDestination, Error> {
    Err(Error::config(
        "exporters.metrics: `prometheus` needs the feature `prometheus`",
    ))
}
