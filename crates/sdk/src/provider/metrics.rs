//! The metrics of a provider: its exporters, and what aggregates for them.

use std::sync::Arc;

use opentelemetry_sdk::Resource;

use super::resource;
use super::targets::{OtlpTargets, signal_targets, unless_of_environment};
use crate::collector::{Counters, Redaction, Redactor};
use crate::config::{ExporterKind, Signal, TelemetryConfig, needed};
use crate::error::Error;
use crate::exporter::{ConsoleExporters, OtlpExporters};
use crate::metrics::{MeterProviders, MetricDestination, ProviderMeters};

/// The meters of a provider; `None` without exporters.
pub(super) type Meters = Option<Box<dyn ProviderMeters>>;

/// Starts them, with the exporters that were `added` to the builder.
pub(super) fn start(
    config: &TelemetryConfig,
    targets: &OtlpTargets,
    mut added: Vec<MetricDestination>,
    resource: &Resource,
    redaction: &Redaction,
    counters: &Arc<Counters>,
) -> Result<Meters, Error> {
    let Some(meters) = MeterProviders::linked() else {
        let is_added = !added.is_empty();
        let made = without_meters(is_added || config.selects(Signal::Metrics));
        if is_added {
            return made;
        }
        return unless_of_environment(config, Signal::Metrics, made).map(Option::flatten);
    };
    added.extend(destinations(config, targets, counters)?);
    if added.is_empty() {
        return Ok(None);
    }
    let metrics = &config.metrics;
    let resource =
        Redactor::new(redaction.clone()).resource(&resource::of_metrics(resource, metrics));
    let redaction = redaction.clone();
    Ok(Some((meters.start)(config, &resource, redaction, counters, added)))
}

/// The metrics of a program that aggregates none. An exporter of them would wait in vain.
fn without_meters(is_expected: bool) -> Result<Meters, Error> {
    if !is_expected {
        return Ok(None);
    }
    let needed = needed("an exporter of metrics", "metrics");
    Err(Error::config(format!("metrics: {needed}")))
}

/// Returns the configured destinations. Those over OTLP are selected by [`signal_targets`].
fn destinations(
    config: &TelemetryConfig,
    targets: &OtlpTargets,
    counters: &Counters,
) -> Result<Vec<MetricDestination>, Error> {
    let chosen = config.exporters.metrics.as_deref();
    let mut destinations = Vec::new();
    if chosen.is_some_and(|chosen| chosen.contains(&ExporterKind::Console)) {
        let made = ConsoleExporters::find().map(|console| (console.metrics)());
        destinations.extend(unless_of_environment(config, Signal::Metrics, made)?);
    }
    let chosen = signal_targets(Signal::Metrics, chosen, config, targets);
    for (index, target) in chosen.iter().enumerate() {
        let id = target.exporter(index, Signal::Metrics);
        let otlp = OtlpExporters::of(target, Signal::Metrics);
        let made = otlp.and_then(|otlp| (otlp.metrics)(id, target, counters));
        destinations.extend(targets.keep(target, Signal::Metrics, made)?);
    }
    Ok(destinations)
}
