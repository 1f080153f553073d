//! Metrics from the fields of `tracing` events.

use std::collections::HashMap;
use std::fmt::{self, Debug};
use std::sync::{PoisonError, RwLock};

use crate::caught::caught;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter, UpDownCounter};
use opentelemetry::{KeyValue, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// The prefixes of fields that are measurements.
const PREFIXES: [(&str, Kind); 4] = [
    ("monotonic_counter.", Kind::Counter),
    ("counter.", Kind::UpDownCounter),
    ("histogram.", Kind::Histogram),
    ("gauge.", Kind::Gauge),
];

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Kind {
    Counter,
    UpDownCounter,
    Histogram,
    Gauge,
}

/// A number, which decides the type of the instrument.
#[derive(Clone, Copy, Debug)]
enum Number {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

#[derive(Clone)]
enum Instrument {
    CounterU64(Counter<u64>),
    CounterF64(Counter<f64>),
    UpDownCounterI64(UpDownCounter<i64>),
    UpDownCounterF64(UpDownCounter<f64>),
    HistogramU64(Histogram<u64>),
    HistogramF64(Histogram<f64>),
    GaugeU64(Gauge<u64>),
    GaugeI64(Gauge<i64>),
    GaugeF64(Gauge<f64>),
}

/// Creates a layer that records metrics from the fields of `tracing` events, with the instruments of this meter.
///
/// | the name of a field begins with | instrument | values |
/// |---|---|---|
/// | `monotonic_counter.` | counter | integers and floats, not negative |
/// | `counter.` | up-down counter | integers and floats |
/// | `histogram.` | histogram | integers and floats, not negative |
/// | `gauge.` | gauge | integers and floats |
///
/// The rest of the name is the name of the metric, and the other fields of the event, except its message, are its
/// attributes. A value that the instrument does not accept is ignored. For one name, all values should have one
/// type: integers and floats are different instruments. The prefixes are the same as in `tracing-opentelemetry`.
///
/// ```
/// use floe_telemetry::tracing_metrics_layer;
/// use opentelemetry::global;
/// use tracing::info;
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let layer = tracing_metrics_layer(global::meter("orders"));
/// tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
///     info!(monotonic_counter.orders = 1, histogram.order.amount = 12.5, country = "PT");
/// });
/// ```
#[must_use]
pub fn tracing_metrics_layer(meter: Meter) -> TracingMetricsLayer {
    TracingMetricsLayer { meter, instruments: RwLock::default() }
}

/// A layer that records metrics from the fields of `tracing` events, created by [`tracing_metrics_layer`].
pub struct TracingMetricsLayer {
    meter: Meter,
    /// By the name, the kind and the type of the values. Names are those of fields, so their number is bounded by the
    /// program's source.
    instruments: RwLock<HashMap<(&'static str, Kind, u8), Instrument>>,
}

impl Debug for TracingMetricsLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracingMetricsLayer").finish_non_exhaustive()
    }
}

impl<S: Subscriber> Layer<S> for TracingMetricsLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = event.metadata().fields().iter();
        if !fields.any(|field| measured(field.name()).is_some()) {
            return;
        }
        let mut visitor = Measurements::default();
        // The values are formatted by user code, and the meter may be the user's.
        let _ = caught(|| {
            event.record(&mut visitor);
            for (name, kind, number) in visitor.measured {
                if let Some(instrument) = self.instrument(name, kind, number) {
                    record(&instrument, number, &visitor.attributes);
                }
            }
        });
    }
}

/// The kind and name of the metric, if the field is a measurement.
fn measured(field: &'static str) -> Option<(&'static str, Kind)> {
    PREFIXES.into_iter().find_map(|(prefix, kind)| {
        let name = field.strip_prefix(prefix)?;
        Some((name, kind))
    })
}

