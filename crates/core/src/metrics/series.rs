//! A per-thread cache of often recorded series, as bound instruments: neither redaction nor the SDK has to process
//! their attributes again.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{Hash as _, Hasher as _};
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::metrics::{BoundCounter, BoundGauge, BoundHistogram, BoundUpDownCounter};
use opentelemetry::{KeyValue, Value};
use rustc_hash::{FxBuildHasher, FxHasher};

use super::instruments::{Instrument, Kind, Measurement};
use super::metric::Metric;
use crate::recorder::key_value_bytes;

/// The maximum number of series in a thread's cache. The cache is cleared when it is full.
const MAX_SERIES: usize = 1024;

/// The maximum size of the attributes in a thread's cache.
const MAX_BYTES: usize = 1024 * 1024;

/// Measurements of a series before it is bound. The SDK never evicts a bound series, even with delta temporality, so
/// unique attributes must not be bound.
const BIND_AFTER: u32 = 16;

/// Measurements of a bound series before it is bound again. A series that was bound while the
/// cardinality limit was exhausted records into the overflow series for as long as it is bound.
const REBIND_AFTER: u32 = 4096;

/// Returns a process-wide unique id for a recorder.
pub(super) fn next_recorder_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);

    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Identifies a series: all parts of a measurement except its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeriesKey<'a> {
    /// The id of the recorder.
    pub(super) recorder: u64,
    pub(super) metric: Metric<'a>,
    pub(super) kind: Kind,
    pub(super) attributes: &'a [KeyValue],
}

impl SeriesKey<'_> {
    fn hash(&self) -> u64 {
        let mut hasher = FxHasher::default();
        hasher.write_u64(self.recorder);
        self.metric.name.hash(&mut hasher);
        self.metric.unit.hash(&mut hasher);
        for attribute in self.attributes {
            let key = attribute.key.as_str().as_bytes();
            // The keys of a metric are the same in most series, so little of them is enough.
            let ends = [key.first(), key.get(key.len() / 2), key.last()];
            let ends = ends.map(|byte| byte.copied().unwrap_or_default());
            hasher.write_usize(key.len());
            hasher.write_u32(u32::from_le_bytes([ends[0], ends[1], ends[2], 0]));
            match &attribute.value {
                Value::String(text) => text.as_str().hash(&mut hasher),
                Value::I64(number) => hasher.write_i64(*number),
                _ => attribute.hash(&mut hasher),
            }
        }
        hasher.finish()
    }
}

/// A cached series, with its bound instrument if it is recorded often.
#[derive(Debug)]
struct Series {
    recorder: u64,
    name: String,
    unit: String,
    kind: Kind,
    attributes: Box<[KeyValue]>,
    recorded: u32,
    bound: Option<Bound>,
    /// Measurements since the series was bound.
    used: Cell<u32>,
}

/// A series that is looked up.
#[derive(Debug)]
pub(super) enum Bound {
    Counter(BoundCounter<u64>),
    UpDownCounter(BoundUpDownCounter<i64>),
    Gauge(BoundGauge<f64>),
    Histogram(BoundHistogram<f64>),
}

impl Bound {
    /// Records a measurement of the instrument's kind; ignores others.
    #[inline]
    pub(super) fn record(&self, measurement: Measurement) {
        match (self, measurement) {
            (Self::Counter(counter), Measurement::Count(value)) => counter.add(value),
            (Self::UpDownCounter(counter), Measurement::Change(value)) => counter.add(value),
            (Self::Gauge(gauge), Measurement::Gauge(value)) => gauge.record(value),
            (Self::Histogram(histogram), Measurement::Distribution(value)) => {
                histogram.record(value);
            }
            _ => {}
        }
    }
}

impl Series {
    fn new(key: &SeriesKey<'_>) -> Self {
        Self {
            recorder: key.recorder,
            name: key.metric.name.to_owned(),
            unit: key.metric.unit.to_owned(),
            kind: key.kind,
            attributes: key.attributes.into(),
            recorded: 0,
            bound: None,
            used: Cell::new(0),
        }
    }

