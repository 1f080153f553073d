//! Exemplars: measurements with the span that was current at the time
//! ([specification](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#exemplar)).
//!
//! OpenTelemetry's SDK records no exemplars, and its collected data is read-only. So exemplars are stored here, and
//! exporters add them to requests ([`collect_exemplars`]). Each series, and each bucket of a histogram with fixed
//! boundaries, keeps only the first measurement in a sampled span after a collection. So most measurements of a
//! [bound](BoundExemplars) series only read one number, and need neither the clock nor a lock.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::SystemTime;

use floe_telemetry_core::__sdk::metrics::Current;
use opentelemetry::{InstrumentationScope, KeyValue, SpanId, TraceId};
use rustc_hash::FxBuildHasher;

use crate::clock::wall_now;
use crate::config::metrics::CARDINALITY_LIMIT;
use crate::keys;
use crate::lock::lock;

/// The maximum number of instruments with exemplars. Only a program that generates their names at run time exceeds it.
const MAX_INSTRUMENTS: usize = 4096;

/// After this number of measurements without a sampled span, a bound series looks for a span only in one of [`TURNS`]
/// measurements, because the look-up takes longer than the measurement.
const MAX_VAIN: u32 = 256;

/// The interval of these look-ups. It is prime, so that they hit different measurements of a repeated sequence.
const TURNS: u32 = 17;

/// A measurement, and the sampled span that was current
/// ([data model](https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exemplars)).
#[derive(Clone, Debug)]
pub struct Exemplar {
    /// The ids of the span.
    pub ids: (TraceId, SpanId),
    /// The measured value.
    pub value: f64,
    /// The time of the measurement.
    pub time: SystemTime,
}

/// The exemplars of one instrument. The key of a series is its attributes, in the order given by the program.
#[derive(Debug)]
pub struct Exemplars {
    bounds: Arc<[f64]>,
    series: Mutex<HashMap<Box<[KeyValue]>, Arc<Series>, FxBuildHasher>>,
}

#[derive(Debug)]
struct Series {
    /// The upper bounds of the buckets of a histogram with fixed bounds, otherwise empty.
    bounds: Arc<[f64]>,
    /// The bits of all buckets: one bit per bucket, and one bit for all buckets from the 64th on.
    all: u64,
    /// The bits of the buckets without an exemplar since the last collection.
    wanted: AtomicU64,
    /// Each exemplar, with the index of its bucket.
    exemplars: Mutex<Vec<(usize, Exemplar)>>,
    /// The number of measurements since the last one in a sampled span, counted while a bucket needs an exemplar.
    /// Simultaneous measurements may be counted as one.
    vain: AtomicU32,
}

/// The exemplars of one series, found once for many measurements with the same attributes.
#[derive(Debug)]
pub struct BoundExemplars(Arc<Series>);

type Instruments = HashMap<(InstrumentationScope, String), Arc<Exemplars>>;

/// The instruments of the current provider, by their scope and exported name.
static INSTRUMENTS: LazyLock<Mutex<Instruments>> = LazyLock::new(Mutex::default);

impl Exemplars {
    /// Removes the instruments of an earlier provider.
    pub fn clear() {
        lock(&INSTRUMENTS).clear();
    }

    /// Returns the exemplars of an instrument whose metrics have these names; `None` if there are too many instruments.
    pub fn of_instrument<'a>(
        scope: &InstrumentationScope,
        names: impl IntoIterator<Item = Cow<'a, str>>,
        bounds: &[f64],
    ) -> Option<Arc<Self>> {
        let mut instruments = lock(&INSTRUMENTS);
        let mut found = None;
        for name in names {
            let key = (scope.clone(), name.into_owned());
            if instruments.len() >= MAX_INSTRUMENTS && !instruments.contains_key(&key) {
                return found;
            }
            let of_name = instruments.entry(key).or_insert_with(|| {
                let new = || Arc::new(Self { bounds: bounds.into(), series: Mutex::default() });
                found.clone().unwrap_or_else(new)
            });
            found.get_or_insert_with(|| Arc::clone(of_name));
        }
        found
    }

    /// Stores a measurement as an exemplar if a sampled span is current and the series with these attributes needs one.
    pub fn measure(&self, value: f64, attributes: &[KeyValue]) {
        let Some(ids) = Current::sampled_span() else {
            return;
        };
        // If another thread holds the lock, this measurement is left out rather than delayed.
        let Ok(mut all) = self.series.try_lock() else {
            return;
        };
        let series = self.find(&mut all, attributes);
        drop(all);
        series.offer(value, || Some((ids, wall_now())));
    }

    /// Returns the exemplars of the series with these attributes.
    pub fn bind(&self, attributes: &[KeyValue]) -> BoundExemplars {
        BoundExemplars(self.find(&mut lock(&self.series), attributes))
    }

    /// Returns the series with these attributes, or the overflow series if there are too many.
    fn find(
        &self,
        all: &mut HashMap<Box<[KeyValue]>, Arc<Series>, FxBuildHasher>,
        attributes: &[KeyValue],
    ) -> Arc<Series> {
        if let Some(series) = all.get(attributes) {
            return Arc::clone(series);
        }
        let overflow = [KeyValue::new(keys::METRIC_OVERFLOW, true)];
        let key = if all.len() < CARDINALITY_LIMIT { attributes } else { &overflow };
        Arc::clone(
            all.entry(key.into())
                .or_insert_with(|| Arc::new(Series::new(Arc::clone(&self.bounds)))),
        )
    }
}

