//! What the flight recorder costs: nanoseconds of processor time for each span, on the thread of the program and in the
//! whole process, in turn, medians; and how long a dump of two million spans takes.
//!
//! `cargo bench -p floe-telemetry-flight-recorder --bench recorder`; `-- --quick` measures one round of few spans.

#![expect(clippy::print_stdout, reason = "it prints what it has measured")]
#![expect(clippy::expect_used, reason = "a benchmark")]

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use floe_telemetry::config::{ContextMode, ExporterKind, Sampler, Signal};
use floe_telemetry::exporter::{OtlpRequest, OtlpWriter};
use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};
use floe_telemetry_flight_recorder as _;
use rustix::time::{ClockId, clock_gettime};

/// How many roots are together without a pause, each with ten children.
const TOGETHER: u32 = 50;

#[traced]
fn root() {
    for _ in 0..10 {
        child(black_box(7));
    }
}

#[traced]
#[inline(never)]
fn child(value: u64) -> u64 {
    black_box(value)
}

fn nanoseconds(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap_or(0))
        .as_secs_f64()
        * 1e9
}

#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    recorder: bool,
    sampler: Sampler,
    context: ContextMode,
}

fn config(case: &Case, folder: &Path) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("recorder");
    config.context = case.context;
    config.sampling.sampler = Some(case.sampler);
    let kind = if case.recorder { ExporterKind::FlightRecorder } else { ExporterKind::None };
    config.exporters.traces = Some(vec![kind]);
    config.exporters.flight_recorder.path = folder.to_path_buf();
    config.exporters.flight_recorder.max_bytes = 1 << 30;
    config.batch_processor.max_queue_size = 1_000_000;
    config
}

/// Nanoseconds for each span: of the thread, of the process.
fn measure(case: &Case, folder: &Path, roots: u32) -> (f64, f64) {
    let config = config(case, folder);
    let builder = TelemetryProvider::builder(config).with_otlp_writer(Signal::Traces, Nothing);
    let provider = builder.initialize().expect("it starts");
    let process = nanoseconds(ClockId::ProcessCPUTime);
    let mut thread = 0.0;
    for _ in 0..roots / TOGETHER {
        let before = nanoseconds(ClockId::ThreadCPUTime);
        for _ in 0..TOGETHER {
            root();
        }
        thread += nanoseconds(ClockId::ThreadCPUTime) - before;
        // So that no ring is full, which would be cheaper.
        thread::sleep(Duration::from_micros(200));
    }
    provider.force_flush(Duration::from_secs(30)).expect("it flushes");
    let process = nanoseconds(ClockId::ProcessCPUTime) - process;
    let dropped = provider.statistics().dropped_queue_full;
    assert_eq!(dropped, 0, "{}", case.name);
    provider.shutdown(Duration::from_secs(30)).expect("it ends");
    let spans = f64::from(roots * 11);
    (thread / spans, process / spans)
}

/// A receiver that takes no time.
#[derive(Debug)]
struct Nothing;

impl OtlpWriter for Nothing {
    fn name(&self) -> &'static str {
        "nothing"
    }

    fn write(
        &mut self,
        _: OtlpRequest<'_>,
        _: Duration,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let (rounds, roots, dumped) = if is_quick { (1, 500, 20_000) } else { (9, 20_000, 2_000_000) };
    let folder = tempfile::tempdir().expect("a folder");
    let mut cases = Vec::new();
    for context in [ContextMode::EverySpan, ContextMode::Boundaries] {
        for (name, recorder, sampler) in [
            ("not sampled", false, Sampler::ParentBasedAlwaysOff),
            ("not sampled, recorder", true, Sampler::ParentBasedAlwaysOff),
            ("sampled", false, Sampler::ParentBasedAlwaysOn),
            ("sampled, recorder", true, Sampler::ParentBasedAlwaysOn),
        ] {
            cases.push(Case { name, recorder, sampler, context });
        }
    }
    let mut found = vec![(Vec::new(), Vec::new()); cases.len()];
    for _ in 0..rounds {
        for (case, found) in cases.iter().zip(&mut found) {
            let (thread, process) = measure(case, folder.path(), roots);
            found.0.push(thread);
            found.1.push(process);
        }
    }
    for (case, (thread, process)) in cases.iter().zip(found) {
        println!(
            "{:?}, {}: {:.0} ns on the thread, {:.0} ns in the process",
            case.context,
            case.name,
            median(thread),
            median(process)
        );
    }
    dump(folder.path(), dumped);
}

fn dump(folder: &Path, spans: u32) {
    let case = Case {
        name: "dump",
        recorder: true,
        sampler: Sampler::ParentBasedAlwaysOff,
        context: ContextMode::EverySpan,
    };
    let mut config = config(&case, folder);
    config.exporters.flight_recorder.max_seconds = 600;
    let provider = TelemetryProvider::builder(config).initialize().expect("it starts");
    for number in 0..=spans / 11 {
        root();
        // So that no ring is full.
        if number % TOGETHER == 0 {
            thread::sleep(Duration::from_micros(200));
        }
    }
    provider.force_flush(Duration::from_secs(30)).expect("it flushes");
    let begin = Instant::now();
    let process = rustix::process::getpid();
    rustix::process::kill_process(process, rustix::process::Signal::USR2).expect("it is sent");
    while !fs::read_dir(folder)
        .expect("it is read")
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().ends_with(".jsonl"))
    {
        thread::sleep(Duration::from_millis(1));
    }
    let took = begin.elapsed();
    let statistics = provider.statistics();
    let size: u64 = fs::read_dir(folder)
        .expect("it is read")
        .flatten()
        .map(|entry| entry.metadata().map_or(0, |it| it.len()))
        .sum();
    println!(
        "dump of {} spans: {took:.2?}, with 1.2 s in which it waits for spans, {} MiB",
        statistics.exported,
        size >> 20
    );
    provider.shutdown(Duration::from_secs(30)).expect("it ends");
}
