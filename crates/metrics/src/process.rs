//! The resources that the process uses, under the names of OpenTelemetry's
//! [process metrics](https://opentelemetry.io/docs/specs/semconv/system/process-metrics/), on Linux.

use std::fs;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter};
use rustix::param::{clock_ticks_per_second, page_size};

/// Registers the metrics. A value that `/proc` does not provide is not observed.
pub(super) fn observe(meter: &Meter) {
    let _instrument = meter
        .f64_observable_counter("process.cpu.time")
        .with_unit("s")
        .with_description("Processor time that the process has used, by its mode.")
        .with_callback(|counter| {
            let Some(stat) = Stat::read() else {
                return;
            };

            for (mode, seconds) in [("user", stat.user), ("system", stat.system)] {
                counter.observe(seconds, &[KeyValue::new("cpu.mode", mode)]);
            }
        })
        .build();
    let memory = || Some(Stat::read()?.memory);
    add(meter, "process.memory.usage", "By", "Physical memory that the process uses.", memory);
    let threads = || Some(Stat::read()?.threads);
    add(meter, "process.thread.count", "{thread}", "Threads of the process.", threads);
    let name = "process.unix.file_descriptor.count";
    add(meter, name, "{file_descriptor}", "Open descriptors of the process.", descriptors);
}

fn add(
    meter: &Meter,
    name: &'static str,
    unit: &'static str,
    description: &'static str,
    read: impl Fn() -> Option<u64> + Send + Sync + 'static,
) {
    let observe = move |instrument: &dyn AsyncInstrument<i64>| {
        if let Some(value) = read().and_then(|value| i64::try_from(value).ok()) {
            instrument.observe(value, &[]);
        }
    };

    let instrument = meter.i64_observable_up_down_counter(name).with_unit(unit);
    let _instrument = instrument.with_description(description).with_callback(observe).build();
}

fn descriptors() -> Option<u64> {
    // Reading the folder opens one descriptor, which is not counted.
    let open = fs::read_dir("/proc/self/fd").ok()?.count();
    open.saturating_sub(1).try_into().ok()
}

/// Values of [`proc_pid_stat(5)`](https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
#[derive(Debug, PartialEq)]
struct Stat {
    /// Time in the program, in seconds.
    user: f64,
    /// Time in the kernel, in seconds.
    system: f64,
    threads: u64,
    /// Physical memory in bytes.
    memory: u64,
}

impl Stat {
    fn read() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/self/stat").ok()?)
    }

    fn parse(stat: &str) -> Option<Self> {
        // The second field is the name of the program, which may contain spaces and brackets.
        let (_, rest) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        // The manual counts from one, and `fields` begins with its third field.
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            user: seconds(field(14)?),
            system: seconds(field(15)?),
            threads: field(20)?,
            memory: field(24)?.saturating_mul(page_size() as u64),
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "clock ticks of a process stay far below 2^52")]
fn seconds(ticks: u64) -> f64 {
    ticks as f64 / clock_ticks_per_second() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_program_may_contain_anything() {
        let stat = "7 (a) R (b c) S 1 7 7 0 -1 4194304 90 0 0 0 250 50 0 0 20 0 3 0 1000 4096 2 18446744073709551615";
        let expected = Stat {
            user: seconds(250),
            system: seconds(50),
            threads: 3,
            memory: 2 * page_size() as u64,
        };

        assert_eq!(Stat::parse(stat), Some(expected));
        assert_eq!(Stat::parse("7 (a) S 1 7"), None);
    }
}
