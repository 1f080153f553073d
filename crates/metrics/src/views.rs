//! How the measurements of an instrument become series: its aggregation, attribute keys and cardinality limit.
//!
//! Each view that selects an instrument makes a metric of it. The SDK asks for them while it builds the instrument, and
//! filters attributes by a set of keys; views with patterns are for instruments of their own (`filtered`).

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use opentelemetry::{InstrumentationScope, Key};
use opentelemetry_sdk::metrics::{
    Aggregation, Instrument, InstrumentKind, MeterProviderBuilder, Stream,
};

use crate::collector::Shape;
use crate::config::{HistogramKind, KeyFilter, MetricAggregation, MetricView, MetricsConfig};
use crate::internal_log::internal_log;
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

thread_local! {
    /// The only view of the instrument that this thread builds, if it is one with patterns of keys.
    static ONLY: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The views of a configuration.
#[derive(Clone, Debug, Default)]
pub(super) struct Views(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    config: MetricsConfig,
    /// Whether a view has a warning already.
    warned: Box<[AtomicBool]>,
    /// The first instrument whose metric has the name of a view. Those of others would be added to it.
    renamed: Box<[OnceLock<String>]>,
}

/// What views select an instrument by.
#[derive(Clone, Copy)]
pub(super) struct Selected<'a> {
    pub(super) name: &'a str,
    pub(super) unit: &'a str,
    pub(super) scope: &'a InstrumentationScope,
    pub(super) kind: InstrumentKind,
}

impl Views {
    pub(super) fn new(config: &MetricsConfig) -> Self {
        Self(Arc::new(Inner {
            config: config.clone(),
            warned: config.views.iter().map(|_| AtomicBool::default()).collect(),
            renamed: config.views.iter().map(|_| OnceLock::new()).collect(),
        }))
    }

    /// Adds the views to a meter provider.
    pub(super) fn apply(&self, mut builder: MeterProviderBuilder) -> MeterProviderBuilder {
        for at in 0..self.0.config.views.len() {
            let views = self.clone();
            builder =
                builder.with_view(move |instrument: &Instrument| views.stream(at, instrument));
        }
        let views = self.clone();
        builder.with_view(move |instrument: &Instrument| views.other(instrument))
    }

    /// The views that an instrument needs one of its own for, with their filters, and whether it needs one besides. The
    /// SDK would take two of one name, kind and unit for the same.
    pub(super) fn filtered(&self, instrument: Selected<'_>) -> (Vec<(usize, KeyFilter)>, bool) {
        let views = self.selecting(instrument);
        let filters = views.iter().map(|(at, view)| Some((*at, filter_of_ours(view)?)));
        let filtered: Vec<_> = filters.flatten().collect();
        let is_other = |view: &MetricView| !view.drop && filter_of_ours(view).is_none();
        let needs_other = views.is_empty() || views.iter().any(|(_, view)| is_other(view));
        (filtered, needs_other)
    }

    /// Builds an instrument that has only this view.
    pub(super) fn only<I>(at: usize, build: impl FnOnce() -> I) -> I {
        ONLY.set(Some(at));
        let instrument = build();
        ONLY.set(None);
        instrument
    }

    /// The views that select an instrument, without those that contradict an earlier one.
    fn selecting(&self, instrument: Selected<'_>) -> Vec<(usize, &MetricView)> {
        let mut selecting = Vec::<(usize, &MetricView)>::new();
        for (at, view) in self.0.config.views.iter().enumerate() {
            if !instrument.is_selected_by(view) {
                continue;
            }
            if let Some(aggregation) = view.aggregation.filter(|it| !it.suits(instrument.kind)) {
                self.warn(at, || {
                    let (name, kind) = (instrument.name, instrument.kind);
                    format!(
                        "`{name}`: expected an aggregation that a {kind:?} can have, found {aggregation:?}"
                    )
                });
                continue;
            }
            let same = selecting.iter().find(|(_, other)| is_same_metric(other, view, instrument));
            if let Some((other, _)) = same {
                self.warn(at, || {
                    let name = view.name.as_deref().unwrap_or(instrument.name);
                    format!("`{name}`: expected another `name` than metrics.views.{other} makes of `{}`", instrument.name)
                });
                continue;
            }
            if let Some(name) = view.name.as_ref().filter(|_| !view.drop) {
                let first = self.0.renamed[at].get_or_init(|| instrument.name.to_owned());
                if !first.eq_ignore_ascii_case(instrument.name) {
                    self.warn(at, || {
                        let found = instrument.name;
                        format!("`{found}`: expected another `name` than `{name}`, which is that of `{first}`")
                    });
                    continue;
                }
            }
            selecting.push((at, view));
        }
        selecting
    }

