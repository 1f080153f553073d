//! Resources that the process uses, under the names of OpenTelemetry's
//! [process metrics](https://opentelemetry.io/docs/specs/semconv/system/process-metrics/).

use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter};

use crate::this_process::{Stat, open_files, stat, system_uptime};

/// The instruments of one collection share a reading: an instrument that comes again begins the next one.
#[derive(Clone)]
struct Readings {
    read: fn() -> Option<Stat>,
    /// The last reading, and a bit for each instrument that has it.
    last: Arc<Mutex<(Option<Stat>, u8)>>,
}

impl Readings {
    fn of(&self, instrument: u8) -> Option<Stat> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = if last.1 & instrument == 0 { last.1 } else { 0 };
        if seen == 0 {
            last.0 = (self.read)();
        }
        last.1 = seen | instrument;
        last.0
    }
}

/// Registers the process metrics. Values that `/proc` does not provide are not observed.
pub(super) fn observe(meter: &Meter) {
    observe_of(meter, stat);
}

fn observe_of(meter: &Meter, read: fn() -> Option<Stat>) {
    let readings = Readings { read, last: Arc::default() };
    let (cpu, age) = (readings.clone(), readings.clone());
    let _instrument = meter
        .f64_observable_counter("process.cpu.time")
        .with_unit("s")
        .with_description("CPU time that the process has used.")
        .with_callback(move |counter| cpu_time(counter, cpu.of(1)))
        .build();
    let _instrument = meter
        .f64_observable_gauge("process.uptime")
        .with_unit("s")
        .with_description("How long the process has been running.")
        .with_callback(move |uptime| {
            if let (Some(now), Some(stat)) = (system_uptime(), age.of(2)) {
                uptime.observe(now - stat.started, &[]);
            }
        })
        .build();
    let of = |instrument, value: fn(Stat) -> u64| {
        let readings = readings.clone();
        move || readings.of(instrument).map(value)
    };
    let usage = of(4, |stat| stat.physical_memory);
    add(meter, ["process.memory.usage", "By", "Physical memory that the process uses."], usage);
    let size = of(8, |stat| stat.virtual_memory);
    add(meter, ["process.memory.virtual", "By", "Virtual memory of the process."], size);
    let threads = of(16, |stat| stat.threads);
    add(meter, ["process.thread.count", "{thread}", "Threads of the process."], threads);
    let [name, unit] = ["process.unix.file_descriptor.count", "{file_descriptor}"];
    let files = || open_files()?.try_into().ok();
    add(meter, [name, unit, "Files that the process has open."], files);
}

fn add(
    meter: &Meter,
    [name, unit, description]: [&'static str; 3],
    value: impl Fn() -> Option<u64> + Send + Sync + 'static,
) {
    let observe = move |instrument: &dyn AsyncInstrument<i64>| {
        if let Some(value) = value().and_then(|value| value.try_into().ok()) {
            instrument.observe(value, &[]);
        }
    };
    let instrument = meter.i64_observable_up_down_counter(name).with_unit(unit);
    let _instrument = instrument.with_description(description).with_callback(observe).build();
}

fn cpu_time(counter: &dyn AsyncInstrument<f64>, stat: Option<Stat>) {
    let Some(stat) = stat else {
        return;
    };
    for (mode, seconds) in [("user", stat.user), ("system", stat.system)] {
        counter.observe(seconds, &[KeyValue::new("cpu.mode", mode)]);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use opentelemetry::metrics::MeterProvider as _;
    use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};

    use super::*;

    #[test]
    fn a_collection_reads_the_state_of_the_process_once() {
        static READ: AtomicUsize = AtomicUsize::new(0);
        let exporter = InMemoryMetricExporter::default();
        let reader =
            PeriodicReader::builder(exporter).with_interval(std::time::Duration::MAX).build();
        let provider = SdkMeterProvider::builder().with_reader(reader).build();
        observe_of(&provider.meter("process"), || {
            READ.fetch_add(1, Ordering::Relaxed);
            stat()
        });
        for collection in 1..4 {
            provider.force_flush().unwrap();
            assert_eq!(READ.load(Ordering::Relaxed), collection);
        }
    }
}
