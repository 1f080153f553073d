//! A meter provider that redacts the attributes of every measurement.
//!
//! The SDK aggregates while it records, and exporters get read-only data, so attributes must be
//! redacted before they are recorded. Attribute sets recur, because metrics are useful only at low
//! cardinality, so the redacted form of each set is cached per thread.

mod cache;
mod callbacks;
mod record;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use self::cache::{AttributeSet, RedactionCache};
use self::callbacks::{Callbacks, Observed};
use self::record::Record;
use super::views::Views;
use crate::caught::caught;
use crate::char_boundary::beginning;
use crate::collector::{Exemplars, Redaction, Redactor};
use crate::internal_log::{internal_log, later};
use crate::redaction::{MAX_MESSAGE_CHARS, shown};
use floe_telemetry_core::REDACTED;
use floe_telemetry_core::metrics::MetricNumber;
use floe_telemetry_sdk::config::{Selection, ViewedInstrument};
use opentelemetry::metrics::{
    AsyncInstrument, AsyncInstrumentBuilder, BoundSyncInstrument, Counter, Gauge, Histogram,
    HistogramBuilder, InstrumentBuilder, InstrumentProvider, Meter, MeterProvider,
    ObservableCounter, ObservableGauge, ObservableUpDownCounter, SyncInstrument, UpDownCounter,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::metrics::InstrumentKind;

/// The maximum number of scopes. The SDK never releases a scope. Only a program that generates names at run time
/// exceeds this number.
const MAX_SCOPES: usize = 1000;

/// The name of the scope that surplus scopes share.
const OVERFLOW: &str = "floe.telemetry.overflow";

pub(super) struct RedactingMeterProvider<P> {
    provider: P,
    policy: Policy,
    views: Arc<Views>,
    callbacks: Arc<Callbacks>,
    /// The scopes so far: at most [`MAX_SCOPES`] and [`OVERFLOW`].
    scopes: Mutex<HashSet<InstrumentationScope>>,
}

/// The redaction of one provider, and the id that identifies it in the threads' caches.
#[derive(Clone, Debug)]
struct Policy {
    id: u64,
    redaction: Redaction,
}

/// Creates the redacting instruments of a meter.
struct Instruments {
    meter: Meter,
    scope: InstrumentationScope,
    policy: Policy,
    views: Arc<Views>,
    callbacks: Arc<Callbacks>,
}

/// An instrument whose attributes are redacted before they are recorded, with its exemplars.
struct Redacting<I> {
    instrument: I,
    kept: Kept,
    policy: Policy,
    exemplars: Option<Arc<Exemplars>>,
}

/// Views that select attributes by patterns, in place of the SDK. An attribute is recorded if each of them keeps it.
#[derive(Clone, Default)]
struct Kept(Arc<[Selection]>);

impl Kept {
    fn attributes<'a>(&self, all: &'a [KeyValue]) -> Cow<'a, [KeyValue]> {
        if self.0.is_empty() {
            return Cow::Borrowed(all);
        }

        let is_kept = |attribute: &&KeyValue| {
            self.0.iter().all(|selection| selection.selects(attribute.key.as_str()))
        };

        all.iter().filter(is_kept).cloned().collect()
    }
}

thread_local! {
    static CACHE: RefCell<RedactionCache> = RefCell::default();
}

impl<P> RedactingMeterProvider<P> {
    pub(super) fn new(provider: P, redaction: Redaction, views: Arc<Views>) -> Self {
        static POLICIES: AtomicU64 = AtomicU64::new(0);

        let id = POLICIES.fetch_add(1, Ordering::Relaxed) + 1;
        let callbacks = Arc::<Callbacks>::default();
        callbacks.start();
        Self {
            provider,
            policy: Policy { id, redaction },
            views,
            callbacks,
            scopes: Mutex::default(),
        }
    }

    /// Returns the scope, or the scope [`OVERFLOW`] if there are too many.
    fn bounded(&self, scope: InstrumentationScope) -> InstrumentationScope {
        let mut known = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(&scope) {
            return scope;
        }

        let has_room = known.len() < MAX_SCOPES;
        let scope = if has_room { scope } else { InstrumentationScope::builder(OVERFLOW).build() };
        let is_new = known.insert(scope.clone());
        drop(known);
        if is_new && !has_room {
            later(|| {
                internal_log!(
                    warn,
                    scope = OVERFLOW,
                    "there are too many meters and metric recorders: further ones share a scope"
                );
            });
        }
        scope
    }
}

