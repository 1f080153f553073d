//! The provider of metrics: readers and views.

use std::fmt::Display;

use floe_telemetry_core::metrics::Metric;
use opentelemetry_sdk::metrics::{Aggregation, InstrumentKind};

use super::exporter::Exporters;
use super::part::Part;
use crate::config::batch::without_limit;
use crate::config::exporters::ExporterKind;
use crate::config::metrics::{
    ConfiguredView, DEFAULT_MAX_SCALE, DEFAULT_MAX_SIZE, MetricsConfig, PrometheusConfig,
    check_host, check_port,
};
use crate::config::mistake::Mistake;
use crate::config::otlp::Signal;
use crate::config::telemetry::TelemetryConfig;

/// Bounds `aggregation_cardinality_limit`, because the SDK reserves memory for the whole limit at once.
const MAX_CARDINALITY: usize = 1_000_000;

const MAX_BUCKETS: u32 = 4096;

const KINDS: [(&str, InstrumentKind); 7] = [
    ("counter", InstrumentKind::Counter),
    ("gauge", InstrumentKind::Gauge),
    ("histogram", InstrumentKind::Histogram),
    ("observable_counter", InstrumentKind::ObservableCounter),
    ("observable_gauge", InstrumentKind::ObservableGauge),
    ("observable_up_down_counter", InstrumentKind::ObservableUpDownCounter),
    ("up_down_counter", InstrumentKind::UpDownCounter),
];

pub(super) fn meter(provider: &Part<'_>, config: &mut TelemetryConfig) -> Result<(), Mistake> {
    let directory = &mut config.exporters.directory;
    let mut exporters = Exporters::new(Signal::Metrics, &mut config.otlp, directory);
    let metrics = &mut config.metrics;
    *metrics = MetricsConfig {
        service_instance_id: metrics.service_instance_id.take(),
        ..MetricsConfig::default()
    };
    provider.sets("metrics");
    readers(provider, metrics, &mut exporters)?;
    if let Some(first) = exporters.aggregations.first() {
        (metrics.temporality, metrics.histograms) = *first;
        if exporters.aggregations.iter().any(|other| other != first) {
            provider
                .ignore("all exporters use the temporality and the histograms of the first one");
        }
    }
    config.exporters.metrics = Some(exporters.kinds);
    for part in provider.items("views")? {
        metrics.views.push(view(&part)?);
    }
    Ok(())
}

/// Adds the exporters of the readers. All periodic readers use the interval and the timeout of the first one.
fn readers(
    provider: &Part<'_>,
    metrics: &mut MetricsConfig,
    exporters: &mut Exporters<'_>,
) -> Result<(), Mistake> {
    let mut times = None;
    provider.required("readers")?;
    for reader in provider.items("readers")? {
        let Some((name, part)) = reader.component(&["periodic", "pull"])? else {
            continue;
        };
        if name == "pull" {
            pull(&part.required("exporter")?, metrics, exporters)?;
            continue;
        }
        let interval = part.millis("interval")?.unwrap_or(metrics.export_interval_millis);
        let timeout = part.millis("timeout")?.unwrap_or(metrics.export_timeout_millis);
        let own = (interval.max(1), without_limit(timeout));
        if *times.get_or_insert(own) != own {
            part.ignore("all readers use the interval and the timeout of the first one");
        }
        exporters.add(&part.required("exporter")?)?;
    }
    if let Some(times) = times {
        (metrics.export_interval_millis, metrics.export_timeout_millis) = times;
    }
    Ok(())
}

fn pull(
    exporter: &Part<'_>,
    metrics: &mut MetricsConfig,
    exporters: &mut Exporters<'_>,
) -> Result<(), Mistake> {
    let Some((_, part)) = exporter.component(&["prometheus"])? else {
        return Ok(());
    };
    let PrometheusConfig { host, port } = PrometheusConfig::default();
    metrics.prometheus = PrometheusConfig {
        host: part.checked("host", |host: &String| check_host(host))?.unwrap_or(host),
        port: part.checked("port", |port| check_port(*port))?.unwrap_or(port),
    };
    match ExporterKind::Prometheus.registered() {
        Ok(_) => exporters.choose(ExporterKind::Prometheus),
        Err(reason) => part.ignore(reason),
    }
    Ok(())
}

fn view(part: &Part<'_>) -> Result<ConfiguredView, Mistake> {
    let selector = part.required("selector")?;
    let stream = part.required("stream")?;
    let attributes = stream.get("attribute_keys")?.map(|keys| keys.selection()).transpose()?;
    let view = ConfiguredView {
        instrument: selector.value("instrument_name")?.unwrap_or_else(|| "*".to_owned()),
        kind: selector.word("instrument_type", &KINDS)?,
        unit: selector.value("unit")?,
        scope: [
            selector.value("meter_name")?,
            selector.value("meter_version")?,
            selector.value("meter_schema_url")?,
        ],
        name: stream.checked("name", |name: &String| Metric::check_name(name))?,
        description: stream.value("description")?,
        cardinality_limit: stream
            .checked("aggregation_cardinality_limit", |limit| at_most(*limit, MAX_CARDINALITY))?,
        attributes: attributes.unwrap_or_default(),
        aggregation: aggregation(&stream)?,
    };
    view.stream(None).map_err(|refused| stream.mistake(refused.to_string()))?;
    Ok(view)
}

fn at_most<T: PartialOrd + Display + Copy>(number: T, most: T) -> Result<(), String> {
    let refused = || format!("expected at most {most}, found {number}");
    (number <= most).then_some(()).ok_or_else(refused)
}

fn aggregation(stream: &Part<'_>) -> Result<Option<Aggregation>, Mistake> {
    const EXPLICIT: &str = "explicit_bucket_histogram";
    const EXPONENTIAL: &str = "base2_exponential_bucket_histogram";
    let known = ["default", "drop", EXPLICIT, EXPONENTIAL, "last_value", "sum"];
    let Some(part) = stream.get("aggregation")? else {
        return Ok(None);
    };
    let Some((name, part)) = part.component(&known)? else {
        return Ok(None);
    };
    let has_buckets = matches!(name, EXPLICIT | EXPONENTIAL);
    let min_max = if has_buckets { part.value("record_min_max")? } else { None };
    let record_min_max = min_max.unwrap_or(true);
    Ok(match name {
        "drop" => Some(Aggregation::Drop),
        "sum" => Some(Aggregation::Sum),
        "last_value" => Some(Aggregation::LastValue),
        EXPLICIT => {
            let boundaries =
                part.value("boundaries")?.unwrap_or_else(|| ConfiguredView::BOUNDARIES.to_vec());
            Some(Aggregation::ExplicitBucketHistogram { boundaries, record_min_max })
        }
        EXPONENTIAL => {
            let size = part.checked("max_size", |size| at_most(*size, MAX_BUCKETS))?;
            Some(Aggregation::Base2ExponentialHistogram {
                max_size: size.unwrap_or(DEFAULT_MAX_SIZE),
                max_scale: part.value("max_scale")?.unwrap_or(DEFAULT_MAX_SCALE),
                record_min_max,
            })
        }
        _ => None,
    })
}