impl Series {
    fn new(bounds: Arc<[f64]>) -> Self {
        let buckets = bounds.len() + 1;
        let all = 1_u64
            .checked_shl(u32::try_from(buckets).unwrap_or(u32::MAX))
            .map_or(u64::MAX, |next| next - 1);
        Self {
            bounds,
            all,
            wanted: AtomicU64::new(all),
            exemplars: Mutex::default(),
            vain: AtomicU32::new(0),
        }
    }

    /// Whether this measurement must look for a sampled span.
    fn is_turn(&self) -> bool {
        if self.wanted.load(Ordering::Relaxed) == 0 {
            return false;
        }
        let vain = self.vain.load(Ordering::Relaxed);
        let is_turn = vain < MAX_VAIN || vain.is_multiple_of(TURNS);
        if !is_turn {
            self.vain.store(vain.wrapping_add(1), Ordering::Relaxed);
        }
        is_turn
    }

    /// Stores a measurement if its bucket has had no exemplar since the last collection, and `describe` returns a span.
    fn offer(
        &self,
        value: f64,
        describe: impl FnOnce() -> Option<((TraceId, SpanId), SystemTime)>,
    ) {
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        let bit = 1 << bucket.min(63);
        if self.wanted.load(Ordering::Relaxed) & bit == 0 {
            return;
        }
        let Some((ids, time)) = describe() else {
            return;
        };
        let Ok(mut exemplars) = self.exemplars.try_lock() else {
            return;
        };
        let exemplar = Exemplar { ids, value, time };
        match exemplars.iter_mut().find(|(of, _)| *of == bucket) {
            Some((_, earlier)) => *earlier = exemplar,
            None => exemplars.push((bucket, exemplar)),
        }
        self.wanted.fetch_and(!bit, Ordering::Relaxed);
    }
}

impl BoundExemplars {
    /// Stores a measurement as an exemplar if a sampled span is current and the value's bucket needs one.
    pub fn measure(&self, value: f64) {
        if self.0.is_turn() {
            self.look(value);
        }
    }

    #[cold]
    fn look(&self, value: f64) {
        self.0.offer(value, || {
            let ids = Current::sampled_span();
            let vain = self.0.vain.load(Ordering::Relaxed).wrapping_add(1);
            self.0.vain.store(if ids.is_some() { 0 } else { vain }, Ordering::Relaxed);
            Some((ids?, wall_now()))
        });
    }

    pub(super) fn measure_span(
        &self,
        value: f64,
        ids: Option<(TraceId, SpanId)>,
        time: impl FnOnce() -> SystemTime,
    ) {
        self.0.offer(value, || Some((ids?, time())));
    }
}

/// The exemplars of one metric, for the export of its data points, see [`collect_exemplars`].
#[derive(Debug)]
pub struct CollectedExemplars(HashMap<Vec<KeyValue>, Vec<Arc<Series>>>);

