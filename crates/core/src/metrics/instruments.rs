//! The instruments of one recorder, each created on first use.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter, UpDownCounter};

use super::metric::Metric;

/// The maximum number of metric names of one recorder. Only a program that generates names at run time
/// exceeds it.
const MAX_NAMES: usize = 2000;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Counter,
    UpDownCounter,
    Gauge,
    Histogram,
}

impl Kind {
    const fn words(self) -> &'static str {
        match self {
            Self::Counter => "a counter",
            Self::UpDownCounter => "an up-down counter",
            Self::Gauge => "a gauge",
            Self::Histogram => "a histogram",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Measurement {
    Count(u64),
    Change(i64),
    Gauge(f64),
    Distribution(f64),
}

impl Measurement {
    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::Count(_) => Kind::Counter,
            Self::Change(_) => Kind::UpDownCounter,
            Self::Gauge(_) => Kind::Gauge,
            Self::Distribution(_) => Kind::Histogram,
        }
    }
}

#[derive(Debug)]
pub(super) enum Instrument {
    Counter(Counter<u64>),
    UpDownCounter(UpDownCounter<i64>),
    Gauge(Gauge<f64>),
    Histogram(Histogram<f64>),
}

impl Instrument {
    /// Builds the instrument of a metric. The SDK reports an invalid one, which records nothing.
    pub(super) fn build(meter: &Meter, metric: &Metric<'_>, kind: Kind) -> Self {
        macro_rules! builder {
            ($instrument:ident) => {
                meter
                    .$instrument(metric.name.to_owned())
                    .with_unit(metric.unit.to_owned())
                    .with_description(metric.description.to_owned())
            };
        }
        match kind {
            Kind::Counter => Self::Counter(builder!(u64_counter).build()),
            Kind::UpDownCounter => Self::UpDownCounter(builder!(i64_up_down_counter).build()),
            Kind::Gauge => Self::Gauge(builder!(f64_gauge).build()),
            Kind::Histogram => {
                let mut builder = builder!(f64_histogram);
                builder.boundaries = metric.boundaries.map(<[f64]>::to_vec);
                Self::Histogram(builder.build())
            }
        }
    }

    pub(super) fn record(&self, measurement: Measurement, attributes: &[KeyValue]) {
        match (self, measurement) {
            (Self::Counter(counter), Measurement::Count(value)) => counter.add(value, attributes),
            (Self::UpDownCounter(counter), Measurement::Change(value)) => {
                counter.add(value, attributes);
            }
            (Self::Gauge(gauge), Measurement::Gauge(value)) => gauge.record(value, attributes),
            (Self::Histogram(histogram), Measurement::Distribution(value)) => {
                histogram.record(value, attributes);
            }
            _ => {}
        }
    }
}

#[derive(Debug)]
struct Entry {
    kind: Kind,
    instrument: Instrument,
    is_reported: AtomicBool,
}

#[derive(Debug, Default)]
pub(super) struct Instruments {
    /// The generation of the provider; 0 before the first one.
    pub(super) generation: u64,
    by_name: HashMap<String, Entry>,
    is_limit_reported: AtomicBool,
}

pub(super) enum Lookup<'a> {
    Found(&'a Instrument),
    /// The metric is not recorded. Contains the reason, unless it was reported before.
    Refused(Option<String>),
    Missing,
}

impl Instruments {
    pub(super) fn find(&self, name: &str, kind: Kind) -> Lookup<'_> {
        match self.by_name.get(name) {
            Some(entry) if entry.kind == kind => Lookup::Found(&entry.instrument),
            Some(Entry { kind: first, is_reported, .. }) => refused(is_reported, || {
                format!("expected {}, as at its first use, found {}", first.words(), kind.words())
            }),
            None if self.by_name.len() >= MAX_NAMES => refused(&self.is_limit_reported, || {
                format!("its recorder has reached the limit of {MAX_NAMES} metrics")
            }),
            None => Lookup::Missing,
        }
    }

    /// Adds an instrument of the provider with this generation, unless it was added meanwhile.
    pub(super) fn add(&mut self, generation: u64, name: &str, kind: Kind, instrument: Instrument) {
        if self.generation > generation {
            return;
        }
        if self.generation != generation {
            *self = Self { generation, ..Self::default() };
        }
        if self.by_name.len() < MAX_NAMES && !self.by_name.contains_key(name) {
            let entry = Entry { kind, instrument, is_reported: AtomicBool::new(false) };
            self.by_name.insert(name.to_owned(), entry);
        }
    }
}

fn refused(is_reported: &AtomicBool, reason: impl FnOnce() -> String) -> Lookup<'static> {
    let is_new = !is_reported.swap(true, Ordering::Relaxed);
    Lookup::Refused(is_new.then(reason))
}
