//! Views: those of a configuration file and of the program, and the limit and the buckets of all other metrics.
//! OpenTelemetry's SDK asks for them while it builds an instrument.

use std::borrow::Cow;
use std::sync::Arc;

use floe_telemetry_sdk::__parts::metrics::ProgramView;
use opentelemetry::Key;
use opentelemetry_sdk::metrics::{
    Aggregation, Instrument, InstrumentKind, MeterProviderBuilder, Stream,
};

use crate::caught::caught;
use crate::config::{ConfiguredView, ExemplarFilter, HistogramKind, MetricsConfig};

/// The boundaries of a histogram for which the instrument has none
/// ([specification](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#explicit-bucket-histogram-aggregation)).
const DEFAULT_BOUNDARIES: [f64; 15] = [
    0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0,
    10_000.0,
];

/// The buckets of an exponential histogram and its largest scale, by the specification's defaults.
const EXPONENTIAL: Aggregation =
    Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 20, record_min_max: true };

/// The views of a provider.
#[derive(Clone)]
pub(super) struct Views(Arc<Inner>);

struct Inner {
    configured: Vec<ConfiguredView>,
    of_program: Vec<ProgramView>,
    histograms: HistogramKind,
    cardinality_limit: usize,
    exemplar_filter: ExemplarFilter,
}

impl Views {
    pub(super) fn new(config: &MetricsConfig, of_program: Vec<ProgramView>) -> Self {
        Self(Arc::new(Inner {
            configured: config.views.clone(),
            of_program,
            histograms: config.histograms,
            cardinality_limit: config.cardinality_limit,
            exemplar_filter: config.exemplar_filter,
        }))
    }

    /// Adds the views to a meter provider.
    pub(super) fn apply(&self, mut builder: MeterProviderBuilder) -> MeterProviderBuilder {
        for at in 0..self.0.configured.len() {
            let views = self.clone();
            builder = builder.with_view(move |instrument: &Instrument| {
                let view = &views.0.configured[at];
                view.selects(instrument.name(), instrument.kind()).then(|| views.stream(view))?
            });
        }
        for at in 0..self.0.of_program.len() {
            let views = self.clone();
            builder =
                builder.with_view(move |instrument: &Instrument| views.of_program(at, instrument));
        }
        let views = self.clone();
        builder.with_view(move |instrument: &Instrument| views.other(instrument))
    }

    fn stream(&self, view: &ConfiguredView) -> Option<Stream> {
        let limit = view.cardinality_limit.unwrap_or(self.0.cardinality_limit);
        let mut builder = Stream::builder().with_cardinality_limit(limit);
        if let Some(name) = &view.name {
            builder = builder.with_name(name.clone());
        }
        if let Some(description) = &view.description {
            builder = builder.with_description(description.clone());
        }
        if let Some(keys) = &view.attributes {
            builder = builder.with_allowed_attribute_keys(keys.iter().cloned().map(Key::from));
        }
        if let Some(aggregation) = &view.aggregation {
            builder = builder.with_aggregation(aggregation.clone());
        }
        builder.build().ok()
    }

    /// The stream of a view of the program, whose panic is no panic of the code that builds an instrument.
    fn of_program(&self, at: usize, instrument: &Instrument) -> Option<Stream> {
        caught(|| (self.0.of_program[at])(instrument)).ok().flatten()
    }

    /// The stream of an instrument that no view selects.
    fn other(&self, instrument: &Instrument) -> Option<Stream> {
        let (name, kind) = (instrument.name(), instrument.kind());
        let mut of_program = 0..self.0.of_program.len();
        if self.0.configured.iter().any(|view| view.selects(name, kind))
            || of_program.any(|at| self.of_program(at, instrument).is_some())
        {
            return None;
        }
        let mut builder = Stream::builder().with_cardinality_limit(self.0.cardinality_limit);
        if self.is_exponential(kind) {
            builder = builder.with_aggregation(EXPONENTIAL);
        }
        builder.build().ok()
    }

    fn is_exponential(&self, kind: InstrumentKind) -> bool {
        kind == InstrumentKind::Histogram && self.0.histograms == HistogramKind::Exponential
    }

    /// The names of the metrics of an instrument, as far as they are known: a view of the program does not tell.
    pub(super) fn names<'a>(&'a self, name: &'a str, kind: InstrumentKind) -> Vec<Cow<'a, str>> {
        let views = self.0.configured.iter().filter(|view| view.selects(name, kind));
        let renamed = views.filter_map(|view| view.name.as_deref());
        std::iter::once(name).chain(renamed).map(Cow::Borrowed).collect()
    }

    /// The boundaries between the exemplars of an instrument.
    pub(super) fn boundaries(&self, kind: InstrumentKind, advised: Option<&[f64]>) -> Vec<f64> {
        if kind != InstrumentKind::Histogram || self.is_exponential(kind) {
            return Vec::new();
        }
        advised.unwrap_or(&DEFAULT_BOUNDARIES).to_vec()
    }

    pub(super) fn exemplar_filter(&self) -> ExemplarFilter {
        self.0.exemplar_filter
    }

    pub(super) fn cardinality_limit(&self) -> usize {
        self.0.cardinality_limit
    }
}
