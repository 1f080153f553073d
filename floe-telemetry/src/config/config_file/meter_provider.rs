//! The meter provider: readers, exporters and views.

use super::exporter::{Exporters, NO_LIMIT};
use super::properties::{Findings, Properties, Value, items};
use super::view::metric_view;
use crate::config::exporters::ExporterKind;
use crate::config::metrics::{ExemplarFilter, MetricsConfig, PrometheusConfig, check_host};
use crate::config::otlp::Signal;
use crate::config::telemetry::TelemetryConfig;

/// The keys of the limits of single kinds of instruments.
const INSTRUMENTS: [&str; 7] = [
    "counter",
    "gauge",
    "histogram",
    "observable_counter",
    "observable_gauge",
    "observable_up_down_counter",
    "up_down_counter",
];

/// Reads the meter provider.
pub(super) fn read(value: &Value<'_>, config: &mut TelemetryConfig, found: &mut Findings<'_>) {
    let known = ["readers", "views", "exemplar_filter", "meter_configurator"];
    let properties = value.properties(&known, found);
    properties.not_supported(&["meter_configurator"], found);
    let mut exporters = Exporters::new(Signal::Metrics, &mut config.otlp, &mut config.exporters);
    let metrics = &mut config.metrics;
    *metrics = MetricsConfig {
        from_spans: metrics.from_spans,
        ..MetricsConfig::default()
    };
    let mut interval = None;
    let readers = properties.required("readers", value, found);
    for reader in items(readers, found) {
        match reader.choice(&["periodic", "pull"], found) {
            Some(("periodic", value)) => {
                periodic(&value, metrics, &mut interval, &mut exporters, found);
            }
            Some((_, value)) => pull(&value, metrics, &mut exporters, found),
            None => {}
        }
    }
    let mut aggregations = exporters.aggregations.iter();
    if let Some(first) = aggregations.next() {
        (metrics.temporality, metrics.histograms) = *first;
        if aggregations.any(|other| other != first) {
            let reason =
                "the temporality and the histograms of the first exporter are those of all";
            value.not_supported(found, reason);
        }
    }
    let kinds = exporters.kinds;
    config.exporters.metrics = Some(kinds);
    if let Some(filter) = properties.set("exemplar_filter")
        && let Some(filter) = filter.word(&ExemplarFilter::ALL, found)
    {
        metrics.exemplar_filter = filter;
    }
    for view in properties.items("views", found) {
        metrics.views.extend(metric_view(&view, found));
    }
}

fn periodic(
    value: &Value<'_>,
    metrics: &mut MetricsConfig,
    interval: &mut Option<(u64, u64)>,
    exporters: &mut Exporters<'_>,
    found: &mut Findings<'_>,
) {
    let known = [
        "exporter",
        "interval",
        "timeout",
        "producers",
        "cardinality_limits",
    ];
    let properties = value.properties(&known, found);
    if let Some(exporter) = properties.required("exporter", value, found) {
        exporters.add(&exporter, found);
    }
    let defaults = MetricsConfig::default();
    let millis = |key, default, found: &mut Findings<'_>| {
        let value = properties.get(key).and_then(|value| value.number(0, found));
        value.unwrap_or(default)
    };
    let own = (
        millis("interval", defaults.export_interval_millis, found).max(1),
        match millis("timeout", defaults.export_timeout_millis, found) {
            0 => NO_LIMIT,
            timeout => timeout,
        },
    );
    if *interval.get_or_insert(own) == own {
        (
            metrics.export_interval_millis,
            metrics.export_timeout_millis,
        ) = own;
    } else {
        value.not_supported(
            found,
            "the interval and the timeout of the first reader are those of all",
        );
    }
    producers(&properties, metrics, found);
}

/// Reads the parts that all readers have.
fn producers(properties: &Properties<'_>, metrics: &mut MetricsConfig, found: &mut Findings<'_>) {
    properties.not_supported(&["producers"], found);
    let Some(value) = properties.set("cardinality_limits") else {
        return;
    };
    let mut known = vec!["default"];
    known.extend(INSTRUMENTS);
    let limits = value.properties(&known, found);
    let size = |value: &Value<'_>, found: &mut Findings<'_>| {
        let size = value.number(1, found)?;
        Some(usize::try_from(size).unwrap_or(usize::MAX))
    };
    let default = limits.get("default").and_then(|value| size(&value, found));
    metrics.cardinality_limit = default.unwrap_or(metrics.cardinality_limit);
    for key in INSTRUMENTS {
        let Some(value) = limits.get(key) else {
            continue;
        };
        if size(&value, found).is_some_and(|size| size != metrics.cardinality_limit) {
            value.not_supported(found, "`default` is the limit of all instruments");
        }
    }
}

fn pull(
    value: &Value<'_>,
    metrics: &mut MetricsConfig,
    exporters: &mut Exporters<'_>,
    found: &mut Findings<'_>,
) {
    let properties = value.properties(&["exporter", "producers", "cardinality_limits"], found);
    producers(&properties, metrics, found);
    let Some(exporter) = properties.required("exporter", value, found) else {
        return;
    };
    let Some((_, value)) = exporter.choice(&["prometheus"], found) else {
        return;
    };
    value.check(ExporterKind::Prometheus.registered().map(drop), found);
    // Older versions of the format have other names of these.
    let others = [
        "without_scope_info",
        "without_target_info",
        "with_resource_constant_labels",
        "scope_info_enabled",
        "target_info_enabled",
        "resource_constant_labels",
    ];
    let mut known = vec!["host", "port", "translation_strategy"];
    known.extend(others);
    let properties = value.properties(&known, found);
    for key in others {
        let Some(value) = properties.set(key) else {
            continue;
        };
        let is_default = match key {
            "without_scope_info" | "without_target_info" => value.read(found) == Some(false),
            "scope_info_enabled" | "target_info_enabled" => value.read(found) == Some(true),
            _ => false,
        };
        if !is_default {
            value.not_supported(found, "");
        }
    }
    if let Some(strategy) = properties.set("translation_strategy") {
        let words = [
            ("underscore_escaping_with_suffixes", true),
            ("underscore_escaping_without_suffixes", false),
            ("underscore_escaping_without_suffixes/development", false),
            ("no_utf8_escaping_with_suffixes", false),
            ("no_utf8_escaping_with_suffixes/development", false),
            ("no_translation", false),
            ("no_translation/development", false),
        ];
        if strategy.word(&words, found) == Some(false) {
            strategy.not_supported(found, "names have underscores and suffixes");
        }
    }
    let mut prometheus = PrometheusConfig::default();
    if let Some(host) = properties.set("host") {
        prometheus.host = host.read(found).unwrap_or_default();
        host.check(check_host(&prometheus.host).map_err(str::to_owned), found);
    }
    if let Some(port) = properties.set("port") {
        prometheus.port = port.read(found).unwrap_or(prometheus.port);
        if prometheus.port == 0 {
            port.refuse(found, "found 0, accepted is 1 to 65535");
        }
    }
    metrics.prometheus = prometheus;
    exporters.choose(ExporterKind::Prometheus);
}
