//! The instruments of one recorder, each created on first use.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{self, HistogramBuilder, Meter};

use super::metric::Metric;

/// The maximum number of metric names of one recorder. Only a program that generates names at run time exceeds it.
const MAX_NAMES: usize = 2000;

macro_rules! instruments {
    ($($kind:ident: $value:ty, $words:literal, $build:ident, $record:ident, $bound:ident $(, $buckets:ident)?;)*) => {
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(super) enum Kind {
            $($kind,)*
        }

        impl Kind {
            const fn words(self) -> &'static str {
                match self {
                    $(Self::$kind => $words,)*
                }
            }
        }

        #[derive(Clone, Copy, Debug)]
        pub(super) enum Measurement {
            $($kind($value),)*
        }

        impl Measurement {
            pub(super) const fn kind(self) -> Kind {
                match self {
                    $(Self::$kind(_) => Kind::$kind,)*
                }
            }
        }

        #[derive(Debug)]
        pub(super) enum Instrument {
            $($kind(metrics::$kind<$value>),)*
        }

        impl Instrument {
            /// Builds the instrument of a metric, which is valid. For another one, the SDK returns an instrument that
            /// records nothing.
            pub(super) fn build(meter: &Meter, metric: &Metric<'_>, kind: Kind) -> Self {
                match kind {
                    $(Kind::$kind => {
                        let builder = meter
                            .$build(metric.name.to_owned())
                            .with_unit(metric.unit.to_owned())
                            .with_description(metric.description.to_owned());
                        $(let builder = $buckets(builder, metric);)?
                        Self::$kind(builder.build())
                    })*
                }
            }

            pub(super) fn bind(&self, attributes: &[KeyValue]) -> Bound {
                match self {
                    $(Self::$kind(instrument) => Bound::$kind(instrument.bind(attributes)),)*
                }
            }

            pub(super) fn record(&self, measurement: Measurement, attributes: &[KeyValue]) {
                match (self, measurement) {
                    $((Self::$kind(it), Measurement::$kind(value)) => it.$record(value, attributes),)*
                    _ => {}
                }
            }
        }

        /// An instrument with the attributes of one series.
        #[derive(Debug)]
        pub(super) enum Bound {
            $($kind(metrics::$bound<$value>),)*
        }

        impl Bound {
            #[inline]
            pub(super) fn record(&self, measurement: Measurement) {
                match (self, measurement) {
                    $((Self::$kind(it), Measurement::$kind(value)) => it.$record(value),)*
                    _ => {}
                }
            }
        }
    };
}

instruments! {
    Counter: u64, "a counter", u64_counter, add, BoundCounter;
    UpDownCounter: i64, "an up-down counter", i64_up_down_counter, add, BoundUpDownCounter;
    Gauge: f64, "a gauge", f64_gauge, record, BoundGauge;
    Histogram: f64, "a histogram", f64_histogram, record, BoundHistogram, with_boundaries;
}

fn with_boundaries<'a>(
    mut builder: HistogramBuilder<'a, metrics::Histogram<f64>>,
    metric: &Metric<'_>,
) -> HistogramBuilder<'a, metrics::Histogram<f64>> {
    builder.boundaries = metric.boundaries.map(<[f64]>::to_vec);
    builder
}

#[derive(Debug)]
struct Entry {
    kind: Kind,
    /// The instrument, or the mistake in the metric.
    instrument: Result<Instrument, &'static str>,
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
            Some(Entry { kind: first, instrument: Ok(it), .. }) if *first == kind => {
                Lookup::Found(it)
            }
            Some(Entry { kind: first, instrument, is_reported }) => {
                refused(is_reported, || match instrument {
                    Ok(_) => format!(
                        "expected {} as in its first use, found {}",
                        first.words(),
                        kind.words()
                    ),
                    Err(mistake) => (*mistake).to_owned(),
                })
            }
            None if self.by_name.len() >= MAX_NAMES => refused(&self.is_limit_reported, || {
                format!("its recorder has reached the limit of {MAX_NAMES} metrics")
            }),
            None => Lookup::Missing,
        }
    }

    /// Adds an instrument of the provider with this generation, unless a newer provider is in use.
    pub(super) fn add(
        &mut self,
        generation: u64,
        name: &str,
        kind: Kind,
        instrument: Result<Instrument, &'static str>,
    ) {
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
