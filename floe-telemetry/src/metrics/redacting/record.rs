//! Instruments that record a value with attributes.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{
    BoundCounter, BoundGauge, BoundHistogram, BoundSyncInstrument, BoundUpDownCounter, Counter,
    Gauge, Histogram, UpDownCounter,
};

/// An instrument with attributes that are safe already.
struct Bound<I>(I);

/// An instrument that values are recorded with. OpenTelemetry has a word of its own for each.
pub(super) trait Record<T> {
    fn record(&self, value: T, attributes: &[KeyValue]);

    fn bound(&self, attributes: &[KeyValue]) -> Box<dyn BoundSyncInstrument<T> + Send + Sync>;
}

macro_rules! record {
    ($($instrument:ident, $bound:ident . $method:ident),* $(,)?) => {$(
        impl<T: Send + Sync + 'static> Record<T> for $instrument<T> {
            fn record(&self, value: T, attributes: &[KeyValue]) {
                self.$method(value, attributes);
            }

            fn bound(
                &self,
                attributes: &[KeyValue],
            ) -> Box<dyn BoundSyncInstrument<T> + Send + Sync> {
                Box::new(Bound(self.bind(attributes)))
            }
        }

        impl<T: Send + Sync> BoundSyncInstrument<T> for Bound<$bound<T>> {
            fn measure(&self, measurement: T) {
                self.0.$method(measurement);
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
