//! The instruments of one recorder, each made when it is first used.

use std::collections::HashMap;

use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter};
use opentelemetry::{InstrumentationScope, KeyValue};

use super::current;
use super::metric::Metric;

/// Names that a recorder remembers. A program has far fewer, unless it makes them up as it goes.
const MAX_NAMES: usize = 2000;

/// What a metric's numbers are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// What is recorded.
#[derive(Clone, Copy, Debug)]
pub(super) enum Measurement {
    Count(u64),
    Gauge(f64),
    Distribution(f64),
}

impl Measurement {
    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::Count(_) => Kind::Counter,
            Self::Gauge(_) => Kind::Gauge,
            Self::Distribution(_) => Kind::Histogram,
        }
    }
}

/// An instrument, as it was first asked for.
#[derive(Debug)]
pub(super) enum Instrument {
    Counter(Counter<u64>),
    Gauge(Gauge<f64>),
    Histogram(Histogram<f64>),
    /// OpenTelemetry would not have it.
    Refused,
}

impl Instrument {
    /// Records what is of its kind.
    pub(super) fn record(&self, measurement: Measurement, attributes: &[KeyValue]) {
        match (self, measurement) {
            (Self::Counter(counter), Measurement::Count(value)) => counter.add(value, attributes),
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
    /// A contradiction to the first use was reported.
    told: bool,
}

/// The instruments of one provider.
#[derive(Debug, Default)]
pub(super) struct Instruments {
    /// The number of the provider; 0 before the first.
    pub(super) generation: u64,
    meter: Option<Meter>,
    by_name: HashMap<String, Entry>,
    told_of_many: bool,
}

/// What looking for an instrument without making one found.
pub(super) enum Found<'a> {
    Instrument(&'a Instrument),
    /// It is known and not to be used like this, and that was said.
    Unusable,
    /// [`Instruments::make`] is to look after it.
    New,
}

impl Instruments {
    pub(super) fn find(&self, metric: &Metric<'_>, kind: Kind) -> Found<'_> {
        match self.by_name.get(metric.name) {
            Some(entry) if entry.fits(metric, kind) => Found::Instrument(&entry.instrument),
            Some(entry) if entry.told => Found::Unusable,
            None if self.told_of_many => Found::Unusable,
            _ => Found::New,
        }
    }

    /// Makes the instrument, or hands out once why there is none. What it says is not to be logged
    /// while a lock is held: a log may be counted by a metric.
    pub(super) fn make(
        &mut self,
        scope: &InstrumentationScope,
        metric: &Metric<'_>,
        kind: Kind,
    ) -> Option<String> {
        let current = current::current()?;
        if self.generation != current.generation {
            *self = Self {
                generation: current.generation,
                meter: Some(current.provider.meter_with_scope(scope.clone())),
                ..Self::default()
            };
        }
        let count = self.by_name.len();
        let meter = self.meter.as_ref()?;
        if let Some(entry) = self.by_name.get_mut(metric.name) {
            if entry.fits(metric, kind) || entry.told {
                return None;
            }
            entry.told = true;
            return Some(format!(
                "used as a {kind:?} in `{}`, but it was a {:?} in `{}` before: not recorded",
                metric.unit, entry.kind, entry.unit,
            ));
        }
        if count >= MAX_NAMES {
            self.told_of_many = true;
            return Some(format!(
                "its recorder has {MAX_NAMES} metrics: no more are recorded"
            ));
        }
        let fault = metric.fault();
        let instrument = match fault {
            Some(_) => Instrument::Refused,
            None => build(meter, metric, kind),
        };
        self.by_name.insert(
            metric.name.to_owned(),
            Entry {
                kind,
                unit: metric.unit.to_owned(),
                told: fault.is_some(),
                instrument,
            },
        );
        fault.map(|fault| format!("not recorded: {fault}"))
    }
}

impl Entry {
    /// Whether a use is of the kind and unit of the first one. A bare name has no say in the unit.
    fn fits(&self, metric: &Metric<'_>, kind: Kind) -> bool {
        let usable = !matches!(self.instrument, Instrument::Refused);
        usable && self.kind == kind && (metric.unit.is_empty() || metric.unit == self.unit)
    }
}

fn build(meter: &Meter, metric: &Metric<'_>, kind: Kind) -> Instrument {
    let name = metric.name.to_owned();
    let (unit, description) = (metric.unit.to_owned(), metric.description.to_owned());
    match kind {
        Kind::Counter => Instrument::Counter(
            meter
                .u64_counter(name)
                .with_unit(unit)
                .with_description(description)
                .build(),
        ),
        Kind::Gauge => Instrument::Gauge(
            meter
                .f64_gauge(name)
                .with_unit(unit)
                .with_description(description)
                .build(),
        ),
        Kind::Histogram => {
            let builder = meter
                .f64_histogram(name)
                .with_unit(unit)
                .with_description(description);
            Instrument::Histogram(
                match metric.boundaries {
                    Some(bounds) => builder.with_boundaries(bounds.to_vec()),
                    None => builder,
                }
                .build(),
            )
        }
    }
}
