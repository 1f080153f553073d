//! Instruments of which a view keeps attributes by patterns.
//!
//! The SDK keeps attributes by a set of keys. A view with patterns, or with keys to remove, has an instrument of its own
//! here, which gets the attributes that are left. Other instruments are those of the SDK.

use opentelemetry::metrics::{
    AsyncInstrument, AsyncInstrumentBuilder, BoundSyncInstrument, Counter, Gauge, Histogram,
    HistogramBuilder, InstrumentBuilder, InstrumentProvider, Meter, MeterProvider,
    ObservableCounter, ObservableGauge, ObservableUpDownCounter, SyncInstrument, UpDownCounter,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::metrics::{InstrumentKind, SdkMeterProvider};
use std::sync::Arc;

use super::redacting::Record;
use super::views::{Selected, Views};
use crate::collector::ExemplarValue;
use crate::config::KeyFilter;

/// The SDK's meter provider with all that views can do.
#[derive(Clone, Debug)]
pub(super) struct FilteringMeterProvider {
    sdk: SdkMeterProvider,
    views: Views,
}

impl FilteringMeterProvider {
    pub(super) const fn new(sdk: SdkMeterProvider, views: Views) -> Self {
        Self { sdk, views }
    }
}

impl MeterProvider for FilteringMeterProvider {
    fn meter_with_scope(&self, scope: InstrumentationScope) -> Meter {
        Meter::new(Arc::new(Instruments {
            meter: self.sdk.meter_with_scope(scope.clone()),
            scope,
            views: self.views.clone(),
        }))
    }
}

struct Instruments {
    meter: Meter,
    scope: InstrumentationScope,
    views: Views,
}

/// An instrument for the views that the SDK can apply, if there are any, and one for each other view.
struct Filtered<I> {
    instrument: Option<I>,
    others: Vec<(KeyFilter, I)>,
}

/// The same, bound to attributes.
struct Bound<T>(Vec<Box<dyn BoundSyncInstrument<T> + Send + Sync>>);

/// What a callback observes, without the attributes that a view removes.
struct Observer<'a, T> {
    observer: &'a dyn AsyncInstrument<T>,
    filter: &'a KeyFilter,
}

impl Instruments {
    fn filtered(
        &self,
        name: &str,
        unit: Option<&str>,
        kind: InstrumentKind,
    ) -> (Vec<(usize, KeyFilter)>, bool) {
        self.views.filtered(Selected {
            name,
            unit: unit.unwrap_or_default(),
            scope: &self.scope,
            kind,
        })
    }
}

fn kept(attributes: &[KeyValue], filter: &KeyFilter) -> Vec<KeyValue> {
    let attributes = attributes.iter();
    let kept = attributes.filter(|attribute| filter.keeps(attribute.key.as_str()));
    kept.cloned().collect()
}

impl<T, I> SyncInstrument<T> for Filtered<I>
where
    T: Copy + Into<ExemplarValue> + 'static,
    I: Record<T> + Send + Sync,
{
    fn measure(&self, measurement: T, attributes: &[KeyValue]) {
        if let Some(instrument) = &self.instrument {
            instrument.record(measurement, attributes);
        }
        for (filter, instrument) in &self.others {
            instrument.record(measurement, &kept(attributes, filter));
        }
    }

    fn bind(&self, attributes: &[KeyValue]) -> Box<dyn BoundSyncInstrument<T> + Send + Sync> {
        let others = self.others.iter();
        let others =
            others.map(|(filter, other)| other.bound(&kept(attributes, filter), Vec::new()));
        let instrument = self.instrument.iter();
        let own = instrument.map(|instrument| instrument.bound(attributes, Vec::new()));
        Box::new(Bound(own.chain(others).collect()))
    }
}

impl<T: Copy> BoundSyncInstrument<T> for Bound<T> {
    fn measure(&self, measurement: T) {
        for instrument in &self.0 {
            instrument.measure(measurement);
        }
    }
}

impl<T> AsyncInstrument<T> for Observer<'_, T> {
    fn observe(&self, measurement: T, attributes: &[KeyValue]) {
        let kept = kept(attributes, self.filter);
        self.observer.observe(measurement, &kept);
    }
}

macro_rules! instruments {
    ($($method:ident -> $instrument:ident<$ty:ty> { $($advice:ident)? }),* $(,)?) => {$(
        fn $method(&self, request: instruments!(@builder $instrument<$ty> $($advice)?)) -> $instrument<$ty> {
            let kind = InstrumentKind::$instrument;
            let (filtered, needs_other) = self.filtered(&request.name, request.unit.as_deref(), kind);
            let build = || {
                let mut builder = self.meter.$method(request.name.clone());
                builder.unit = request.unit.clone();
                builder.description = request.description.clone();
                $(builder.$advice = request.$advice.clone();)?
                builder.build()
            };
            if filtered.is_empty() {
                return build();
            }
            let instrument = needs_other.then(build);
            let others = filtered.into_iter();
            let others = others.map(|(at, filter)| (filter, Views::only(at, build))).collect();
            $instrument::new(Arc::new(Filtered { instrument, others }))
        }
    )*};
    (@builder $instrument:ident<$ty:ty>) => { InstrumentBuilder<'_, $instrument<$ty>> };
    (@builder $instrument:ident<$ty:ty> boundaries) => { HistogramBuilder<'_, $instrument<$ty>> };
}

macro_rules! observables {
    ($($method:ident -> $instrument:ident<$ty:ty>),* $(,)?) => {$(
        fn $method(
            &self,
            request: AsyncInstrumentBuilder<'_, $instrument<$ty>, $ty>,
        ) -> $instrument<$ty> {
            let kind = InstrumentKind::$instrument;
            let (filtered, needs_other) = self.filtered(&request.name, request.unit.as_deref(), kind);
            let (name, unit, description) = (request.name, request.unit, request.description);
            let builder = || {
                let mut builder = self.meter.$method(name.clone());
                builder.unit = unit.clone();
                builder.description = description.clone();
                builder
            };
            let callbacks: Vec<Arc<dyn Fn(&dyn AsyncInstrument<$ty>) + Send + Sync>> =
                request.callbacks.into_iter().map(Arc::from).collect();
            for (at, filter) in filtered {
                let mut other = builder();
                for callback in callbacks.iter().cloned() {
                    let filter = filter.clone();
                    other = other.with_callback(move |observer| {
                        callback(&Observer { observer, filter: &filter });
                    });
                }
                // The SDK keeps its callbacks.
                Views::only(at, || other.build());
            }
            if !needs_other {
                return $instrument::new();
            }
            let mut builder = builder();
            for callback in callbacks {
                builder = builder.with_callback(move |observer| callback(observer));
            }
            builder.build()
        }
    )*};
}

impl InstrumentProvider for Instruments {
    instruments! {
        u64_counter -> Counter<u64> {},
        f64_counter -> Counter<f64> {},
        i64_up_down_counter -> UpDownCounter<i64> {},
        f64_up_down_counter -> UpDownCounter<f64> {},
        u64_gauge -> Gauge<u64> {},
        i64_gauge -> Gauge<i64> {},
        f64_gauge -> Gauge<f64> {},
        f64_histogram -> Histogram<f64> { boundaries },
        u64_histogram -> Histogram<u64> { boundaries },
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
