//! The variables that say which spans are recorded and how much they carry; and those of metrics that
//! are like them.

use super::Reader;
use super::parse::{self, Refusal, between, number};
use crate::config::limits::MOST;
use crate::config::prometheus::check_host;
use crate::config::{ExporterKind, HistogramKind, MetricTemporality, Sampler, TelemetryConfig};
use crate::propagation::Propagator;

pub(super) fn apply(config: &mut TelemetryConfig, reader: &mut Reader) {
    let sampling = &mut config.sampling;
    if let Some(sampler) = reader.take("OTEL_TRACES_SAMPLER", parse::word(&Sampler::ALL)) {
        sampling.sampler = Some(sampler);
        sampling.sampler_arg = reader.take("OTEL_TRACES_SAMPLER_ARG", parse::ratio);
    }
    reader.set("OTEL_PROPAGATORS", &mut config.propagators, |text| {
        let list = Propagator::parse_list(&text.to_ascii_lowercase());
        list.map_err(|error| Refusal::Ignored(error.to_string()))
    });

    let metrics = &mut config.metrics;
    reader.set(
        "OTEL_METRIC_EXPORT_INTERVAL",
        &mut metrics.export_interval_millis,
        number(1),
    );
    reader.set(
        "OTEL_METRIC_EXPORT_TIMEOUT",
        &mut metrics.export_timeout_millis,
        number(1),
    );
    reader.set(
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        &mut metrics.temporality,
        parse::word(&MetricTemporality::ALL),
    );
    reader.set(
        "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
        &mut metrics.histograms,
        parse::word(&HistogramKind::ALL),
    );
    let prometheus = &mut metrics.prometheus;
    reader.set(
        "OTEL_EXPORTER_PROMETHEUS_HOST",
        &mut prometheus.host,
        |host| match check_host(host) {
            Ok(()) => Ok(host.to_owned()),
            Err(message) => Err(Refusal::Refused(message.to_owned())),
        },
    );
    reader.set(
        "OTEL_EXPORTER_PROMETHEUS_PORT",
        &mut prometheus.port,
        between(1, u16::MAX),
    );
    limits(config, reader);

    let exporters = &mut config.exporters;
    for (name, field) in [
        ("OTEL_TRACES_EXPORTER", &mut exporters.traces),
        ("OTEL_LOGS_EXPORTER", &mut exporters.logs),
    ] {
        reader.fill(name, field, parse::words(&ExporterKind::ALL));
    }
    reader.fill(
        "OTEL_METRICS_EXPORTER",
        &mut exporters.metrics,
        parse::words(&ExporterKind::OF_METRICS),
    );
}

/// The variables of spans win over those of everything that has attributes.
fn limits(config: &mut TelemetryConfig, reader: &mut Reader) {
    let limits = &mut config.limits;
    for name in [
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
    ] {
        reader.set(name, &mut limits.attribute_count, between(0, MOST));
    }
    for (name, field) in [
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", &mut limits.event_count),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", &mut limits.link_count),
    ] {
        reader.set(name, field, between(0, MOST));
    }
    for (name, field) in [
        (
            "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
            &mut limits.attribute_count_per_event,
        ),
        (
            "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
            &mut limits.attribute_count_per_link,
        ),
    ] {
        reader.set(name, field, number(0));
    }
    for name in [
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    ] {
        reader.fill(name, &mut limits.attribute_value_length, number(0));
    }
}
