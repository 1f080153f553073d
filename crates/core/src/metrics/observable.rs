//! Observable instruments, whose values are read when metrics are collected.
//!
//! They outlive providers: each new provider gets all of them.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::metrics::{AsyncInstrument, Meter, MeterProvider};
use opentelemetry::{InstrumentationScope, KeyValue};

use super::current;
use super::metric::Metric;
use super::number::MetricNumber;

/// The maximum number of observable instruments of a process.
const MAX_INSTRUMENTS: usize = 2000;

/// The kind of an observable instrument
/// ([specification](https://opentelemetry.io/docs/specs/otel/metrics/api/#asynchronous-instrument-api)).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Observable {
    /// A sum that does not decrease, such as the CPU time of a process.
    Counter,
    /// A sum that can decrease, such as the number of open connections.
    UpDownCounter,
    /// A value that makes no sense as a sum, such as a temperature.
    Gauge,
}

/// Receives the values of an observable instrument.
pub struct Observer<'a>(&'a dyn AsyncInstrument<f64>);

impl Observer<'_> {
    /// Observes the current value of the series with these attributes. A value that is not finite is ignored.
    pub fn observe(&self, value: impl MetricNumber, attributes: &[KeyValue]) {
        let value = value.to_f64();
        if value.is_finite() {
            self.0.observe(value, attributes);
        }
    }
}

impl fmt::Debug for Observer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").finish_non_exhaustive()
    }
}

type Callback = Arc<dyn Fn(&Observer<'_>) + Send + Sync>;

/// An observable instrument, and the function that reads its values.
struct Registered {
    scope: InstrumentationScope,
    name: String,
    unit: String,
    description: String,
    kind: Observable,
    callback: Callback,
}

static REGISTERED: Mutex<Vec<Registered>> = Mutex::new(Vec::new());

fn registered() -> MutexGuard<'static, Vec<Registered>> {
    REGISTERED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds an instrument to the current provider and to each later one. The error is the reason why it is not added.
pub(super) fn add(
    scope: InstrumentationScope,
    metric: &Metric<'_>,
    kind: Observable,
    callback: impl Fn(&Observer<'_>) + Send + Sync + 'static,
) -> Result<(), String> {
    if let Some(fault) = metric.fault() {
        return Err(fault.to_owned());
    }
    let mut all = registered();
    let is_known =
        |known: &Registered| known.scope.name() == scope.name() && known.name == metric.name;
    if all.iter().any(is_known) {
        return Err("it is observed already".to_owned());
    }
    if all.len() >= MAX_INSTRUMENTS {
        return Err(format!("expected at most {MAX_INSTRUMENTS} observable instruments"));
    }
    let instrument = Registered {
        scope,
        name: metric.name.to_owned(),
        unit: metric.unit.to_owned(),
        description: metric.description.to_owned(),
        kind,
        callback: Arc::new(callback),
    };
    if let Some(current) = current::current() {
        instrument.build(&*current.provider);
    }
    all.push(instrument);
    Ok(())
}

/// Makes `provider` the current one, with all instruments that are registered.
pub fn switch(provider: Arc<dyn MeterProvider + Send + Sync>) {
    // Locked meanwhile, so that an instrument which is added now is not missed.
    let all = registered();
    for instrument in &*all {
        instrument.build(&*provider);
    }
    current::switch(Some(provider));
}

impl Registered {
    fn build(&self, provider: &(dyn MeterProvider + Send + Sync)) {
        let meter: Meter = provider.meter_with_scope(self.scope.clone());
        let callback = Arc::clone(&self.callback);
        let callback = move |observer: &dyn AsyncInstrument<f64>| callback(&Observer(observer));
        let name = self.name.clone();
        macro_rules! build {
            ($method:ident) => {{
                let _instrument = meter
                    .$method(name)
                    .with_unit(self.unit.clone())
                    .with_description(self.description.clone())
                    .with_callback(callback)
                    .build();
            }};
        }
        match self.kind {
            Observable::Counter => build!(f64_observable_counter),
            Observable::UpDownCounter => build!(f64_observable_up_down_counter),
            Observable::Gauge => build!(f64_observable_gauge),
        }
    }
}