impl Policy {
    /// Calls a callback of the program. Its panics are caught, because they would end the thread that collects all
    /// metrics. Only the first one is reported.
    fn observe(&self, metric: &str, has_panicked: &AtomicBool, callback: impl FnOnce()) {
        if let Err(panic) = caught(callback)
            && !has_panicked.swap(true, Ordering::Relaxed)
        {
            let panic = shown(&self.redaction.error_text_or_same(panic)).into_owned();
            let reason = format!("its callback panicked: {panic}");
            internal_log!(
                error,
                metric = metric,
                reason = reason,
                "the callback of a metric failed"
            );
        }
    }

    fn apply<R>(&self, attributes: &[KeyValue], record: impl Fn(&[KeyValue]) -> R) -> R {
        if attributes.is_empty() {
            return record(attributes);
        }

        let shorter = Redactor::cut(attributes);
        let attributes = shorter.as_deref().unwrap_or(attributes);
        let cached = CACHE.try_with(|cache| {
            let mut cache = cache.try_borrow_mut().ok()?;
            if cache.policy != self.id {
                *cache = RedactionCache::new(self);
            }

            Some(cache.redacted(attributes).map(AttributeSet::from))
        });

        match cached {
            Ok(Some(None)) => record(attributes),
            Ok(Some(Some(redacted))) => record(&redacted),
            // The thread is ending, or the measurement is recorded within another one, which uses the cache.
            Ok(None) | Err(_) => {
                let mut cache = RedactionCache::new(self);
                record(cache.redacted(attributes).unwrap_or(attributes))
            }
        }
    }
}

impl<P: MeterProvider> MeterProvider for RedactingMeterProvider<P> {
    fn meter_with_scope(&self, scope: InstrumentationScope) -> Meter {
        let mut redactor = Redactor::new(self.policy.redaction.clone());
        let scope = self.bounded(redactor.scope(&scope));
        Meter::new(Arc::new(Instruments {
            meter: self.provider.meter_with_scope(scope.clone()),
            scope,
            policy: self.policy.clone(),
            views: Arc::clone(&self.views),
            callbacks: Arc::clone(&self.callbacks),
        }))
    }
}

impl<T, I> SyncInstrument<T> for Redacting<I>
where
    T: MetricNumber,
    I: Record<T> + Send + Sync,
{
    fn measure(&self, measurement: T, attributes: &[KeyValue]) {
        self.policy.apply(&self.kept.attributes(attributes), |redacted| {
            self.instrument.record(measurement, redacted);
            if let Some(exemplars) = &self.exemplars {
                exemplars.measure(measurement.to_f64(), redacted);
            }
        });
    }

    fn bind(&self, attributes: &[KeyValue]) -> Box<dyn BoundSyncInstrument<T> + Send + Sync> {
        self.policy.apply(&self.kept.attributes(attributes), |redacted| {
            let exemplars = self.exemplars.as_ref();
            self.instrument.bound(redacted, exemplars.map(|exemplars| exemplars.bind(redacted)))
        })
    }
}

impl<T: Copy> AsyncInstrument<T> for Redacting<&dyn AsyncInstrument<T>> {
    fn observe(&self, measurement: T, attributes: &[KeyValue]) {
        self.policy.apply(&self.kept.attributes(attributes), |redacted| {
            self.instrument.observe(measurement, redacted);
        });
    }
}

impl Instruments {
    /// Wraps an instrument, so that its attributes are redacted before they are recorded.
    fn redacting<I>(
        &self,
        instrument: I,
        viewed: ViewedInstrument<'_>,
        boundaries: Option<&[f64]>,
    ) -> Redacting<I> {
        let exemplars = exemplars(&self.views, viewed, boundaries);
        Redacting { instrument, kept: self.kept(viewed), policy: self.policy.clone(), exemplars }
    }

    fn kept(&self, instrument: ViewedInstrument<'_>) -> Kept {
        Kept(self.views.selections(instrument).into())
    }

