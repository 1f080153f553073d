//! The SDK meter provider behind a telemetry provider: readers, views and exporters.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Key;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
#[cfg(feature = "prometheus")]
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{
    Aggregation, Instrument, InstrumentKind, MeterProviderBuilder, PeriodicReader,
    SdkMeterProvider, Stream,
};

use super::flushes::{Flushes, MetricReport, in_background};
#[cfg(target_os = "linux")]
use super::process;
use super::redacting::RedactingMeterProvider;
use super::sdk_metrics;
use super::{current, observable};
use crate::collector::{Counters, Redaction, Redactor, SpanMetrics};
use crate::config::{HistogramKind, InstrumentType, MetricView, MetricsConfig};
use crate::error::Error;
use crate::recorder::matches;

/// The number of buckets of an exponential histogram and its largest scale, by the specification's
/// defaults.
const MAX_SIZE: u32 = 160;
const MAX_SCALE: i8 = 20;

/// Adds an exporter's reader to the builder.
type AddReader =
    Box<dyn FnOnce(MeterProviderBuilder, &MetricsConfig) -> MeterProviderBuilder + Send>;

/// An exporter whose metric reader is created when the provider starts.
pub(crate) struct MetricDestination(AddReader);

impl fmt::Debug for MetricDestination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MetricDestination")
    }
}

impl MetricDestination {
    pub(crate) fn new(exporter: impl PushMetricExporter) -> Self {
        Self(Box::new(|builder, config| {
            let reader = PeriodicReader::builder(exporter)
                .with_interval(config.export_interval())
                .build();
            builder.with_reader(reader)
        }))
    }

    /// A pull reader, which collects when it is scraped.
    #[cfg(feature = "prometheus")]
    pub(crate) fn pull(reader: impl MetricReader) -> Self {
        Self(Box::new(|builder, _| builder.with_reader(reader)))
    }
}

/// The meter provider of a telemetry provider.
#[derive(Debug)]
pub(crate) struct Meters {
    sdk: SdkMeterProvider,
    flushes: Arc<Flushes>,
}

/// The scope of the library's own metrics.
const SCOPE: &str = "floe.telemetry";

impl Meters {
    /// Starts the readers and makes this the current meter provider of the process.
    pub(crate) fn start(
        config: &MetricsConfig,
        resource: &Resource,
        redaction: Redaction,
        counters: &Arc<Counters>,
        destinations: Vec<MetricDestination>,
    ) -> Self {
        let mut builder = SdkMeterProvider::builder().with_resource(resource.clone());
        for MetricDestination(add) in destinations {
            builder = add(builder, config);
        }
        let config = config.clone();
        let sdk = builder
            .with_view(move |instrument: &Instrument| stream(instrument, &config))
            .build();
        let meter = sdk.meter(SCOPE);
        sdk_metrics::observe(&meter, counters);
        #[cfg(target_os = "linux")]
        process::observe(&meter);
        let redacting = RedactingMeterProvider::new(sdk.clone(), redaction);
        observable::switch(Arc::new(redacting));
        Self {
            sdk,
            flushes: Arc::default(),
        }
    }

    /// Creates the instruments that derive metrics from spans.
    pub(crate) fn span_metrics(&self, config: &MetricsConfig, redactor: Redactor) -> SpanMetrics {
        let meter = self.sdk.meter(SCOPE);
        SpanMetrics::new(
            &meter,
            config.from_spans,
            config.cardinality_limit,
            redactor,
        )
    }

    /// Collects and exports in the background.
    pub(crate) fn flush(&self) -> Result<Arc<MetricReport>, Error> {
        self.flushes.request(&self.sdk)
    }

    /// Exports a last time and shuts the readers down in the background.
    pub(crate) fn shut_down(&self, timeout: Duration) -> Result<Arc<MetricReport>, Error> {
        current::switch(None);
        let sdk = self.sdk.clone();
        in_background(move || sdk.shutdown_with_timeout(timeout))
    }
}

/// Whether a view applies to an instrument.
fn applies(view: &MetricView, instrument: &Instrument) -> bool {
    let is = |selected: &Option<String>, found: &str| {
        selected.as_ref().is_none_or(|selected| selected == found)
    };
    matches(&view.metric, instrument.name())
        && is(&view.unit, instrument.unit())
        && is(&view.meter_name, instrument.scope().name())
        && view
            .instrument_type
            .is_none_or(|kind| instrument.kind() == sdk_kind(kind))
}

const fn sdk_kind(kind: InstrumentType) -> InstrumentKind {
    match kind {
        InstrumentType::Counter => InstrumentKind::Counter,
        InstrumentType::Gauge => InstrumentKind::Gauge,
        InstrumentType::Histogram => InstrumentKind::Histogram,
        InstrumentType::ObservableCounter => InstrumentKind::ObservableCounter,
        InstrumentType::ObservableGauge => InstrumentKind::ObservableGauge,
        InstrumentType::ObservableUpDownCounter => InstrumentKind::ObservableUpDownCounter,
        InstrumentType::UpDownCounter => InstrumentKind::UpDownCounter,
    }
}

/// The view of an instrument: its aggregation, attribute keys and cardinality limit.
fn stream(instrument: &Instrument, config: &MetricsConfig) -> Option<Stream> {
    let mut views = config.views.iter();
    let view = views.find(|view| applies(view, instrument));
    let limit = view.and_then(|view| view.cardinality_limit);
    let limit = limit.unwrap_or(config.cardinality_limit);
    let mut builder = Stream::builder().with_cardinality_limit(limit);
    if let Some(keys) = view.and_then(|view| view.attributes.clone()) {
        builder = builder.with_allowed_attribute_keys(keys.into_iter().map(Key::from));
    }
    if let Some(name) = view.and_then(|view| view.name.clone()) {
        builder = builder.with_name(name);
    }
    if let Some(description) = view.and_then(|view| view.description.clone()) {
        builder = builder.with_description(description);
    }
    let aggregation = match view {
        Some(view) if view.drop => Some(Aggregation::Drop),
        _ if instrument.kind() == InstrumentKind::Histogram => {
            let kind = view.and_then(|view| view.histogram);
            let kind = kind.unwrap_or(config.histograms);
            histogram(view.and_then(|view| view.boundaries.clone()), kind)
        }
        _ => None,
    };
    if let Some(aggregation) = aggregation {
        builder = builder.with_aggregation(aggregation);
    }
    builder.build().ok()
}

/// The aggregation of a histogram; `None` keeps the boundaries that the instrument advises.
fn histogram(boundaries: Option<Vec<f64>>, kind: HistogramKind) -> Option<Aggregation> {
    match (boundaries, kind) {
        (Some(boundaries), _) => Some(Aggregation::ExplicitBucketHistogram {
            boundaries,
            record_min_max: true,
        }),
        (None, HistogramKind::Exponential) => Some(Aggregation::Base2ExponentialHistogram {
            max_size: MAX_SIZE,
            max_scale: MAX_SCALE,
            record_min_max: true,
        }),
        (None, HistogramKind::Explicit) => None,
    }
}