impl TracingMetricsLayer {
    fn instrument(&self, name: &'static str, kind: Kind, number: Number) -> Option<Instrument> {
        let number_type = match (kind, number) {
            (_, Number::Float(_)) => 0,
            (Kind::Gauge, Number::Signed(_)) | (Kind::UpDownCounter, _) => 1,
            (_, Number::Signed(n)) if n < 0 => return None,
            _ => 2,
        };
        let key = (name, kind, number_type);
        let known = self.instruments.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(&key).cloned();
        drop(known);
        if found.is_some() {
            return found;
        }
        let meter = &self.meter;
        let created = match (kind, number_type) {
            (Kind::Counter, 0) => Instrument::CounterF64(meter.f64_counter(name).build()),
            (Kind::Counter, _) => Instrument::CounterU64(meter.u64_counter(name).build()),
            (Kind::UpDownCounter, 0) => {
                Instrument::UpDownCounterF64(meter.f64_up_down_counter(name).build())
            }
            (Kind::UpDownCounter, _) => {
                Instrument::UpDownCounterI64(meter.i64_up_down_counter(name).build())
            }
            (Kind::Histogram, 0) => Instrument::HistogramF64(meter.f64_histogram(name).build()),
            (Kind::Histogram, _) => Instrument::HistogramU64(meter.u64_histogram(name).build()),
            (Kind::Gauge, 0) => Instrument::GaugeF64(meter.f64_gauge(name).build()),
            (Kind::Gauge, 1) => Instrument::GaugeI64(meter.i64_gauge(name).build()),
            (Kind::Gauge, _) => Instrument::GaugeU64(meter.u64_gauge(name).build()),
        };
        let mut all = self.instruments.write().unwrap_or_else(PoisonError::into_inner);
        Some(all.entry(key).or_insert(created).clone())
    }
}

fn record(instrument: &Instrument, number: Number, attributes: &[KeyValue]) {
    match (instrument, number) {
        (Instrument::CounterF64(counter), Number::Float(n)) if n >= 0.0 => {
            counter.add(n, attributes);
        }
        (Instrument::UpDownCounterF64(counter), Number::Float(n)) => counter.add(n, attributes),
        (Instrument::HistogramF64(histogram), Number::Float(n)) if n >= 0.0 => {
            histogram.record(n, attributes);
        }
        (Instrument::GaugeF64(gauge), Number::Float(n)) => gauge.record(n, attributes),
        (instrument, number) => record_integer(instrument, number, attributes),
    }
}

fn record_integer(instrument: &Instrument, number: Number, attributes: &[KeyValue]) {
    let (unsigned, signed) = match number {
        Number::Unsigned(n) => (Some(n), i64::try_from(n).ok()),
        Number::Signed(n) => (u64::try_from(n).ok(), Some(n)),
        Number::Float(_) => (None, None),
    };
    match (instrument, unsigned, signed) {
        (Instrument::CounterU64(counter), Some(n), _) => counter.add(n, attributes),
        (Instrument::UpDownCounterI64(counter), _, Some(n)) => counter.add(n, attributes),
        (Instrument::HistogramU64(histogram), Some(n), _) => histogram.record(n, attributes),
        (Instrument::GaugeU64(gauge), Some(n), _) => gauge.record(n, attributes),
        (Instrument::GaugeI64(gauge), _, Some(n)) => gauge.record(n, attributes),
        _ => {}
    }
}

#[derive(Default)]
struct Measurements {
    measured: Vec<(&'static str, Kind, Number)>,
    attributes: Vec<KeyValue>,
}

impl Measurements {
    /// Records a measurement, or else an attribute.
    fn number(&mut self, field: &Field, number: Number, value: impl Into<Value>) {
        match measured(field.name()) {
            Some((name, kind)) => self.measured.push((name, kind, number)),
            None => self.attribute(field, value),
        }
    }

    fn attribute(&mut self, field: &Field, value: impl Into<Value>) {
        let name = field.name();
        if name != "message" && measured(name).is_none() {
            self.attributes.push(KeyValue::new(name, value));
        }
    }
}

impl Visit for Measurements {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.number(field, Number::Float(value), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, Number::Signed(value), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(signed) => self.number(field, Number::Unsigned(value), signed),
            Err(_) => self.number(field, Number::Unsigned(value), value.to_string()),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.attribute(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.attribute(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.attribute(field, format!("{value:?}"));
    }
}
