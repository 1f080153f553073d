//! A meter provider whose attributes are safe, whoever records them.
//!
//! OpenTelemetry aggregates while it records, and what it hands to exporters can be read but not
//! changed, so redaction has to come before. A set of attributes comes again and again, as metrics
//! are of use only while there are few: what was found out about a set is remembered.

mod memory;
mod record;

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::{Arc, atomic::AtomicU64, atomic::Ordering};

use self::memory::{Memory, Set};
use self::record::Record;
use crate::collector::{Redaction, Redactor};
use crate::sanitizer::REDACTED;
use opentelemetry::metrics::{
    AsyncInstrument, AsyncInstrumentBuilder, BoundSyncInstrument, Counter, Gauge, Histogram,
    HistogramBuilder, InstrumentBuilder, InstrumentProvider, Meter, MeterProvider,
    ObservableCounter, ObservableGauge, ObservableUpDownCounter, SyncInstrument, UpDownCounter,
};
use opentelemetry::{InstrumentationScope, KeyValue};

/// Makes what is recorded through another provider safe.
#[derive(Debug)]
pub(super) struct RedactingMeterProvider<P> {
    provider: P,
    policy: Policy,
}

/// The redaction of one provider, and the number by which a thread knows it again.
#[derive(Clone, Debug)]
struct Policy {
    number: u64,
    redaction: Redaction,
}

/// The instruments of a meter, behind the redaction.
struct Instruments {
    meter: Meter,
    policy: Policy,
}

/// An instrument behind the redaction.
struct Safe<I> {
    instrument: I,
    policy: Policy,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

impl<P> RedactingMeterProvider<P> {
    pub(super) fn new(provider: P, redaction: Redaction) -> Self {
        static POLICIES: AtomicU64 = AtomicU64::new(0);

        let number = POLICIES.fetch_add(1, Ordering::Relaxed) + 1;
        Self {
            provider,
            policy: Policy { number, redaction },
        }
    }
}

impl Policy {
    /// Records with attributes that are safe.
    fn apply<R>(&self, attributes: &[KeyValue], record: impl Fn(&[KeyValue]) -> R) -> R {
        if attributes.is_empty() {
            return record(attributes);
        }
        let found = MEMORY.try_with(|memory| {
            let mut memory = memory.try_borrow_mut().ok()?;
            if memory.policy != self.number {
                *memory = Memory::under(self);
            }
            Some(memory.safe(attributes).map(Set::from))
        });
        match found {
            Ok(Some(None)) => record(attributes),
            Ok(Some(Some(safe))) => record(&safe),
            // The thread is at its end.
            Ok(None) | Err(_) => {
                let mut memory = Memory::under(self);
                record(memory.safe(attributes).unwrap_or(attributes))
            }
        }
    }
}

impl<P: MeterProvider> MeterProvider for RedactingMeterProvider<P> {
    fn meter_with_scope(&self, scope: InstrumentationScope) -> Meter {
        let mut redactor = Redactor::new(self.policy.redaction.clone());
        let scope = redactor.scope(&scope);
        Meter::new(Arc::new(Instruments {
            meter: self.provider.meter_with_scope(scope),
            policy: self.policy.clone(),
        }))
    }
}

impl<T: Copy, I: Record<T> + Send + Sync> SyncInstrument<T> for Safe<I> {
    fn measure(&self, measurement: T, attributes: &[KeyValue]) {
        self.policy.apply(attributes, |safe| {
            self.instrument.record(measurement, safe);
        });
    }

    fn bind(&self, attributes: &[KeyValue]) -> Box<dyn BoundSyncInstrument<T> + Send + Sync> {
        self.policy
            .apply(attributes, |safe| self.instrument.bound(safe))
    }
}

impl<T: Copy> AsyncInstrument<T> for Safe<&dyn AsyncInstrument<T>> {
    fn observe(&self, measurement: T, attributes: &[KeyValue]) {
        self.policy.apply(attributes, |safe| {
            self.instrument.observe(measurement, safe);
        });
    }
}

impl Instruments {
    fn safe<I>(&self, instrument: I) -> Safe<I> {
        Safe {
            instrument,
            policy: self.policy.clone(),
        }
    }

