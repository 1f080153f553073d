//! Instruments that record a value with attributes.

use floe_telemetry_core::metrics::MetricNumber;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{
    BoundCounter, BoundGauge, BoundHistogram, BoundSyncInstrument, BoundUpDownCounter, Counter,
    Gauge, Histogram, UpDownCounter,
};

use crate::collector::BoundExemplars;

/// An instrument bound to redacted attributes, with the exemplars of its series.
struct Bound<I> {
    instrument: I,
    exemplars: Option<BoundExemplars>,
}

/// A synchronous instrument. In OpenTelemetry's API, the method `record` of counters is called `add`.
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
        impl<T: MetricNumber + Send + Sync + 'static> Record<T> for $instrument<T> {
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

        impl<T: MetricNumber + Send + Sync> BoundSyncInstrument<T> for Bound<$bound<T>> {
            fn measure(&self, measurement: T) {
                self.instrument.$method(measurement);
                if let Some(exemplars) = &self.exemplars {
                    exemplars.measure(measurement.to_f64());
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
