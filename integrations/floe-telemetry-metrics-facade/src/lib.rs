//! The metrics of the [`metrics`] facade as metrics of OpenTelemetry.
//!
//! ```standalone_crate
//! use floe_telemetry_metrics_facade::Recorder;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // After `floe_telemetry::init()`: what is recorded before is not exported.
//! metrics::set_global_recorder(Recorder::default())?;
//!
//! metrics::describe_counter!("orders.imported", "Orders that were imported.");
//! metrics::counter!("orders.imported", "shop" => "north").increment(3);
//! # Ok(())
//! # }
//! ```
//!
//! | facade | OpenTelemetry |
//! |---|---|
//! | counter | a counter. [`absolute`](metrics::Counter::absolute) adds the difference if the value exceeds the sum |
//! | gauge | a gauge |
//! | histogram | a histogram. With the unit `Seconds`, its bucket boundaries range from 5 ms to 10 s, as OpenTelemetry's conventions advise for durations; otherwise the default of the specification or a [view](https://docs.rs/floe-telemetry/latest/floe_telemetry/_manual/configuration/index.html#metrics) applies |
//! | unit | the same unit in [UCUM](https://ucum.org) notation; `Count` is no unit |
//! | label | an attribute, which is redacted as every attribute is |
//!
//! # Limits
//!
//! A metric has the unit and the description that were set before its first use. A name that is invalid in
//! OpenTelemetry, such as one with a blank or a colon, and a name of two kinds of metrics are reported in one warning
//! and not recorded, as with every [`MetricRecorder`]. Each name has at most 1,999 sets of labels. All further ones
//! share one series with `otel.metric.overflow`, as in OpenTelemetry's SDK. For a counter, it is one sum, which
//! `absolute` raises to the largest total of any set of labels, without adding the totals up. For a gauge, it is one
//! value, which `set` and `increment` change for every set of labels. Values that are not finite are ignored.
//!
//! The instrumentation scope of these metrics is this crate, with its version.
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use floe_telemetry::MetricRecorder;
use floe_telemetry::metrics::Metric;
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Label, Metadata,
    SharedString, Unit,
};
use opentelemetry::KeyValue;

/// The maximum number of names of each kind of metric, as the recorder of [`METRICS`] allows.
const MAX_NAMES: usize = 2000;

/// The maximum number of series of a name. With [`OVERFLOW`], there are 2,000, the default of OpenTelemetry's SDK.
const MAX_SERIES: usize = 1999;

/// Marks the series that all sets of labels beyond [`MAX_SERIES`] share.
const OVERFLOW: &str = "otel.metric.overflow";

static OVERFLOW_LABELS: [Label; 1] = [Label::from_static_parts(OVERFLOW, "true")];

/// The maximum number of times that a thread records a gauge again because other threads have changed it meanwhile.
/// After that, the next change records the current value.
const MAX_ROUNDS: usize = 100;

/// The boundaries of durations in seconds, advised by the conventions.
const SECONDS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

static METRICS: MetricRecorder =
    MetricRecorder::new(env!("CARGO_PKG_NAME")).with_version(env!("CARGO_PKG_VERSION"));

/// A recorder of the `metrics` facade, for [`metrics::set_global_recorder`] or [`metrics::with_local_recorder`].
///
/// Each measurement goes to the provider of `floe-telemetry` that is then current.
#[derive(Default)]
pub struct Recorder {
    counters: Families,
    gauges: Families,
    histograms: Families,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl metrics::Recorder for Recorder {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, description: SharedString) {
        self.counters.describe(&name, unit, &description);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, description: SharedString) {
        self.gauges.describe(&name, unit, &description);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, description: SharedString) {
        self.histograms.describe(&name, unit, &description);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.counters.series(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.gauges.series(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.histograms.series(key))
    }
}

/// Metrics by name. Nothing is recorded or logged while this is locked, because a subscriber of `tracing` may count log
/// records with the facade, which would deadlock.
#[derive(Default)]
struct Families(RwLock<HashMap<KeyName, Family>>);

#[derive(Default)]
struct Family {
    unit: &'static str,
    description: Arc<str>,
    series: HashMap<Key, Arc<Series>>,
}

impl Families {
    fn describe(&self, name: &KeyName, unit: Option<Unit>, description: &SharedString) {
        let mut families = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if families.len() >= MAX_NAMES && !families.contains_key(name) {
            return;
        }
        let family = families.entry(name.to_retained()).or_default();
        if family.series.is_empty() {
            family.unit = unit.map_or("", ucum);
            family.description = Arc::from(&**description);
        }
    }

