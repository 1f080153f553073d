//! Where the metrics of a provider go.

use crate::config::{DEFAULT_OTLP_ENDPOINT, ExporterKind, TelemetryConfig};
use crate::error::Error;
#[cfg(feature = "_otlp")]
use crate::exporter::otlp_metrics;
use crate::exporter::{ConsoleMetrics, OtlpTarget};
use crate::metrics::MetricDestination;

/// The destinations that the configuration asks for: over OTLP to where the spans go, if metrics are
/// taken there, unless it says otherwise. `targets` are those of the spans.
pub(super) fn destinations(
    config: &TelemetryConfig,
    targets: &[OtlpTarget],
) -> Result<Vec<MetricDestination>, Error> {
    let chosen = config.exporters.metrics.as_deref();
    let is_chosen = chosen.map(|chosen| chosen.contains(&ExporterKind::Otlp));
    let has_endpoint = config.otlp.metrics.endpoint.is_some();
    let mut destinations = Vec::new();
    if chosen.is_some_and(|chosen| chosen.contains(&ExporterKind::Console)) {
        destinations.push(MetricDestination::new(ConsoleMetrics));
    }
    if is_chosen == Some(false) {
        return Ok(destinations);
    }
    if targets.is_empty() && (is_chosen == Some(true) || has_endpoint) {
        destinations.push(otlp(&config.clone().into())?);
    }
    let is_asked = is_chosen == Some(true) || has_endpoint;
    for target in targets
        .iter()
        .filter(|target| is_asked || takes_metrics(target))
    {
        destinations.push(otlp(target)?);
    }
    Ok(destinations)
}

/// Where nothing but the endpoint of the traces is known, metrics have nowhere to go.
fn takes_metrics(target: &OtlpTarget) -> bool {
    let config = &target.config;
    let is_for_traces =
        config.otlp.traces.endpoint.is_some() && config.otlp_endpoint == DEFAULT_OTLP_ENDPOINT;
    !target.is_traces_only && !is_for_traces
}

#[cfg(feature = "_otlp")]
fn otlp(target: &OtlpTarget) -> Result<MetricDestination, Error> {
    Ok(MetricDestination::new(otlp_metrics(target)?))
}

#[cfg(not(feature = "_otlp"))]
fn otlp(target: &OtlpTarget) -> Result<MetricDestination, Error> {
    Err(super::builder::without_otlp(target))
}
