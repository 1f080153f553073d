//! A series that is looked up once for each provider.

use std::cell::Cell;
use std::panic::Location;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use opentelemetry::KeyValue;

use super::pending::Pending;
use crate::metrics::current;
use crate::metrics::measured_span::{aggregating, measured_ids};
use crate::metrics::metric::Metric;
use crate::metrics::recorder::MetricRecorder;
use crate::metrics::series::{Bound, bind};
use crate::recorder;

/// The maximum number of handles that keep measurements. Further ones look their series up as
/// [`MetricRecorder`]'s methods do.
const MAX_HANDLES: usize = 4096;

/// Measurements after a collection of which each may become an exemplar. Of the others, one in [`TURNS`] may: whether a
/// sampled span is current takes longer to find out than a measurement.
const MAX_OFFERED: u32 = 256;

/// A power of two.
const TURNS: u32 = 16;

thread_local! {
    /// The state of a linear congruential generator.
    static TURN: Cell<u32> = const { Cell::new(1) };
}

/// Whether it is the turn of a measurement. Their order in the program does not decide.
#[inline]
fn is_turn() -> bool {
    let turn = TURN.try_with(|turn| {
        let next = turn
            .get()
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        turn.set(next);
        next
    });
    turn.is_ok_and(|turn| turn < u32::MAX / TURNS)
}

/// What a handle records.
#[derive(Clone, Debug)]
struct Definition {
    recorder: &'static MetricRecorder,
    metric: Metric<'static>,
    constant: &'static [(&'static str, &'static str)],
    attributes: Vec<KeyValue>,
    place: &'static Location<'static>,
}

impl Definition {
    fn attributes(&self) -> Vec<KeyValue> {
        let constant = self.constant.iter().copied();
        let constant = constant.map(|(key, value)| KeyValue::new(key, value));
        constant.chain(self.attributes.iter().cloned()).collect()
    }
}

/// A series with its own measurements.
#[derive(Debug)]
pub(super) struct Handle<P: Pending> {
    definition: Definition,
    /// `None` if there are too many handles.
    series: OnceLock<Option<Arc<Series<P>>>>,
}

/// The measurements of a handle, and what aggregates them.
#[derive(Debug)]
struct Series<P: Pending> {
    pending: P,
    /// The generation of the provider that the series is bound to.
    generation: AtomicU64,
    /// The process that bound the series: what its parent kept is the parent's.
    process: AtomicU32,
    /// How many more measurements may all become exemplars.
    offers: AtomicU32,
    /// `None` if the metric cannot be recorded, which has been reported.
    bound: Mutex<Option<Arc<Bound>>>,
}

impl<P: Pending> Handle<P> {
    #[track_caller]
    pub(super) const fn new(recorder: &'static MetricRecorder, metric: Metric<'static>) -> Self {
        Self {
            definition: Definition {
                recorder,
                metric,
                constant: &[],
                attributes: Vec::new(),
                place: Location::caller(),
            },
            series: OnceLock::new(),
        }
    }

    pub(super) const fn set_constant(&mut self, constant: &'static [(&'static str, &'static str)]) {
        self.definition.constant = constant;
    }

    pub(super) fn with(&self, attributes: &[KeyValue]) -> Self {
        let mut definition = self.definition.clone();
        definition.attributes.extend_from_slice(attributes);
        Self {
            definition,
            series: OnceLock::new(),
        }
    }

    #[inline]
    pub(super) fn record(&self, value: P::Value) {
        let generation = current::generation();
        if generation == 0 {
            return;
        }
        match self.series.get() {
            Some(Some(series))
                if series.is_bound_to(generation)
                    && !series.is_offered()
                    && series.pending.keep(value) => {}
            _ => self.record_at_once(generation, value),
        }
    }

    /// Records the first measurement under a provider, an exemplar, and what there was no room for.
    #[cold]
    fn record_at_once(&self, generation: u64, value: P::Value) {
        if current::is_inherited() {
            recorder::say_not_exported();
            return;
        }
        let measurement = P::measurement(value);
        let Some(series) = self.series.get_or_init(register) else {
            let Definition {
                recorder, metric, ..
            } = self.definition;
            return recorder.record(metric, measurement, &self.definition.attributes());
        };
        if !series.is_bound_to(generation) {
            self.bind(series, generation);
        }
        let Some(bound) = series.lock().clone() else {
            return;
        };
        aggregating(|| series.pending.make_room(&|kept| bound.record(kept)));
        bound.record(measurement);
    }

