//! The meter provider: readers, exporters and views.

use serde::Deserialize;

use super::exporter::{Exporter, Exporters};
use super::findings::{Findings, Positive, Word, below};
use super::view::View;
use crate::config::duration::without_limit;
use crate::config::exporters::ExporterKind;
use crate::config::metrics::{ExemplarFilter, MetricsConfig, PrometheusConfig, check_host};
use crate::config::otlp::Signal;
use crate::config::telemetry::TelemetryConfig;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MeterProvider {
    readers: Vec<Reader>,
    views: Option<Vec<View>>,
    exemplar_filter: Option<Word<ExemplarFilter>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reader {
    Periodic(Periodic),
    Pull(Pull),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Periodic {
    exporter: Exporter,
    interval: Option<u64>,
    timeout: Option<u64>,
    cardinality_limits: Option<CardinalityLimits>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pull {
    exporter: Exporter,
    cardinality_limits: Option<CardinalityLimits>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CardinalityLimits {
    default: Option<Positive>,
    counter: Option<Positive>,
    gauge: Option<Positive>,
    histogram: Option<Positive>,
    observable_counter: Option<Positive>,
    observable_gauge: Option<Positive>,
    observable_up_down_counter: Option<Positive>,
    up_down_counter: Option<Positive>,
}

/// `prometheus`. Later versions of the format have other names of the flags.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Prometheus {
    host: Option<String>,
    port: Option<u16>,
    translation_strategy: Option<Word<Strategy>>,
    without_scope_info: Option<bool>,
    without_target_info: Option<bool>,
    scope_info_enabled: Option<bool>,
    target_info_enabled: Option<bool>,
}

/// How names become those of Prometheus.
#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Strategy {
    UnderscoreEscapingWithSuffixes,
    #[serde(alias = "underscore_escaping_without_suffixes/development")]
    UnderscoreEscapingWithoutSuffixes,
    #[serde(
        rename = "no_utf8_escaping_with_suffixes",
        alias = "no_utf8_escaping_with_suffixes/development"
    )]
    NoEscaping,
    #[serde(alias = "no_translation/development")]
    NoTranslation,
}

impl MeterProvider {
    pub(super) fn apply(self, config: &mut TelemetryConfig, found: &mut Findings<'_>) {
        let mut exporters =
            Exporters::new(Signal::Metrics, &mut config.otlp, &mut config.exporters);
        let metrics = &mut config.metrics;
        *metrics = MetricsConfig {
            from_spans: metrics.from_spans,
            service_instance_id: metrics.service_instance_id.take(),
            ..MetricsConfig::default()
        };
        let mut times = None;
        for (path, reader) in found.items(Some(self.readers), "meter_provider.readers") {
            match reader {
                Reader::Periodic(reader) => {
                    let path = below(&path, "periodic");
                    reader.apply(&path, metrics, &mut times, &mut exporters, found);
                }
                Reader::Pull(reader) => {
                    reader.apply(&below(&path, "pull"), metrics, &mut exporters, found);
                }
            }
        }
        let mut aggregations = exporters.aggregations.iter();
        if let Some(first) = aggregations.next() {
            (metrics.temporality, metrics.histograms) = *first;
            if aggregations.any(|other| other != first) {
                let reason =
                    "the temporality and the histograms of the first exporter are those of all";
                found.ignore("meter_provider", reason);
            }
        }
        let kinds = exporters.kinds;
        config.exporters.metrics = Some(kinds);
        if let Some(Word(filter)) = self.exemplar_filter {
            metrics.exemplar_filter = filter;
        }
        for (path, view) in found.items(self.views, "meter_provider.views") {
            metrics.views.extend(view.convert(&path, found));
        }
    }
}

impl Periodic {
    fn apply(
        self,
        path: &str,
        metrics: &mut MetricsConfig,
        times: &mut Option<(u64, u64)>,
        exporters: &mut Exporters<'_>,
        found: &mut Findings<'_>,
    ) {
        exporters.add(&self.exporter, &below(path, "exporter"), found);
        let defaults = MetricsConfig::default();
        let interval = self.interval.unwrap_or(defaults.export_interval_millis);
        let timeout = self.timeout.unwrap_or(defaults.export_timeout_millis);
        let own = (interval.max(1), without_limit(timeout));
        if *times.get_or_insert(own) == own {
            (
                metrics.export_interval_millis,
                metrics.export_timeout_millis,
            ) = own;
        } else {
            let reason = "the interval and the timeout of the first reader are those of all";
            found.ignore(path, reason);
        }
        if let Some(limits) = self.cardinality_limits {
            limits.apply(path, metrics, found);
        }
    }
}

impl Pull {
    fn apply(
        self,
        path: &str,
        metrics: &mut MetricsConfig,
        exporters: &mut Exporters<'_>,
        found: &mut Findings<'_>,
    ) {
        if let Some(limits) = self.cardinality_limits {
            limits.apply(path, metrics, found);
        }
        let (path, known) = (below(path, "exporter"), ["prometheus"]);
        match found.choice(&self.exporter, &path, &known) {
            Some(("prometheus", settings, path)) => {
                let checked = ExporterKind::Prometheus.registered().map(drop);
                found.check(&path, checked);
                if let Some(prometheus) = found.read::<Prometheus>(settings, &path) {
                    metrics.prometheus = prometheus.convert(&path, found);
                    exporters.choose(ExporterKind::Prometheus);
                }
            }
            Some((other, _, path)) => found.refuse_word(&path, other, &known),
            None => {}
        }
    }
}

impl CardinalityLimits {
    fn apply(self, path: &str, metrics: &mut MetricsConfig, found: &mut Findings<'_>) {
        let default = self.default.map(Positive::to_usize);
        metrics.cardinality_limit = default.unwrap_or(metrics.cardinality_limit);
        for (key, limit) in [
            ("counter", self.counter),
            ("gauge", self.gauge),
            ("histogram", self.histogram),
            ("observable_counter", self.observable_counter),
            ("observable_gauge", self.observable_gauge),
            (
                "observable_up_down_counter",
                self.observable_up_down_counter,
            ),
            ("up_down_counter", self.up_down_counter),
        ] {
            if limit.is_some_and(|limit| limit.to_usize() != metrics.cardinality_limit) {
                let path = below(&below(path, "cardinality_limits"), key);
                found.ignore(&path, "`default` is the limit of all instruments");
            }
        }
    }
}

impl Prometheus {
    fn convert(self, path: &str, found: &mut Findings<'_>) -> PrometheusConfig {
        for (key, value, default) in [
            ("without_scope_info", self.without_scope_info, false),
            ("without_target_info", self.without_target_info, false),
            ("scope_info_enabled", self.scope_info_enabled, true),
            ("target_info_enabled", self.target_info_enabled, true),
        ] {
            if value.is_some_and(|value| value != default) {
                found.ignore(&below(path, key), "");
            }
        }
        let strategy = self.translation_strategy;
        if strategy.is_some_and(|Word(it)| it != Strategy::UnderscoreEscapingWithSuffixes) {
            let reason = "names have underscores and suffixes";
            found.ignore(&below(path, "translation_strategy"), reason);
        }
        let mut prometheus = PrometheusConfig::default();
        if let Some(host) = self.host {
            found.check(&below(path, "host"), check_host(&host));
            prometheus.host = host;
        }
        if let Some(port) = self.port {
            prometheus.port = port;
            if port == 0 {
                found.refuse(&below(path, "port"), "expected 1 to 65535, found 0");
            }
        }
        prometheus
    }
}
