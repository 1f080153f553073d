//! How the measurements of an instrument become series: its aggregation, attribute keys and cardinality limit.

use std::sync::Arc;

use opentelemetry::{InstrumentationScope, Key};
use opentelemetry_sdk::metrics::{
    Aggregation, Instrument, InstrumentKind, MeterProviderBuilder, Stream,
};

use crate::collector::Shape;
use crate::config::{HistogramKind, MetricView, MetricsConfig};
use crate::recorder::matches;

/// The number of buckets of an exponential histogram and its largest scale, by the specification's
/// defaults.
const MAX_SIZE: u32 = 160;
const MAX_SCALE: i8 = 20;

/// The boundaries of a histogram for which neither a view nor the instrument has any
/// ([specification](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#explicit-bucket-histogram-aggregation)).
const DEFAULT_BOUNDARIES: [f64; 15] = [
    0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0,
    10_000.0,
];

/// The instrument that passes on what handles have kept. A view that drops it would drop them.
pub(super) const HANDLES: &str = "floe.telemetry.handles";

/// The views of a configuration.
#[derive(Clone, Debug, Default)]
pub(super) struct Views(Arc<MetricsConfig>);

/// What views select an instrument by.
struct Selected<'a> {
    name: &'a str,
    unit: &'a str,
    meter: &'a str,
    kind: InstrumentKind,
}

impl Views {
    pub(super) fn new(config: &MetricsConfig) -> Self {
        Self(Arc::new(config.clone()))
    }

    /// Adds the views to a meter provider.
    pub(super) fn apply(&self, builder: MeterProviderBuilder) -> MeterProviderBuilder {
        let views = self.clone();
        builder.with_view(move |instrument: &Instrument| views.stream(instrument))
    }

    /// The first view that applies.
    fn find(&self, instrument: &Selected<'_>) -> Option<&MetricView> {
        let mut views = self.0.views.iter();
        views.find(|view| instrument.is_selected_by(view))
    }

    /// The exemplars of an instrument that advises these boundaries.
    pub(super) fn shape(
        &self,
        scope: &InstrumentationScope,
        name: &str,
        unit: &str,
        kind: InstrumentKind,
        boundaries: Option<&[f64]>,
    ) -> Shape {
        let view = self.find(&Selected {
            name,
            unit,
            meter: scope.name(),
            kind,
        });
        let renamed = view.and_then(|view| view.name.clone());
        let keys = view.and_then(|view| view.attributes.clone());
        let aggregation = match kind {
            InstrumentKind::Histogram => self.histogram(view),
            _ => Some(Aggregation::Default),
        };
        let bounds = match aggregation {
            Some(Aggregation::ExplicitBucketHistogram { boundaries, .. }) => boundaries,
            Some(_) => Vec::new(),
            None => boundaries.unwrap_or(&DEFAULT_BOUNDARIES).to_vec(),
        };
        Shape {
            name: renamed.unwrap_or_else(|| name.to_owned()),
            bounds,
            kept: keys.map(|keys| keys.into_iter().map(Key::from).collect()),
            limit: self.limit(view),
            filter: self.0.exemplar_filter,
        }
    }

    fn limit(&self, view: Option<&MetricView>) -> usize {
        let limit = view.and_then(|view| view.cardinality_limit);
        limit.unwrap_or(self.0.cardinality_limit)
    }

    fn stream(&self, instrument: &Instrument) -> Option<Stream> {
        if instrument.name() == HANDLES {
            return None;
        }
        let view = self.find(&Selected {
            name: instrument.name(),
            unit: instrument.unit(),
            meter: instrument.scope().name(),
            kind: instrument.kind(),
        });
        let mut builder = Stream::builder().with_cardinality_limit(self.limit(view));
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
            _ if instrument.kind() == InstrumentKind::Histogram => self.histogram(view),
            _ => None,
        };
        if let Some(aggregation) = aggregation {
            builder = builder.with_aggregation(aggregation);
        }
        builder.build().ok()
    }

    /// The aggregation of a histogram; `None` keeps the boundaries that the instrument advises.
    fn histogram(&self, view: Option<&MetricView>) -> Option<Aggregation> {
        let boundaries = view.and_then(|view| view.boundaries.clone());
        let kind = view.and_then(|view| view.histogram);
        match (boundaries, kind.unwrap_or(self.0.histograms)) {
            (Some(boundaries), _) => Some(Aggregation::ExplicitBucketHistogram {
                boundaries,
                record_min_max: true,
            }),
            (None, HistogramKind::Exponential) => Some(Aggregation::Base2ExponentialHistogram {
                max_size: MAX_SIZE,
                max_scale: MAX_SCALE,
                record_min_max: true,
            }),
            (None, _) => None,
        }
    }
}

impl Selected<'_> {
    fn is_selected_by(&self, view: &MetricView) -> bool {
        let is = |selected: &Option<String>, found: &str| {
            selected.as_ref().is_none_or(|selected| selected == found)
        };
        matches(&view.metric, self.name)
            && is(&view.unit, self.unit)
            && is(&view.meter_name, self.meter)
            && view
                .instrument_type
                .is_none_or(|kind| self.kind == kind.into())
    }
}
