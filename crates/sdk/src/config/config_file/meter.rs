//! The provider of metrics: readers and views.

use floe_telemetry_core::__sdk::metrics::is_name;
use opentelemetry_sdk::metrics::{Aggregation, InstrumentKind};

use super::exporter::Exporters;
use super::part::Part;
use crate::config::duration::without_limit;
use crate::config::exporters::ExporterKind;
use crate::config::metrics::{
    ConfiguredView, DEFAULT_BOUNDARIES, DEFAULT_MAX_SCALE, DEFAULT_MAX_SIZE, ExemplarFilter,
    MetricsConfig, PrometheusConfig, check_boundaries, check_cardinality, check_host, check_port,
    check_scale, check_size,
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
    metrics.exemplar_filter = filter.unwrap_or_default();
    metrics.views.extend(provider.items("views").iter().filter_map(view));
}

/// Adds the exporters of the readers. All exporters use the interval and the timeout of the first reader.
fn readers(provider: &Part<'_>, metrics: &mut MetricsConfig, exporters: &mut Exporters<'_>) {
    let mut times = None;
    let _ = provider.required("readers");
    for reader in provider.items("readers") {
        let Some((name, part)) = reader.component(&["periodic", "pull"]) else {
            continue;
        };
        if name == "pull" {
            part.expect(&["exporter"]);
            if let Some(exporter) = part.required("exporter") {
                pull(&exporter, metrics, exporters);
            }
            continue;
        }
        part.expect(&["exporter", "interval", "timeout"]);
        let interval = part.value("interval").unwrap_or(metrics.export_interval_millis);
        let timeout = part.value("timeout").unwrap_or(metrics.export_timeout_millis);
        let own = (interval.max(1), without_limit(timeout));
        if *times.get_or_insert(own) != own {
            part.ignore("all readers use the interval and the timeout of the first one");
        }
        if let Some(exporter) = part.required("exporter") {
            exporters.add(&exporter);
        }
    }
    if let Some(times) = times {
        (metrics.export_interval_millis, metrics.export_timeout_millis) = times;
    }
}

fn pull(exporter: &Part<'_>, metrics: &mut MetricsConfig, exporters: &mut Exporters<'_>) {
    let Some((_, part)) = exporter.component(&["prometheus"]) else {
        return;
    };
    if let Err(reason) = ExporterKind::Prometheus.registered() {
        return part.ignore(reason);
    }
    part.expect(&["host", "port"]);
    let PrometheusConfig { host, port } = PrometheusConfig::default();
    metrics.prometheus = PrometheusConfig {
        host: part.checked("host", |host: &String| check_host(host)).unwrap_or(host),
        port: part.checked("port", |port| check_port(*port)).unwrap_or(port),
    };
    exporters.choose(ExporterKind::Prometheus);
}

/// Reads a view. `None` if the view selects by a property that the library does not support.
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
    Some(ConfiguredView {
        instrument: selector.value("instrument_name").unwrap_or_else(|| "*".to_owned()),
        kind: selector.word("instrument_type", &KINDS),
        name: stream.checked("name", |name: &String| check_metric_name(name)),
        description: stream.value("description"),
        cardinality_limit: stream
            .checked("aggregation_cardinality_limit", |limit| check_cardinality(*limit)),
        attributes: stream.get("attribute_keys").and_then(|keys| attributes(&keys)),
        aggregation: stream.get("aggregation").and_then(|part| aggregation(&part)),
    })
}

fn check_metric_name(name: &str) -> Result<(), &'static str> {
    if is_name(name) {
        return Ok(());
    }
    Err(
        "expected a letter, then up to 254 letters, digits, `_`, `.`, `-` and `/`, found another text",
    )
}

/// Reads the keys to keep. The SDK compares complete keys.
fn attributes(keys: &Part<'_>) -> Option<Vec<String>> {
    keys.expect(&["included", "excluded"]);
    if let Some(excluded) = keys.get("excluded") {
        excluded.ignore("views keep keys, and cannot exclude any");
    }
    keys.get("included")?;
    let included: Vec<String> = keys.items("included").iter().filter_map(Part::read).collect();
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
    let (name, part) = part.component(&known)?;
    part.expect(match name {
        EXPLICIT => &["boundaries", "record_min_max"],
        EXPONENTIAL => &["max_scale", "max_size", "record_min_max"],
        _ => &[],
    });
    let record_min_max = part.value("record_min_max").unwrap_or(true);
    match name {
        "drop" => Some(Aggregation::Drop),
        "sum" => Some(Aggregation::Sum),
        "last_value" => Some(Aggregation::LastValue),
        EXPLICIT => {
            let boundaries = part.checked("boundaries", |own: &Vec<f64>| check_boundaries(own));
            let boundaries = boundaries.unwrap_or_else(|| DEFAULT_BOUNDARIES.to_vec());
            Some(Aggregation::ExplicitBucketHistogram { boundaries, record_min_max })
        }
        EXPONENTIAL => {
            let size = part.checked("max_size", |size| check_size(*size));
            let scale = part.checked("max_scale", |scale| check_scale(*scale));
            Some(Aggregation::Base2ExponentialHistogram {
                max_size: size.unwrap_or(DEFAULT_MAX_SIZE),
                max_scale: scale.unwrap_or(DEFAULT_MAX_SCALE),
                record_min_max,
            })
        }
        _ => None,
    }
}