    /// Returns the redacted name. The replacement of a secret has no angle brackets, because instrument names must not
    /// contain them.
    fn name(&self, name: Cow<'static, str>) -> Cow<'static, str> {
        let redacted = self.policy.redaction.error_text_or_same(name.clone().into_owned());
        if redacted == name {
            name
        } else {
            redacted.replace(REDACTED, REDACTED.trim_matches(['<', '>'])).into()
        }
    }

    /// Returns the redacted unit or description, shortened to the maximum length of a message.
    fn text(&self, text: Option<Cow<'static, str>>) -> Option<Cow<'static, str>> {
        text.map(|text| {
            let text = (self.policy.redaction).error_text_or_same(text.into_owned());
            beginning(&text, MAX_MESSAGE_CHARS).to_owned().into()
        })
    }
}

pub(super) fn exemplars(
    views: &Views,
    instrument: ViewedInstrument<'_>,
    boundaries: Option<&[f64]>,
) -> Option<Arc<Exemplars>> {
    let boundaries = views.boundaries(instrument.kind, boundaries);
    Exemplars::of_instrument(instrument.scope, views.names(instrument), &boundaries)
}

/// Describes the instrument that a builder makes, for views.
macro_rules! viewed {
    ($this:ident, $name:ident, $unit:ident, $kind:expr) => {
        ViewedInstrument {
            name: &$name,
            kind: $kind,
            unit: $unit.as_deref().unwrap_or_default(),
            scope: &$this.scope,
        }
    };
}

macro_rules! instruments {
    ($($method:ident -> $instrument:ident<$ty:ty> of $builder:ident $($boundaries:ident)?),* $(,)?) => {$(
        fn $method(&self, request: $builder<'_, $instrument<$ty>>) -> $instrument<$ty> {
            let mut builder = self.meter.$method(self.name(request.name));
            builder.unit = self.text(request.unit);
            builder.description = self.text(request.description);
            $(builder.$boundaries = request.$boundaries.clone();)?
            let name = builder.name.clone();
            let unit = builder.unit.clone();
            let viewed = viewed!(self, name, unit, InstrumentKind::$instrument);
            let boundaries = None$(.or(request.$boundaries.as_deref()))?;
            $instrument::new(Arc::new(self.redacting(builder.build(), viewed, boundaries)))
        }
    )*};
}

macro_rules! observables {
    ($($method:ident -> $instrument:ident<$ty:ty>),* $(,)?) => {$(
        fn $method(
            &self,
            request: AsyncInstrumentBuilder<'_, $instrument<$ty>, $ty>,
        ) -> $instrument<$ty> {
            let mut builder = self.meter.$method(self.name(request.name));
            builder.unit = self.text(request.unit);
            builder.description = self.text(request.description);
            let name = builder.name.clone();
            let unit = builder.unit.clone();
            let kept = self.kept(viewed!(self, name, unit, InstrumentKind::$instrument));
            for callback in request.callbacks {
                let policy = self.policy.clone();
                let kept = kept.clone();
                let callbacks = Arc::clone(&self.callbacks);
                let metric = builder.name.clone();
                let of_callback = self.policy.clone();
                let name = builder.name.clone();
                let has_panicked = AtomicBool::new(false);
                let observe: Arc<dyn Fn() -> Vec<_> + Send + Sync> = Arc::new(move || {
                    let observed = Observed::default();
                    of_callback.observe(&name, &has_panicked, || callback(&observed));
                    observed.into_values()
                });
                builder = builder.with_callback(move |observer| {
                    let observe = Arc::clone(&observe);
                    let redacting = Redacting {
                        instrument: observer,
                        kept: kept.clone(),
                        policy: policy.clone(),
                        exemplars: None,
                    };
                    for (value, attributes) in callbacks.call(&metric, move || observe()) {
                        redacting.observe(value, &attributes);
                    }
                });
            }
            builder.build()
        }
    )*};
}

impl InstrumentProvider for Instruments {
    instruments! {
        u64_counter -> Counter<u64> of InstrumentBuilder,
        f64_counter -> Counter<f64> of InstrumentBuilder,
        i64_up_down_counter -> UpDownCounter<i64> of InstrumentBuilder,
        f64_up_down_counter -> UpDownCounter<f64> of InstrumentBuilder,
        u64_gauge -> Gauge<u64> of InstrumentBuilder,
        i64_gauge -> Gauge<i64> of InstrumentBuilder,
        f64_gauge -> Gauge<f64> of InstrumentBuilder,
        f64_histogram -> Histogram<f64> of HistogramBuilder boundaries,
        u64_histogram -> Histogram<u64> of HistogramBuilder boundaries,
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
    use floe_telemetry_sdk::config::MetricsConfig;

    fn url() -> String {
        format!("postgres://floe:{}@db/orders", concat!("hunter2", "XyZ"))
    }

    fn meter() -> (InMemoryMetricExporter, SdkMeterProvider, Meter) {
        let memory = InMemoryMetricExporter::default();
        let sdk = SdkMeterProvider::builder().with_periodic_exporter(memory.clone()).build();
        let views = Views::new(&MetricsConfig::default(), Vec::new());
        let provider = RedactingMeterProvider::new(sdk.clone(), Redaction::default(), views);
        let meter = provider.meter("test");
        (memory, sdk, meter)
    }

    #[test]
    fn every_instrument_redacts_its_attributes() {
        let (memory, sdk, meter) = meter();
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
                let observed = labels.clone();
                let _instrument = meter
                    .$method($name)
                    .with_callback(move |observer| observer.observe($value, &observed))
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