    /// The name of the instrument. The mark loses its brackets, which no name may have.
    fn named(&self, name: Cow<'static, str>) -> Cow<'static, str> {
        let safe = self.policy.redaction.safe(name.clone().into_owned());
        if safe == name {
            name
        } else {
            safe.replace(REDACTED, REDACTED.trim_matches(['<', '>']))
                .into()
        }
    }

    /// What the author says about the instrument.
    fn told(&self, text: Option<Cow<'static, str>>) -> Option<Cow<'static, str>> {
        text.map(|text| self.policy.redaction.safe(text.into_owned()).into())
    }
}

macro_rules! instruments {
    ($($method:ident -> $instrument:ident<$ty:ty>),* $(,)?) => {$(
        fn $method(&self, asked: InstrumentBuilder<'_, $instrument<$ty>>) -> $instrument<$ty> {
            let mut builder = self.meter.$method(self.named(asked.name));
            builder.unit = self.told(asked.unit);
            builder.description = self.told(asked.description);
            $instrument::new(Arc::new(self.safe(builder.build())))
        }
    )*};
}

macro_rules! histograms {
    ($($method:ident -> $ty:ty),* $(,)?) => {$(
        fn $method(&self, asked: HistogramBuilder<'_, Histogram<$ty>>) -> Histogram<$ty> {
            let mut builder = self.meter.$method(self.named(asked.name));
            builder.unit = self.told(asked.unit);
            builder.description = self.told(asked.description);
            builder.boundaries = asked.boundaries;
            Histogram::new(Arc::new(self.safe(builder.build())))
        }
    )*};
}

macro_rules! observables {
    ($($method:ident -> $instrument:ident<$ty:ty>),* $(,)?) => {$(
        fn $method(
            &self,
            asked: AsyncInstrumentBuilder<'_, $instrument<$ty>, $ty>,
        ) -> $instrument<$ty> {
            let mut builder = self.meter.$method(self.named(asked.name));
            builder.unit = self.told(asked.unit);
            builder.description = self.told(asked.description);
            for callback in asked.callbacks {
                let policy = self.policy.clone();
                builder = builder.with_callback(move |observer| {
                    callback(&Safe {
                        instrument: observer,
                        policy: policy.clone(),
                    });
                });
            }
            builder.build()
        }
    )*};
}

impl InstrumentProvider for Instruments {
    instruments! {
        u64_counter -> Counter<u64>,
        f64_counter -> Counter<f64>,
        i64_up_down_counter -> UpDownCounter<i64>,
        f64_up_down_counter -> UpDownCounter<f64>,
        u64_gauge -> Gauge<u64>,
        i64_gauge -> Gauge<i64>,
        f64_gauge -> Gauge<f64>,
    }
    histograms! {
        f64_histogram -> f64,
        u64_histogram -> u64,
    }
    observables! {
        u64_observable_counter -> ObservableCounter<u64>,
        f64_observable_counter -> ObservableCounter<f64>,
        i64_observable_up_down_counter -> ObservableUpDownCounter<i64>,
        f64_observable_up_down_counter -> ObservableUpDownCounter<f64>,
        u64_observable_gauge -> ObservableGauge<u64>,
        i64_observable_gauge -> ObservableGauge<i64>,
        f64_observable_gauge -> ObservableGauge<f64>,
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_sdk::metrics::data::{
        AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics,
    };
    use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};

    use super::*;

    fn url() -> String {
        format!("postgres://floe:{}@db/orders", concat!("hunter2", "XyZ"))
    }

    #[test]
    fn no_instrument_leads_around_the_redaction() {
        let memory = InMemoryMetricExporter::default();
        let sdk = SdkMeterProvider::builder()
            .with_periodic_exporter(memory.clone())
            .build();
        let meter = RedactingMeterProvider::new(sdk.clone(), Redaction::default()).meter("test");
        let labels = [KeyValue::new("url", url())];
        meter.u64_counter("a").build().add(1, &labels);
        meter.f64_counter("b").build().add(1.0, &labels);
        meter.i64_up_down_counter("c").build().add(-1, &labels);
        meter.f64_up_down_counter("d").build().add(-1.0, &labels);
        meter.u64_gauge("e").build().record(1, &labels);
        meter.i64_gauge("f").build().record(1, &labels);
        meter.f64_gauge("g").build().record(1.0, &labels);
        meter.u64_histogram("h").build().record(1, &labels);
        meter.f64_histogram("i").build().record(1.0, &labels);
        meter.u64_counter("q").build().bind(&labels).add(1);
        meter.i64_up_down_counter("r").build().bind(&labels).add(-1);
        meter.f64_gauge("s").build().bind(&labels).record(1.0);
        meter.f64_histogram("t").build().bind(&labels).record(1.0);
        macro_rules! observe {
            ($($method:ident $name:literal $value:literal),*) => {$(
                let seen = labels.clone();
                let _kept = meter
                    .$method($name)
                    .with_callback(move |observer| observer.observe($value, &seen))
                    .build();
            )*};
        }
        observe!(
            u64_observable_counter "j" 1, f64_observable_counter "k" 1.0,
            i64_observable_up_down_counter "l" 1, f64_observable_up_down_counter "m" 1.0,
            u64_observable_gauge "n" 1, i64_observable_gauge "o" 1, f64_observable_gauge "p" 1.0
        );
        sdk.force_flush().unwrap();

        let all = memory.get_finished_metrics().unwrap();
        let metrics: Vec<_> = all
            .iter()
            .flat_map(ResourceMetrics::scope_metrics)
            .flat_map(ScopeMetrics::metrics)
            .collect();
        assert_eq!(metrics.len(), 20);
        for metric in metrics {
            let attributes = match metric.data() {
                AggregatedMetrics::U64(data) => attributes(data),
                AggregatedMetrics::I64(data) => attributes(data),
                AggregatedMetrics::F64(data) => attributes(data),
            };
            let expected = [KeyValue::new("url", "postgres://<REDACTED>@db/orders")];
            assert_eq!(attributes, expected, "{}", metric.name());
        }
    }

    #[test]
    fn what_an_instrument_is_called_is_safe_and_still_a_name() {
        let memory = InMemoryMetricExporter::default();
        let sdk = SdkMeterProvider::builder()
            .with_periodic_exporter(memory.clone())
            .build();
        let meter = RedactingMeterProvider::new(sdk.clone(), Redaction::default()).meter("test");
        let token = ["gh", "p_16C7e42F292c6912E7710c838347Ae178B4a"].concat();
        meter
            .u64_counter(format!("calls.{token}"))
            .with_unit(format!("{{{token}}}"))
            .with_description(url())
            .build()
            .add(1, &[]);
        let _kept = meter
            .u64_observable_gauge(format!("queue.{token}"))
            .with_callback(|observer| observer.observe(1, &[]))
            .build();
        meter
            .f64_histogram("token.duration")
            .build()
            .record(1.0, &[]);
        sdk.force_flush().unwrap();

        let all = memory.get_finished_metrics().unwrap();
        let metrics = all
            .iter()
            .flat_map(ResourceMetrics::scope_metrics)
            .flat_map(ScopeMetrics::metrics);
        let mut told: Vec<_> = metrics
            .map(|metric| (metric.name(), metric.unit(), metric.description()))
            .collect();
        told.sort_unstable();
        assert_eq!(
            told,
            [
                (
                    "calls.REDACTED",
                    "{<REDACTED>}",
                    "postgres://<REDACTED>@db/orders"
                ),
                ("queue.REDACTED", "", ""),
                ("token.duration", "", ""),
            ]
        );
    }

    fn attributes<T>(data: &MetricData<T>) -> Vec<KeyValue> {
        use opentelemetry_sdk::metrics::data::{
            ExponentialHistogramDataPoint, GaugeDataPoint, HistogramDataPoint, SumDataPoint,
        };
        match data {
            MetricData::Gauge(data) => collect(data.data_points().map(GaugeDataPoint::attributes)),
            MetricData::Sum(data) => collect(data.data_points().map(SumDataPoint::attributes)),
            MetricData::Histogram(data) => {
                collect(data.data_points().map(HistogramDataPoint::attributes))
            }
            MetricData::ExponentialHistogram(data) => {
                let points = data.data_points();
                collect(points.map(ExponentialHistogramDataPoint::attributes))
            }
        }
    }

    fn collect<'a>(
        points: impl Iterator<Item = impl Iterator<Item = &'a KeyValue>>,
    ) -> Vec<KeyValue> {
        points.flatten().cloned().collect()
    }
}
