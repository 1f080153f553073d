//! Instruments that record a value with attributes.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{
    BoundCounter, BoundGauge, BoundHistogram, BoundSyncInstrument, BoundUpDownCounter, Counter,
    Gauge, Histogram, UpDownCounter,
};

/// An instrument bound to attributes that are already redacted.
struct Bound<I>(I);

/// A synchronous instrument. Its method is called `add` or `record` in OpenTelemetry's API,
/// depending on the instrument.
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
