//! The provider of metrics: readers and views.

use floe_telemetry_core::__sdk::metrics::is_name;
use opentelemetry_sdk::metrics::{Aggregation, InstrumentKind};

use super::exporter::Exporters;
use super::part::Part;
use crate::config::duration::without_limit;
use crate::config::exporters::ExporterKind;
use crate::config::metrics::{
    ConfiguredView, DEFAULT_BOUNDARIES, DEFAULT_MAX_SCALE, DEFAULT_MAX_SIZE, ExemplarFilter,
    MetricsConfig, PrometheusConfig, check_boundaries, check_cardinality, check_host, check_scale,
    check_size,
};
use crate::config::otlp::Signal;
use crate::config::telemetry::TelemetryConfig;

const KINDS: [(&str, InstrumentKind); 7] = [
    ("counter", InstrumentKind::Counter),
    ("gauge", InstrumentKind::Gauge),
    ("histogram", InstrumentKind::Histogram),
    ("observable_counter", InstrumentKind::ObservableCounter),
    ("observable_gauge", InstrumentKind::ObservableGauge),
    ("observable_up_down_counter", InstrumentKind::ObservableUpDownCounter),
    ("up_down_counter", InstrumentKind::UpDownCounter),
];

pub(super) fn meter(provider: &Part<'_>, config: &mut TelemetryConfig) {
    provider.expect(&["readers", "views", "exemplar_filter"]);
    let mut exporters = Exporters::new(Signal::Metrics, &mut config.otlp);
    let metrics = &mut config.metrics;
    *metrics = MetricsConfig {
        from_spans: metrics.from_spans,
        service_instance_id: metrics.service_instance_id.take(),
        ..MetricsConfig::default()
    };
    readers(provider, metrics, &mut exporters);
    if let Some(first) = exporters.aggregations.first() {
        (metrics.temporality, metrics.histograms) = *first;
        if exporters.aggregations.iter().any(|other| other != first) {
            provider
                .ignore("all exporters use the temporality and the histograms of the first one");
        }
    }
    config.exporters.metrics = Some(exporters.kinds);
    let filter = provider.word("exemplar_filter", &ExemplarFilter::ALL);
    metrics.exemplar_filter = filter.unwrap_or(metrics.exemplar_filter);
    metrics.views.extend(provider.items("views").iter().filter_map(view));
}

/// Adds the exporters of the readers. All of them use the times and the limit of the first one.
fn readers(provider: &Part<'_>, metrics: &mut MetricsConfig, exporters: &mut Exporters<'_>) {
    let (mut times, mut limit) = (None, None);
    let _ = provider.required("readers");
    for reader in provider.items("readers") {
        let known = ["periodic", "pull"];
        let Some((name, part)) = reader.choice(&known) else {
            continue;
        };
        match name {
            "periodic" => {
                part.expect(&["exporter", "interval", "timeout", "cardinality_limits"]);
                let defaults = MetricsConfig::default();
                let interval = part.value("interval").unwrap_or(defaults.export_interval_millis);
                let timeout = part.value("timeout").unwrap_or(defaults.export_timeout_millis);
                let own = (interval.max(1), without_limit(timeout));
                if *times.get_or_insert(own) != own {
                    part.ignore("all readers use the interval and the timeout of the first one");
                }
                if let Some(exporter) = part.required("exporter") {
                    exporters.add(&exporter);
                }
            }
            "pull" => {
                part.expect(&["exporter", "cardinality_limits"]);
                if let Some(exporter) = part.required("exporter") {
                    pull(&exporter, metrics, exporters);
                }
            }
            other => {
                part.unknown(&known, other);
                continue;
            }
        }
        let limits = part.get("cardinality_limits");
        let own = limits.as_ref().and_then(|limits| {
            limits.expect(&["default"]);
            cardinality(limits, "default")
        });
        if *limit.get_or_insert(own) != own {
            limits.as_ref().unwrap_or(&part).ignore("all readers use the limit of the first one");
        }
    }
    if let Some(times) = times {
        (metrics.export_interval_millis, metrics.export_timeout_millis) = times;
    }
    metrics.cardinality_limit = limit.flatten().unwrap_or(metrics.cardinality_limit);
}

/// Reads a maximum number of attribute sets.
fn cardinality(limits: &Part<'_>, key: &str) -> Option<usize> {
    let part = limits.get(key)?;
    let limit = part.read()?;
    part.check(check_cardinality(limit));
    Some(limit)
}

