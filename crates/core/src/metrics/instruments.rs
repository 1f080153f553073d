//! The instruments of one recorder, each created on first use.

use std::collections::HashMap;

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

/// An instrument of the kind of its first use.
#[derive(Debug)]
pub(super) enum Instrument {
    Counter(Counter<u64>),
    UpDownCounter(UpDownCounter<i64>),
    Gauge(Gauge<f64>),
    Histogram(Histogram<f64>),
    /// The name, unit or boundaries are invalid.
    Invalid,
}

impl Instrument {
    /// Builds the instrument of a metric, if it is valid.
    pub(super) fn build(meter: &Meter, metric: &Metric<'_>, kind: Kind) -> Self {
        macro_rules! builder {
            ($instrument:ident) => {
                meter
                    .$instrument(metric.name.to_owned())
                    .with_unit(metric.unit.to_owned())
                    .with_description(metric.description.to_owned())
            };
        }
        if metric.fault().is_some() {
            return Self::Invalid;
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

    /// Records a measurement of the instrument's kind, and ignores other measurements.
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
    unit: String,
    instrument: Instrument,
    /// Whether a conflict with the first use has been reported.
    is_reported: bool,
}

#[derive(Debug, Default)]
pub(super) struct Instruments {
    /// The generation of the provider; 0 before the first one.
    pub(super) generation: u64,
    by_name: HashMap<String, Entry>,
    is_limit_reported: bool,
}

pub(super) enum Lookup<'a> {
    Found(&'a Instrument),
    /// The metric conflicts with its first use, or exceeds the limit, as reported before.
    Unusable,
    /// The metric conflicts with its first use. [`Instruments::add`] reports this.
    Conflicting,
    /// The instrument is missing. [`Instruments::add`] adds it, or reports the limit.
    Missing,
}

impl Instruments {
    pub(super) fn find(&self, metric: &Metric<'_>, kind: Kind) -> Lookup<'_> {
        match self.by_name.get(metric.name) {
            Some(entry) if entry.fits(metric, kind) => Lookup::Found(&entry.instrument),
            Some(entry) if entry.is_reported => Lookup::Unusable,
            Some(_) => Lookup::Conflicting,
            None if self.is_limit_reported => Lookup::Unusable,
            None => Lookup::Missing,
        }
    }

    /// Adds a built instrument, or returns, once, the reason why it cannot be used. The caller logs the reason after
    /// releasing its lock, because a metric may count log records.
    pub(super) fn add(
        &mut self,
        generation: u64,
        built: Option<Instrument>,
        metric: &Metric<'_>,
        kind: Kind,
    ) -> Option<String> {
        if self.generation > generation {
            return None;
        }
        if self.generation != generation {
            *self = Self { generation, ..Self::default() };
        }
        let count = self.by_name.len();
        if let Some(entry) = self.by_name.get_mut(metric.name) {
            if entry.fits(metric, kind) || entry.is_reported {
                return None;
            }
            entry.is_reported = true;
            return Some(format!(
                "expected {} with unit `{}`, as at its first use, found {} with unit `{}`",
                entry.kind.words(),
                entry.unit,
                kind.words(),
                metric.unit,
            ));
        }
        if count >= MAX_NAMES {
            self.is_limit_reported = true;
            return Some(format!("its recorder has reached the limit of {MAX_NAMES} metrics"));
        }
        let instrument = built?;
        let fault = metric.fault();
        self.by_name.insert(
            metric.name.to_owned(),
            Entry { kind, unit: metric.unit.to_owned(), is_reported: fault.is_some(), instrument },
        );
        fault.map(str::to_owned)
    }
}

impl Entry {
    /// Whether a use has the kind and the unit of the first use. A use without a unit fits every unit.
    fn fits(&self, metric: &Metric<'_>, kind: Kind) -> bool {
        let usable = !matches!(self.instrument, Instrument::Invalid);
        usable && self.kind == kind && (metric.unit.is_empty() || metric.unit == self.unit)
    }
}