    /// Warns of a view once.
    fn warn(&self, at: usize, reason: impl FnOnce() -> String) {
        if !self.0.warned[at].swap(true, Ordering::Relaxed) {
            let (place, reason) = (format!("metrics.views.{at}"), reason());
            internal_log!(
                warn,
                place = &*place,
                reason = &*reason,
                "a view is not applied to a metric"
            );
        }
    }

    /// The exemplars of the metrics of an instrument that advises these boundaries.
    pub(super) fn shapes(
        &self,
        instrument: Selected<'_>,
        boundaries: Option<&[f64]>,
    ) -> Vec<Shape> {
        let views = self.selecting(instrument);
        if views.is_empty() {
            return vec![self.shape(None, instrument, boundaries)];
        }
        let kept = views.into_iter().filter(|(_, view)| !view.drop);
        kept.map(|(_, view)| self.shape(Some(view), instrument, boundaries)).collect()
    }

    fn shape(
        &self,
        view: Option<&MetricView>,
        instrument: Selected<'_>,
        boundaries: Option<&[f64]>,
    ) -> Shape {
        let renamed = view.and_then(|view| view.name.clone());
        let is_histogram = instrument.kind == InstrumentKind::Histogram;
        let bounds = match self.aggregation(view, instrument.kind) {
            Some(Aggregation::ExplicitBucketHistogram { boundaries, .. }) => boundaries,
            None if is_histogram => boundaries.unwrap_or(&DEFAULT_BOUNDARIES).to_vec(),
            _ => Vec::new(),
        };
        Shape {
            name: renamed.unwrap_or_else(|| instrument.name.to_owned()),
            bounds,
            kept: view.and_then(KeyFilter::of),
            limit: self.limit(view, instrument.kind),
            filter: self.0.config.exemplar_filter,
        }
    }

    fn limit(&self, view: Option<&MetricView>, kind: InstrumentKind) -> usize {
        let config = &self.0.config;
        let mut kinds = config.cardinality_limits.iter();
        let of_kind = kinds.find(|(it, _)| InstrumentKind::from(**it) == kind);
        let limit = view.and_then(|view| view.cardinality_limit);
        limit.or(of_kind.map(|(_, limit)| *limit)).unwrap_or(config.cardinality_limit)
    }

    /// The stream of a view, if it selects an instrument that is being built.
    fn stream(&self, at: usize, instrument: &Instrument) -> Option<Stream> {
        let views = self.selecting(Selected::from(instrument));
        let (_, view) = views.into_iter().find(|(it, view)| *it == at && !view.drop)?;
        let filter = filter_of_ours(view);
        if ONLY.get().map_or(filter.is_some(), |only| only != at) {
            return None;
        }
        let mut builder =
            Stream::builder().with_cardinality_limit(self.limit(Some(view), instrument.kind()));
        if let Some(filter) = KeyFilter::of(view).filter(|_| filter.is_none()) {
            let keys = filter.keys().unwrap_or_default().iter();
            builder = builder.with_allowed_attribute_keys(keys.cloned().map(Key::from));
        }
        if let Some(name) = &view.name {
            builder = builder.with_name(name.clone());
        }
        if let Some(description) = &view.description {
            builder = builder.with_description(description.clone());
        }
        if let Some(aggregation) = self.aggregation(Some(view), instrument.kind()) {
            builder = builder.with_aggregation(aggregation);
        }
        builder.build().ok()
    }

