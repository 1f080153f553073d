//! Resources that the process uses, under the names of OpenTelemetry's
//! [process metrics](https://opentelemetry.io/docs/specs/semconv/system/process-metrics/).

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter};

use crate::this_process::{open_files, stat, system_uptime};

/// Registers the process metrics. Values that `/proc` does not provide are not observed.
pub(super) fn observe(meter: &Meter) {
    let _instrument = meter
        .f64_observable_counter("process.cpu.time")
        .with_unit("s")
        .with_description("CPU time that the process has used.")
        .with_callback(cpu_time)
        .build();
    let _instrument = meter
        .i64_observable_up_down_counter("process.memory.usage")
        .with_unit("By")
        .with_description("Physical memory that the process uses.")
        .with_callback(|usage| observe_integer(usage, stat().map(|stat| stat.physical_memory)))
        .build();
    let _instrument = meter
        .i64_observable_up_down_counter("process.memory.virtual")
        .with_unit("By")
        .with_description("Virtual memory of the process.")
        .with_callback(|size| observe_integer(size, stat().map(|stat| stat.virtual_memory)))
        .build();
    let _instrument = meter
        .i64_observable_up_down_counter("process.thread.count")
        .with_unit("{thread}")
        .with_description("Threads of the process.")
        .with_callback(|count| observe_integer(count, stat().map(|stat| stat.threads)))
        .build();
    let _instrument = meter
        .i64_observable_up_down_counter("process.unix.file_descriptor.count")
        .with_unit("{file_descriptor}")
        .with_description("Files that the process has open.")
        .with_callback(|count| observe_integer(count, open_files()))
        .build();
    let _instrument = meter
        .f64_observable_gauge("process.uptime")
        .with_unit("s")
        .with_description("How long the process has been running.")
        .with_callback(|age| {
            if let Some(seconds) = uptime() {
                age.observe(seconds, &[]);
            }
        })
        .build();
}

fn observe_integer(instrument: &dyn AsyncInstrument<i64>, value: Option<impl TryInto<i64>>) {
    if let Some(value) = value.and_then(|value| value.try_into().ok()) {
        instrument.observe(value, &[]);
    }
}

fn cpu_time(counter: &dyn AsyncInstrument<f64>) {
    let Some(stat) = stat() else {
        return;
    };
    for (mode, seconds) in [("user", stat.user), ("system", stat.system)] {
        counter.observe(seconds, &[KeyValue::new("cpu.mode", mode)]);
    }
}

fn uptime() -> Option<f64> {
    Some(system_uptime()? - stat()?.started)
}
