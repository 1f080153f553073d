//! Resources that the process uses, under the names of OpenTelemetry's
//! [process metrics](https://opentelemetry.io/docs/specs/semconv/system/process-metrics/).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter};

use crate::clock::{Instant, monotonic_now};
use crate::this_process::{Stat, open_files, stat, system_uptime};

/// The maximum time for which instruments share a reading.
const MAX_AGE: Duration = Duration::from_secs(1);

/// The instruments of one collection share a reading. A new reading begins when an instrument is read again, or when
/// the reading is too old. Simultaneous collections of several readers share their readings, too.
#[derive(Clone)]
struct Readings {
    read: fn() -> Option<Stat>,
    now: fn() -> Instant,
    last: Arc<Mutex<Option<Reading>>>,
}

/// A reading with its time, and a bit for each instrument that has it.
type Reading = (Instant, Option<Stat>, u8);

impl Readings {
    fn of(&self, instrument: u8) -> Option<Stat> {
        let now = (self.now)();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = last.filter(|(read_at, _, seen)| {
            seen & instrument == 0 && now.saturating_duration_since(*read_at) < MAX_AGE
        });
        let (read_at, stat, seen) = shared.unwrap_or_else(|| (now, (self.read)(), 0));
        *last = Some((read_at, stat, seen | instrument));
        stat
    }
}

/// Registers the process metrics. Values that `/proc` does not provide are not observed.
pub(super) fn observe(meter: &Meter) {
    observe_of(meter, &Readings { read: stat, now: monotonic_now, last: Arc::default() });
}

fn observe_of(meter: &Meter, readings: &Readings) {
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
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

    use opentelemetry::metrics::MeterProvider as _;
    use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};

    use super::*;

    /// The time of a clock that does not advance.
    static START: LazyLock<Instant> = LazyLock::new(monotonic_now);

    #[test]
    fn a_collection_reads_the_state_of_the_process_once() {
        static READ: AtomicUsize = AtomicUsize::new(0);
        let exporter = InMemoryMetricExporter::default();
        let reader = PeriodicReader::builder(exporter).with_interval(Duration::MAX).build();
        let provider = SdkMeterProvider::builder().with_reader(reader).build();
        let read = || {
            READ.fetch_add(1, Ordering::Relaxed);
            stat()
        };
        let readings = Readings { read, now: || *START, last: Arc::default() };
        observe_of(&provider.meter("process"), &readings);
        for collection in 1..4 {
            provider.force_flush().unwrap();
            assert_eq!(READ.load(Ordering::Relaxed), collection);
        }
    }

    #[test]
    fn a_reading_does_not_outlive_the_collections_of_two_readers() {
        static READ: AtomicU64 = AtomicU64::new(0);
        static INTERVAL: AtomicU32 = AtomicU32::new(0);
        let now = || *START + 60 * INTERVAL.load(Ordering::Relaxed) * MAX_AGE;
        let read = || {
            let physical_memory = READ.fetch_add(1, Ordering::Relaxed);
            stat().map(|stat| Stat { physical_memory, ..stat })
        };
        let readings = Readings { read, now, last: Arc::default() };
        let mut last = None;
        for interval in 0..3 {
            // Two readers begin their collections at the same moment.
            INTERVAL.store(interval, Ordering::Relaxed);
            for instrument in [1, 1, 2, 4, 8, 16, 2, 4, 8, 16] {
                let reading = readings.of(instrument).map(|stat| stat.physical_memory);
                assert!(reading > last, "interval {interval}, instrument {instrument}");
            }
            last = READ.load(Ordering::Relaxed).checked_sub(1);
        }
    }
}