    /// The stream of an instrument that no view selects, or that all of its views drop.
    fn other(&self, instrument: &Instrument) -> Option<Stream> {
        let views = self.selecting(Selected::from(instrument));
        let is_dropped = !views.is_empty() && views.iter().all(|(_, view)| view.drop);
        let aggregation = if is_dropped {
            Some(Aggregation::Drop)
        } else if views.is_empty() {
            self.aggregation(None, instrument.kind())
        } else {
            return None;
        };
        let limit = self.limit(None, instrument.kind());
        let mut builder = Stream::builder().with_cardinality_limit(limit);
        if let Some(aggregation) = aggregation {
            builder = builder.with_aggregation(aggregation);
        }
        builder.build().ok()
    }

    /// The aggregation of an instrument; `None` for that of its kind, with the boundaries that it advises.
    fn aggregation(&self, view: Option<&MetricView>, kind: InstrumentKind) -> Option<Aggregation> {
        let boundaries = view.and_then(|view| view.boundaries.clone());
        let is_histogram = kind == InstrumentKind::Histogram;
        let record_min_max = view.and_then(|view| view.record_min_max).unwrap_or(true);
        let chosen = view.and_then(|view| view.aggregation).or_else(|| {
            let is_explicit =
                boundaries.is_some() || self.0.config.histograms == HistogramKind::Explicit;
            is_histogram.then_some(if is_explicit {
                MetricAggregation::Explicit
            } else {
                MetricAggregation::Exponential
            })
        });
        match chosen? {
            MetricAggregation::Sum => Some(Aggregation::Sum),
            MetricAggregation::LastValue => Some(Aggregation::LastValue),
            // The SDK has no aggregation with the boundaries of the instrument but without the extremes.
            MetricAggregation::Explicit
                if boundaries.is_none() && is_histogram && record_min_max =>
            {
                None
            }
            MetricAggregation::Explicit => Some(Aggregation::ExplicitBucketHistogram {
                boundaries: boundaries.unwrap_or_else(|| DEFAULT_BOUNDARIES.to_vec()),
                record_min_max,
            }),
            _ => Some(Aggregation::Base2ExponentialHistogram {
                max_size: view.and_then(|view| view.max_size).unwrap_or(MAX_SIZE),
                max_scale: view.and_then(|view| view.max_scale).unwrap_or(MAX_SCALE),
                record_min_max,
            }),
        }
    }
}

/// The filter of a view, unless the SDK has it.
fn filter_of_ours(view: &MetricView) -> Option<KeyFilter> {
    KeyFilter::of(view).filter(|filter| !view.drop && filter.keys().is_none())
}

/// Whether two views would export an instrument under the same name.
fn is_same_metric(one: &MetricView, other: &MetricView, instrument: Selected<'_>) -> bool {
    fn name<'a>(view: &'a MetricView, instrument: Selected<'a>) -> &'a str {
        view.name.as_deref().unwrap_or(instrument.name)
    }
    !one.drop && !other.drop && name(one, instrument).eq_ignore_ascii_case(name(other, instrument))
}

impl<'a> From<&'a Instrument> for Selected<'a> {
    fn from(instrument: &'a Instrument) -> Self {
        Self {
            name: instrument.name(),
            unit: instrument.unit(),
            scope: instrument.scope(),
            kind: instrument.kind(),
        }
    }
}

impl Selected<'_> {
    fn is_selected_by(self, view: &MetricView) -> bool {
        let is = |selected: &Option<String>, found: Option<&str>| {
            selected.as_deref().is_none_or(|selected| Some(selected) == found)
        };
        matches(&view.metric, self.name)
            && is(&view.unit, Some(self.unit))
            && is(&view.meter_name, Some(self.scope.name()))
            && is(&view.meter_version, self.scope.version())
            && is(&view.meter_schema_url, self.scope.schema_url())
            && view.instrument_type.is_none_or(|kind| self.kind == kind.into())
    }
}
