//! The meter provider: readers, exporters and views.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::exporter::{Exporter, Exporters};
use super::findings::{Cardinality, Findings, Word, below};
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
    /// One that this program does not have, which was reported.
    Other(IgnoredAny),
}

/// The names of the readers that have a variant.
pub(super) const READERS: [&str; 2] = ["periodic", "pull"];

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

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CardinalityLimits {
    default: Option<Cardinality>,
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
    #[serde(alias = "with_resource_constant_labels")]
    resource_constant_labels: Option<Patterns>,
}

/// Patterns of keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patterns {
    included: Option<Vec<String>>,
    excluded: Option<Vec<String>>,
}

/// How names become those of Prometheus.
#[derive(Clone, Copy, Deserialize, PartialEq)]
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
        let mut exporters = Exporters::new(Signal::Metrics, &mut config.otlp);
        let metrics = &mut config.metrics;
        *metrics = MetricsConfig {
            from_spans: metrics.from_spans,
            service_instance_id: metrics.service_instance_id.take(),
            ..MetricsConfig::default()
        };
        let (mut times, mut limit) = (None, None);
        for (path, reader) in found.items(Some(self.readers), "meter_provider.readers") {
            match reader {
                Reader::Periodic(mut reader) => {
                    let path = below(&path, "periodic");
                    set_limit(&mut reader.cardinality_limits, &path, &mut limit, found);
                    reader.apply(&path, metrics, &mut times, &mut exporters, found);
                }
                Reader::Pull(mut reader) => {
                    let path = below(&path, "pull");
                    set_limit(&mut reader.cardinality_limits, &path, &mut limit, found);
                    reader.apply(&path, metrics, &mut exporters, found);
                }
                Reader::Other(_) => {}
            }
        }
        metrics.cardinality_limit = limit.unwrap_or(metrics.cardinality_limit);
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

/// Sets the limit of all readers to that of the first one.
fn set_limit(
    own: &mut Option<CardinalityLimits>,
    path: &str,
    limit: &mut Option<usize>,
    found: &mut Findings<'_>,
) {
    let own = own.take().and_then(|limits| limits.default);
    let own = own.map_or(MetricsConfig::default().cardinality_limit, |limit| limit.0);
    if *limit.get_or_insert(own) != own {
        let reason = "the limit of the first reader is that of all";
        found.ignore(&below(path, "cardinality_limits"), reason);
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
            (metrics.export_interval_millis, metrics.export_timeout_millis) = own;
        } else {
            let reason = "the interval and the timeout of the first reader are those of all";
            found.ignore(path, reason);
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
        let (path, known) = (below(path, "exporter"), ["prometheus"]);
        match found.choice(&self.exporter, &path, &known) {
            Some(("prometheus", settings, path)) => {
                if let Err(reason) = ExporterKind::Prometheus.registered() {
                    return found.ignore(&path, &reason);
                }
                if let Some(prometheus) = found.read::<Prometheus>(settings, &path) {
                    metrics.prometheus = prometheus.convert(&path, found);
                    exporters.choose(ExporterKind::Prometheus);
                }
            }
            Some((other, _, path)) => found.unknown_component(&path, other, &known),
            None => {}
        }
    }
}

impl Prometheus {
    fn convert(self, path: &str, found: &mut Findings<'_>) -> PrometheusConfig {
        let mut prometheus = PrometheusConfig::default();
        let shown =
            |with: Option<bool>, without: Option<bool>| with.unwrap_or(!without.unwrap_or(false));
        prometheus.scope_info = shown(self.scope_info_enabled, self.without_scope_info);
        prometheus.target_info = shown(self.target_info_enabled, self.without_target_info);
        if let Some(Word(strategy)) = self.translation_strategy {
            use Strategy::{NoEscaping, NoTranslation, UnderscoreEscapingWithSuffixes};

            prometheus.suffixes = matches!(strategy, NoEscaping | UnderscoreEscapingWithSuffixes);
            if matches!(strategy, NoEscaping | NoTranslation) {
                let reason = "names have underscores for what the text format has not";
                found.ignore(&below(path, "translation_strategy"), reason);
            }
        }
        if let Some(labels) = self.resource_constant_labels {
            let path = below(path, "resource_constant_labels");
            prometheus.resource_labels = match labels.included {
                Some(keys) => patterns(keys, &below(&path, "included"), found),
                None => vec!["*".to_owned()],
            };
            if let Some(keys) = labels.excluded {
                let path = below(&path, "excluded");
                prometheus.excluded_resource_labels = patterns(keys, &path, found);
            }
        }
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

fn patterns(patterns: Vec<String>, path: &str, found: &mut Findings<'_>) -> Vec<String> {
    let patterns = found.items(Some(patterns), path).into_iter();
    patterns.map(|(_, pattern)| pattern).collect()
}
