//! The metric exporters of a provider.

use super::targets::{OtlpTargets, exporter_name, signal_targets};
use crate::collector::Counters;
use crate::config::{ExporterKind, Signal, TelemetryConfig};
use crate::error::Error;
use crate::exporter::{ConsoleExporters, OtlpExporters};
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
        destinations.push((ConsoleExporters::find()?.metrics)());
    }
    let targets = signal_targets(Signal::Metrics, chosen, config, targets);
    for (index, target) in targets.iter().enumerate() {
        let otlp = OtlpExporters::of(target, Signal::Metrics)?;
        destinations.push((otlp.metrics)(&exporter_name(index), target, counters)?);
    }
    Ok(destinations)
}
