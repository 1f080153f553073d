//! Instruments that record a value with attributes.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{
    BoundCounter, BoundGauge, BoundHistogram, BoundSyncInstrument, BoundUpDownCounter, Counter,
    Gauge, Histogram, UpDownCounter,
};

use crate::collector::BoundExemplars;

/// A measured value, which an exemplar stores as the nearest float.
pub(in super::super) trait Number: Copy {
    fn as_f64(self) -> f64;
}

macro_rules! number {
    ($($ty:ty),*) => {$(
        impl Number for $ty {
            #[allow(clippy::allow_attributes, clippy::cast_precision_loss, reason = "not for `f64`")]
            fn as_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}

number!(f64, i64, u64);

/// An instrument bound to redacted attributes, with the exemplars of its series.
struct Bound<I> {
    instrument: I,
    exemplars: Option<BoundExemplars>,
}

/// A synchronous instrument. Its method is called `add` or `record` in OpenTelemetry's API,
/// depending on the instrument.
pub(in super::super) trait Record<T> {
    fn record(&self, value: T, attributes: &[KeyValue]);

    fn bound(
        &self,
        attributes: &[KeyValue],
        exemplars: Option<BoundExemplars>,
    ) -> Box<dyn BoundSyncInstrument<T> + Send + Sync>;
}

macro_rules! record {
    ($($instrument:ident, $bound:ident . $method:ident),* $(,)?) => {$(
        impl<T: Number + Send + Sync + 'static> Record<T> for $instrument<T> {
            fn record(&self, value: T, attributes: &[KeyValue]) {
                self.$method(value, attributes);
            }

            fn bound(
                &self,
                attributes: &[KeyValue],
                exemplars: Option<BoundExemplars>,
            ) -> Box<dyn BoundSyncInstrument<T> + Send + Sync> {
                let instrument = self.bind(attributes);
                Box::new(Bound { instrument, exemplars })
            }
        }

        impl<T: Number + Send + Sync> BoundSyncInstrument<T> for Bound<$bound<T>> {
            fn measure(&self, measurement: T) {
                self.instrument.$method(measurement);
                if let Some(exemplars) = &self.exemplars {
                    exemplars.measure(measurement.as_f64());
                }
            }
        }
    )*};
}

record!(
    Counter,
    BoundCounter.add,
    UpDownCounter,
    BoundUpDownCounter.add,
    Gauge,
    BoundGauge.record,
    Histogram,
    BoundHistogram.record,
);
