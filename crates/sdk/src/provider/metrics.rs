//! The metric exporters of a provider.

use super::targets::{OtlpTargets, exporter_name, signal_targets};
use crate::collector::Counters;
use crate::config::{ExporterKind, Signal, TelemetryConfig};
use crate::error::Error;
#[cfg(feature = "_otlp")]
use crate::exporter::otlp_metrics;
use crate::exporter::{ConsoleMetrics, OtlpTarget};
use crate::metrics::MetricDestination;

/// Returns the configured destinations. Those over OTLP are selected by [`signal_targets`].
pub(super) fn destinations(
    config: &TelemetryConfig,
    targets: &OtlpTargets,
    counters: &Counters,
) -> Result<Vec<MetricDestination>, Error> {
    let chosen = config.exporters.metrics.as_deref();
    let mut destinations = Vec::new();
    if chosen.is_some_and(|chosen| chosen.contains(&ExporterKind::Console)) {
        destinations.push(MetricDestination::new("console", ConsoleMetrics));
    }
    let targets = signal_targets(Signal::Metrics, chosen, config, targets);
    for (index, target) in targets.iter().enumerate() {
        destinations.push(otlp(&exporter_name(index), target, counters)?);
    }
    Ok(destinations)
}

#[cfg(feature = "_otlp")]
fn otlp(name: &str, target: &OtlpTarget, counters: &Counters) -> Result<MetricDestination, Error> {
    Ok(MetricDestination::new(
        name,
        otlp_metrics(target, counters)?,
    ))
}

#[cfg(not(feature = "_otlp"))]
fn otlp(_: &str, target: &OtlpTarget, _: &Counters) -> Result<MetricDestination, Error> {
    Err(super::targets::without_otlp(target, Signal::Metrics))
}