    /// Binds the series to the current provider. What was kept before is the previous one's.
    fn bind(&self, series: &Series<P>, generation: u64) {
        let Definition {
            recorder,
            ref metric,
            place,
            ..
        } = self.definition;
        // Without the series' lock: creating an instrument takes the SDK's, under which handles are drained.
        let found = OnceLock::new();
        recorder.with_instrument(metric, P::KIND, Some(place), |_, instrument| {
            let _ = found.set(bind(instrument, &self.definition.attributes()));
        });
        let found = found.into_inner().flatten().map(Arc::new);
        let previous = {
            let mut bound = series.lock();
            if series.generation.load(Ordering::Relaxed) >= generation {
                return;
            }
            series.pass_on(bound.as_deref());
            series.process.store(recorder::forks(), Ordering::Relaxed);
            series.generation.store(generation, Ordering::Release);
            std::mem::replace(&mut *bound, found)
        };
        // After the lock is released: this may be the last use of a provider.
        drop(previous);
    }
}

impl<P: Pending> Series<P> {
    #[inline]
    fn is_bound_to(&self, generation: u64) -> bool {
        self.generation.load(Ordering::Acquire) == generation && !current::is_inherited()
    }

    /// Whether a measurement may become an exemplar.
    #[inline]
    fn is_offered(&self) -> bool {
        match self.offers.load(Ordering::Relaxed) {
            0 => is_turn() && measured_ids().is_some(),
            offers => {
                // Threads may count one together: more are offered then.
                self.offers.store(offers - 1, Ordering::Relaxed);
                offers == MAX_OFFERED || measured_ids().is_some()
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Bound>>> {
        self.bound.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes on what was kept. Without a bound series, and in a fork, that is nothing.
    fn pass_on(&self, bound: Option<&Bound>) {
        let is_own = self.process.load(Ordering::Relaxed) == recorder::forks();
        let bound = bound.filter(|_| is_own);
        aggregating(|| {
            self.pending.drain(&|measurement| {
                if let Some(bound) = bound {
                    bound.record(measurement);
                }
            });
        });
    }
}

impl<P: Pending> Drop for Series<P> {
    fn drop(&mut self) {
        let bound = self.lock().take();
        self.pass_on(bound.as_deref());
    }
}

trait Drain: Send + Sync {
    fn drain(&self);
}

impl<P: Pending> Drain for Series<P> {
    fn drain(&self) {
        let bound = self.lock().clone();
        self.pass_on(bound.as_deref());
        self.offers.store(MAX_OFFERED, Ordering::Relaxed);
    }
}

static SERIES: Mutex<Vec<Weak<dyn Drain>>> = Mutex::new(Vec::new());

fn all() -> MutexGuard<'static, Vec<Weak<dyn Drain>>> {
    SERIES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A series that [`drain`] finds; `None` if there are too many.
fn register<P: Pending>() -> Option<Arc<Series<P>>> {
    let mut all = all();
    if all.len() == all.capacity() || all.len() >= MAX_HANDLES {
        all.retain(|series| series.strong_count() > 0);
    }
    if all.len() >= MAX_HANDLES {
        return None;
    }
    let series = Arc::new(Series {
        pending: P::default(),
        generation: AtomicU64::new(0),
        process: AtomicU32::new(recorder::forks()),
        offers: AtomicU32::new(MAX_OFFERED),
        bound: Mutex::new(None),
    });
    let weak: Weak<Series<P>> = Arc::downgrade(&series);
    all.push(weak);
    Some(series)
}

/// Passes what all handles have kept to the SDK. It is called before metrics are collected.
pub fn drain() {
    // Without the lock, because a handle that is dropped meanwhile passes on its rest.
    let series: Vec<_> = all().iter().filter_map(Weak::upgrade).collect();
    for series in series {
        series.drain();
    }
}

/// The measurement of a value that is finite.
pub(super) fn finite<P: Pending<Value = f64>>(handle: &Handle<P>, value: f64) {
    if value.is_finite() {
        handle.record(value);
    }
}
