//! The series that a thread records often. Each is known by what a caller says, and is bound: neither
//! redaction nor OpenTelemetry has to look at its attributes again.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{Hash as _, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::metrics::{BoundCounter, BoundGauge, BoundHistogram};
use opentelemetry::{KeyValue, Value};
use rustc_hash::{FxBuildHasher, FxHasher};

use super::instruments::{Instrument, Kind, Measurement};
use super::metric::Metric;

/// Series that a thread knows. Who has more of them begins anew.
const MAX_SERIES: usize = 1024;

/// As often as this, a series is recorded before it is bound. What is bound is not forgotten by
/// OpenTelemetry, also where it forgets between two exports what was not recorded, so that attributes
/// that come once and never again must not be.
const OFTEN: u32 = 16;

/// After so many measurements a series is bound anew: one that was bound while OpenTelemetry had no room
/// for it goes with all others that had none, as long as it is bound.
const RENEWED: u32 = 4096;

/// The number of a recorder that has none yet.
pub(super) fn next_recorder() -> u64 {
    static RECORDERS: AtomicU64 = AtomicU64::new(0);

    RECORDERS.fetch_add(1, Ordering::Relaxed)
}

/// What a caller says, but the value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    /// The number of the recorder.
    pub(super) recorder: u64,
    pub(super) metric: Metric<'a>,
    pub(super) kind: Kind,
    pub(super) attributes: &'a [KeyValue],
}

impl Said<'_> {
    fn hash(&self) -> u64 {
        let mut hasher = FxHasher::default();
        hasher.write_u64(self.recorder);
        self.metric.name.hash(&mut hasher);
        self.metric.unit.hash(&mut hasher);
        self.attributes.hash(&mut hasher);
        hasher.finish()
    }
}

/// The same, and what it was bound to.
#[derive(Debug)]
struct Series {
    recorder: u64,
    name: String,
    unit: String,
    kind: Kind,
    attributes: Box<[KeyValue]>,
    recorded: u32,
    bound: Option<Bound>,
    /// Measurements since it was bound.
    used: Cell<u32>,
}

#[derive(Debug)]
enum Bound {
    Counter(BoundCounter<u64>),
    Gauge(BoundGauge<f64>),
    Histogram(BoundHistogram<f64>),
}

impl Series {
    fn new(said: &Said<'_>) -> Self {
        Self {
            recorder: said.recorder,
            name: said.metric.name.to_owned(),
            unit: said.metric.unit.to_owned(),
            kind: said.kind,
            attributes: said.attributes.into(),
            recorded: 0,
            bound: None,
            used: Cell::new(0),
        }
    }

    fn is(&self, said: &Said<'_>) -> bool {
        self.recorder == said.recorder
            && self.kind == said.kind
            && same(&self.name, said.metric.name)
            && same(&self.unit, said.metric.unit)
            && self.attributes.len() == said.attributes.len()
            && (self.attributes.iter().zip(said.attributes)).all(|(a, b)| same_attribute(a, b))
    }
}

fn same_attribute(a: &KeyValue, b: &KeyValue) -> bool {
    let values = match (&a.value, &b.value) {
        (Value::String(a), Value::String(b)) => same(a.as_str(), b.as_str()),
        (a, b) => a == b,
    };
    values && same(a.key.as_str(), b.key.as_str())
}

/// Whether two texts are equal. There are six of them in a measurement with two labels, and nearly all are
/// short: a call of the C library for each would be half of what the measurement costs.
fn same(a: &str, b: &str) -> bool {
    const WORD: usize = 8;

    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    match (a.last_chunk::<WORD>(), b.last_chunk::<WORD>()) {
        (Some(last_of_a), Some(last_of_b)) => {
            let (words_of_a, _) = a.as_chunks::<WORD>();
            let (words_of_b, _) = b.as_chunks::<WORD>();
            words_of_a.iter().zip(words_of_b).all(|(a, b)| a == b) && last_of_a == last_of_b
        }
        _ => a.iter().zip(b).all(|(a, b)| a == b),
    }
}

#[derive(Debug, Default)]
struct Known {
    /// The number of the provider that they are of.
    generation: u64,
    /// By the hash of what is said. Two that have the same are not both known.
    series: HashMap<u64, Series, FxBuildHasher>,
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// Records what belongs to a series that is bound, and says whether it did.
pub(super) fn record(generation: u64, said: &Said<'_>, measurement: Measurement) -> bool {
    let recorded = KNOWN.try_with(|known| {
        let known = known.try_borrow().ok()?;
        if known.generation != generation {
            return None;
        }
        let series = known.series.get(&said.hash())?;
        let bound = series.bound.as_ref().filter(|_| series.is(said))?;
        let used = series.used.get();
        if used >= RENEWED {
            return None;
        }
        series.used.set(used + 1);
        match (bound, measurement) {
            (Bound::Counter(counter), Measurement::Count(value)) => counter.add(value),
            (Bound::Gauge(gauge), Measurement::Gauge(value)) => gauge.record(value),
            (Bound::Histogram(histogram), Measurement::Distribution(value)) => {
                histogram.record(value);
            }
            _ => return None,
        }
        Some(())
    });
    matches!(recorded, Ok(Some(())))
}

/// Remembers a series that was recorded by its instrument, and binds it if that is often.
pub(super) fn remember(generation: u64, said: &Said<'_>, instrument: &Instrument) {
    let _ = KNOWN.try_with(|known| {
        let Ok(mut known) = known.try_borrow_mut() else {
            return;
        };
        let hash = said.hash();
        let is_full = known.series.len() >= MAX_SERIES && !known.series.contains_key(&hash);
        if known.generation != generation || is_full {
            known.generation = generation;
            known.series.clear();
        }
        let series = known.series.entry(hash);
        let series = series.or_insert_with(|| Series::new(said));
        if !series.is(said) {
            return;
        }
        series.recorded = series.recorded.saturating_add(1);
        if series.recorded >= OFTEN {
            series.bound = bind(instrument, said.attributes);
            series.used.set(0);
        }
    });
}

fn bind(instrument: &Instrument, attributes: &[KeyValue]) -> Option<Bound> {
    match instrument {
        Instrument::Counter(counter) => Some(Bound::Counter(counter.bind(attributes))),
        Instrument::Gauge(gauge) => Some(Bound::Gauge(gauge.bind(attributes))),
        Instrument::Histogram(histogram) => Some(Bound::Histogram(histogram.bind(attributes))),
        Instrument::Refused => None,
    }
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn texts_are_the_same_if_each_byte_is() {
        let text = "a text that is as long as three words";
        for end in 0..=text.len() {
            let one = &text[..end];
            let copy = one.to_owned();
            assert!(same(one, &copy), "{one}");
            assert!(!same(one, &format!("{one}!")), "{one}");
            for at in 0..end {
                let mut other = one.to_owned();
                other.replace_range(at..=at, "#");
                assert!(!same(one, &other), "{one} {other}");
            }
        }
    }
}