    fn has_key(&self, key: &SeriesKey<'_>) -> bool {
        self.recorder == key.recorder
            && self.kind == key.kind
            && same(&self.name, key.metric.name)
            && same(&self.unit, key.metric.unit)
            && self.attributes.len() == key.attributes.len()
            && (self.attributes.iter().zip(key.attributes)).all(|(a, b)| same_attribute(a, b))
    }
}

fn same_attribute(a: &KeyValue, b: &KeyValue) -> bool {
    let values = match (&a.value, &b.value) {
        (Value::String(a), Value::String(b)) => same(a.as_str(), b.as_str()),
        (a, b) => a == b,
    };
    values && same(a.key.as_str(), b.key.as_str())
}

/// Compares two strings a word at a time: a measurement with two attributes compares six mostly short
/// strings, for which calls of `memcmp` are slower.
fn same(a: &str, b: &str) -> bool {
    const WORD: usize = 8;

    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    // The same constant.
    if ptr::eq(a, b) {
        return true;
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
struct Cache {
    /// The generation of the provider that the series belong to.
    generation: u64,
    /// The series by the hash of their keys. Of two series with the same hash, only the first is cached.
    series: HashMap<u64, Series, FxBuildHasher>,
    /// The size of the attributes, in bytes.
    bytes: usize,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}

/// Records a measurement if its series is bound, and returns whether it did.
pub(super) fn record(generation: u64, key: &SeriesKey<'_>, measurement: Measurement) -> bool {
    let recorded = CACHE.try_with(|cache| {
        let cache = cache.try_borrow().ok()?;
        if cache.generation != generation {
            return None;
        }
        let series = cache.series.get(&key.hash())?;
        let bound = series.bound.as_ref().filter(|_| series.has_key(key))?;
        let used = series.used.get();
        if used >= REBIND_AFTER {
            return None;
        }
        series.used.set(used + 1);
        bound.record(measurement);
        Some(())
    });
    matches!(recorded, Ok(Some(())))
}

/// Counts a measurement that was recorded through its instrument, and binds the series after
/// [`BIND_AFTER`] of them.
pub(super) fn count(generation: u64, key: &SeriesKey<'_>, instrument: &Instrument) {
    let _ = CACHE.try_with(|cache| {
        let Ok(mut cache) = cache.try_borrow_mut() else {
            return;
        };
        let hash = key.hash();
        let is_new = !cache.series.contains_key(&hash);
        let is_full = cache.series.len() >= MAX_SERIES || cache.bytes >= MAX_BYTES;
        if cache.generation != generation || (is_new && is_full) {
            cache.generation = generation;
            cache.series.clear();
            cache.bytes = 0;
        }
        if is_new {
            cache.bytes += key_value_bytes(key.attributes);
        }
        let series = cache.series.entry(hash);
        let series = series.or_insert_with(|| Series::new(key));
        if !series.has_key(key) {
            return;
        }
        series.recorded = series.recorded.saturating_add(1);
        if series.recorded >= BIND_AFTER {
            series.bound = bind(instrument, key.attributes);
            series.used.set(0);
        }
    });
}

/// Looks a series up; `None` if its metric is invalid.
pub(super) fn bind(instrument: &Instrument, attributes: &[KeyValue]) -> Option<Bound> {
    match instrument {
        Instrument::Counter(counter) => Some(Bound::Counter(counter.bind(attributes))),
        Instrument::UpDownCounter(counter) => Some(Bound::UpDownCounter(counter.bind(attributes))),
        Instrument::Gauge(gauge) => Some(Bound::Gauge(gauge.bind(attributes))),
        Instrument::Histogram(histogram) => Some(Bound::Histogram(histogram.bind(attributes))),
        Instrument::Invalid => None,
    }
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn strings_are_equal_exactly_if_every_byte_is() {
        let text = "a string that is longer than four words";
        for end in 0..=text.len() {
            let left = &text[..end];
            let copy = left.to_owned();
            assert!(same(left, &copy), "{left}");
            assert!(!same(left, &format!("{left}!")), "{left}");
            for at in 0..end {
                let mut right = left.to_owned();
                right.replace_range(at..=at, "#");
                assert!(!same(left, &right), "{left} {right}");
            }
        }
    }
}