fn pull(exporter: &Part<'_>, metrics: &mut MetricsConfig, exporters: &mut Exporters<'_>) {
    let known = ["prometheus"];
    match exporter.choice(&known) {
        Some(("prometheus", part)) => match ExporterKind::Prometheus.registered() {
            Ok(_) => {
                metrics.prometheus = prometheus(&part);
                exporters.choose(ExporterKind::Prometheus);
            }
            Err(reason) => part.ignore(reason),
        },
        Some((other, part)) => part.unknown(&known, other),
        None => {}
    }
}

fn prometheus(part: &Part<'_>) -> PrometheusConfig {
    part.expect(&["host", "port"]);
    let mut prometheus = PrometheusConfig::default();
    if let Some(host) = part.get("host") {
        prometheus.host = host.read().unwrap_or(prometheus.host);
        host.check(check_host(&prometheus.host));
    }
    if let Some(port) = part.get("port") {
        prometheus.port = port.read().unwrap_or(prometheus.port);
        if prometheus.port == 0 {
            port.refuse("expected 1 to 65535, found 0");
        }
    }
    prometheus
}

/// Reads a view. `None` if it selects by a property that the library does not compare.
fn view(part: &Part<'_>) -> Option<ConfiguredView> {
    part.expect(&["selector", "stream"]);
    let (selector, stream) = (part.required("selector")?, part.required("stream")?);
    for key in ["unit", "meter_name", "meter_version", "meter_schema_url"] {
        if let Some(part) = selector.get(key) {
            part.ignore("views select only by name and kind, so it is not applied");
            return None;
        }
    }
    selector.expect(&["instrument_name", "instrument_type"]);
    stream.expect(&[
        "name",
        "description",
        "aggregation",
        "aggregation_cardinality_limit",
        "attribute_keys",
    ]);
    let view = ConfiguredView {
        instrument: selector.value("instrument_name").unwrap_or_else(|| "*".to_owned()),
        kind: selector.word("instrument_type", &KINDS),
        name: stream.value("name"),
        description: stream.value("description"),
        cardinality_limit: cardinality(&stream, "aggregation_cardinality_limit"),
        attributes: stream.get("attribute_keys").and_then(|keys| attributes(&keys)),
        aggregation: stream.get("aggregation").and_then(|part| aggregation(&part)),
    };
    if let Some(name) = stream.get("name")
        && view.name.as_deref().is_some_and(|name| !is_name(name))
    {
        name.refuse("expected a letter, then up to 254 letters, digits, `_`, `.`, `-` and `/`, found another text");
    }
    Some(view)
}

/// Reads the keys to keep. The SDK compares whole keys.
fn attributes(keys: &Part<'_>) -> Option<Vec<String>> {
    keys.expect(&["included", "excluded"]);
    if let Some(excluded) = keys.get("excluded") {
        excluded.ignore("views keep keys, and cannot exclude any");
    }
    let included = keys.texts("included")?;
    if included.iter().any(|key| key.contains(['*', '?'])) {
        keys.ignore("expected a key, found a pattern: all keys are kept");
        return None;
    }
    Some(included)
}

fn aggregation(part: &Part<'_>) -> Option<Aggregation> {
    const EXPLICIT: &str = "explicit_bucket_histogram";
    const EXPONENTIAL: &str = "base2_exponential_bucket_histogram";
    let known = ["default", "drop", EXPLICIT, EXPONENTIAL, "last_value", "sum"];
    let (name, part) = part.choice(&known)?;
    part.expect(match name {
        EXPLICIT => &["boundaries", "record_min_max"],
        EXPONENTIAL => &["max_scale", "max_size", "record_min_max"],
        _ => &[],
    });
    let record_min_max = part.value("record_min_max").unwrap_or(true);
    match name {
        "default" => None,
        "drop" => Some(Aggregation::Drop),
        "sum" => Some(Aggregation::Sum),
        "last_value" => Some(Aggregation::LastValue),
        EXPLICIT => {
            let boundaries = part.value("boundaries");
            let boundaries = boundaries.unwrap_or_else(|| DEFAULT_BOUNDARIES.to_vec());
            part.get("boundaries").unwrap_or(part).check(check_boundaries(&boundaries));
            Some(Aggregation::ExplicitBucketHistogram { boundaries, record_min_max })
        }
        EXPONENTIAL => {
            let (max_scale, max_size) = (part.value("max_scale"), part.value("max_size"));
            if let Some((at, scale)) = part.get("max_scale").zip(max_scale) {
                at.check(check_scale(scale));
            }
            if let Some((at, size)) = part.get("max_size").zip(max_size) {
                at.check(check_size(size));
            }
            Some(Aggregation::Base2ExponentialHistogram {
                max_size: max_size.unwrap_or(DEFAULT_MAX_SIZE),
                max_scale: max_scale.unwrap_or(DEFAULT_MAX_SCALE),
                record_min_max,
            })
        }
        other => {
            part.unknown(&known, other);
            None
        }
    }
}