/// Returns the exemplars of a metric, which an exporter can add to the metric; `None` if none are recorded for it.
///
/// OpenTelemetry's SDK collects metrics without exemplars. This crate keeps one exemplar for each series, or for each
/// bucket of a histogram with fixed boundaries. After [`of_point`](CollectedExemplars::of_point) has returned the
/// exemplars of a series, the series records new ones.
///
/// ```
/// use floe_telemetry::metrics::collect_exemplars;
/// use opentelemetry_sdk::metrics::data::{Metric, ScopeMetrics};
///
/// fn traces_of(scope: &ScopeMetrics, metric: &Metric) {
///     let Some(exemplars) = collect_exemplars(scope.scope(), metric.name()) else { return };
///     // for each data point: exemplars.of_point(point.attributes(), None)
/// #   drop(exemplars);
/// }
/// ```
pub fn collect_exemplars(scope: &InstrumentationScope, name: &str) -> Option<CollectedExemplars> {
    let key = (scope.clone(), name.to_owned());
    let instrument = lock(&INSTRUMENTS).get(&key).cloned()?;
    let mut of_attributes = HashMap::<_, Vec<_>>::new();
    for (attributes, series) in &*lock(&instrument.series) {
        let same = of_attributes.entry(sorted(attributes.iter())).or_default();
        same.push(Arc::clone(series));
    }
    Some(CollectedExemplars(of_attributes))
}

impl CollectedExemplars {
    /// Returns the exemplars of the data point with these attributes that were measured since `start`.
    pub fn of_point<'a>(
        &self,
        attributes: impl Iterator<Item = &'a KeyValue>,
        start: Option<SystemTime>,
    ) -> Vec<Exemplar> {
        let mut exemplars = HashMap::new();
        for series in self.0.get(&sorted(attributes)).into_iter().flatten() {
            let stored = lock(&series.exemplars);
            series.wanted.store(series.all, Ordering::Relaxed);
            for (bucket, exemplar) in &*stored {
                if start.is_none_or(|start| exemplar.time >= start) {
                    exemplars.entry(*bucket).or_insert_with(|| exemplar.clone());
                }
            }
        }
        exemplars.into_values().collect()
    }
}

fn sorted<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> Vec<KeyValue> {
    let mut sorted: Vec<KeyValue> = Vec::new();
    for attribute in attributes {
        let at = sorted.partition_point(|other| other.key <= attribute.key);
        sorted.insert(at, attribute.clone());
    }
    sorted
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceState};
    use opentelemetry::{Context, TraceFlags};

    use super::*;
    use crate::recorder::context;

    fn exemplars() -> Arc<Exemplars> {
        Arc::new(Exemplars { bounds: [1.0, 2.0].into(), series: Mutex::default() })
    }

    #[test]
    fn a_rare_bucket_gets_an_exemplar_after_many_measurements_in_another() {
        let bound = exemplars().bind(&[]);
        let ids = (TraceId::from(1), SpanId::from(1));
        let flags = TraceFlags::SAMPLED;
        let span = SpanContext::new(ids.0, ids.1, flags, true, TraceState::NONE);
        context::within(&Context::new().with_remote_span_context(span), || {
            (0..=MAX_VAIN).for_each(|_| bound.measure(0.5));
            bound.measure(99.0);
        });
        let stored = lock(&bound.0.exemplars);
        let values: Vec<_> = stored.iter().map(|(_, exemplar)| exemplar.value).collect();
        assert_eq!(values, [0.5, 99.0]);
    }

    #[test]
    fn a_bucket_keeps_its_first_measurement_until_it_is_collected() {
        let bound = exemplars().bind(&[]);
        let measure = |value: f64| {
            let ids = (TraceId::from(1), SpanId::from(1));
            bound.measure_span(value, Some(ids), wall_now);
        };
        [0.5, 1.0, 1.5, 99.0].into_iter().for_each(measure);
        let values = || {
            let stored = lock(&bound.0.exemplars);
            let values = stored.iter().map(|(_, exemplar)| exemplar.value);
            values.collect::<Vec<_>>()
        };
        assert_eq!(values(), [0.5, 1.5, 99.0]);
        bound.0.wanted.store(bound.0.all, Ordering::Relaxed);
        measure(1.0);
        assert_eq!(values(), [1.0, 1.5, 99.0]);
    }

    #[test]
    fn series_over_the_limit_share_the_overflow() {
        let exemplars = exemplars();
        for shop in 0..2100 {
            let _ = exemplars.bind(&[KeyValue::new("shop", shop)]);
        }
        let all = lock(&exemplars.series);
        assert_eq!(all.len(), 2001);
        assert!(all.contains_key(&[KeyValue::new(keys::METRIC_OVERFLOW, true)][..]));
    }
}