    fn series(&self, key: &Key) -> Arc<Series> {
        let families = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let family = families.get(key.name());
        let known = family.and_then(|family| family.series.get(key)).cloned();
        drop(families);
        known.unwrap_or_else(|| self.add(key))
    }

    fn add(&self, key: &Key) -> Arc<Series> {
        let mut families = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if families.len() >= MAX_NAMES && !families.contains_key(key.name()) {
            // `METRICS` reports the name, and records nothing.
            return Arc::new(Series::new(key, &Family::default()));
        }
        let key = key.to_retained();
        let family = families.entry(key.name_shared()).or_default();
        let key = if family.series.len() < MAX_SERIES {
            key
        } else {
            Key::from_static_labels(key.name_shared(), &OVERFLOW_LABELS)
        };
        if let Some(known) = family.series.get(&key) {
            return Arc::clone(known);
        }
        let series = Arc::new(Series::new(&key, family));
        family.series.insert(key, Arc::clone(&series));
        series
    }
}

struct Series {
    name: KeyName,
    unit: &'static str,
    description: Arc<str>,
    attributes: Vec<KeyValue>,
    /// The sum of a counter, or the bits of the `f64` of a gauge.
    state: AtomicU64,
}

impl Series {
    fn new(key: &Key, family: &Family) -> Self {
        let attribute = |label: &Label| match label.key() {
            OVERFLOW => KeyValue::new(OVERFLOW, true),
            _ => KeyValue::new(label.key().to_owned(), label.value().to_owned()),
        };
        Self {
            name: key.name_shared(),
            unit: family.unit,
            description: Arc::clone(&family.description),
            attributes: key.labels().map(attribute).collect(),
            state: AtomicU64::new(0),
        }
    }

    fn metric(&self) -> Metric<'_> {
        Metric::new(self.name.as_str()).with_unit(self.unit).with_description(&self.description)
    }

    fn change(&self, change: impl Fn(f64) -> f64) {
        let changed = self.state.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |bits| {
            let value = change(f64::from_bits(bits));
            value.is_finite().then_some(value.to_bits())
        });
        if changed.is_err() {
            return;
        }
        // If another thread records an older value later, that thread then sees the change and records again.
        for _ in 0..MAX_ROUNDS {
            let bits = self.state.load(Ordering::SeqCst);
            METRICS.set_gauge(self.metric(), f64::from_bits(bits), &self.attributes);
            if self.state.load(Ordering::SeqCst) == bits {
                return;
            }
        }
    }
}

impl CounterFn for Series {
    fn increment(&self, value: u64) {
        self.state.fetch_add(value, Ordering::Relaxed);
        METRICS.increment(self.metric(), value, &self.attributes);
    }

    fn absolute(&self, value: u64) {
        let before = self.state.fetch_max(value, Ordering::Relaxed);
        if value > before {
            METRICS.increment(self.metric(), value - before, &self.attributes);
        }
    }
}

impl GaugeFn for Series {
    fn increment(&self, value: f64) {
        self.change(|before| before + value);
    }

    fn decrement(&self, value: f64) {
        self.change(|before| before - value);
    }

    fn set(&self, value: f64) {
        self.change(|_| value);
    }
}

impl HistogramFn for Series {
    fn record(&self, value: f64) {
        let metric = match self.unit {
            "s" => self.metric().with_boundaries(SECONDS),
            _ => self.metric(),
        };
        METRICS.record_histogram(metric, value, &self.attributes);
    }
}

const fn ucum(unit: Unit) -> &'static str {
    match unit {
        // OpenTelemetry's unit of a count says what is counted, which the facade does not know.
        Unit::Count => "",
        Unit::Percent => "%",
        Unit::Seconds => "s",
        Unit::Milliseconds => "ms",
        Unit::Microseconds => "us",
        Unit::Nanoseconds => "ns",
        Unit::Tebibytes => "TiBy",
        Unit::Gibibytes => "GiBy",
        Unit::Mebibytes => "MiBy",
        Unit::Kibibytes => "KiBy",
        Unit::Bytes => "By",
        Unit::TerabitsPerSecond => "Tbit/s",
        Unit::GigabitsPerSecond => "Gbit/s",
        Unit::MegabitsPerSecond => "Mbit/s",
        Unit::KilobitsPerSecond => "kbit/s",
        Unit::BitsPerSecond => "bit/s",
        Unit::CountPerSecond => "/s",
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
