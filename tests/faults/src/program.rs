//! The program under test: it runs in a child process and reports what happened.

use std::fmt;
use std::fs::File;
use std::hint::black_box;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::process;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use floe_telemetry::config::{ExporterKind, LoggingConfig, OtlpProtocol};
use floe_telemetry::{Error, TelemetryConfig, TelemetryProvider, logs, traced};
use floe_tests::{Written, in_fork};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::report::{Calls, Counters, Message, Operation, Report};

/// The credential of every program. No message may contain it.
pub(crate) const TOKEN: &str = "tk-aMvTsKqLwEr";

/// The default timeout of an export. A scenario may set another one.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(2);

#[traced(name = "work", attributes(number, payload), metrics)]
pub(crate) fn work(number: u64, payload: &str) -> u64 {
    bare(number, payload)
}

#[inline(never)]
fn bare(number: u64, payload: &str) -> u64 {
    number.wrapping_mul(31) + payload.len() as u64
}

pub(crate) struct Program {
    endpoint: String,
    protocol: OtlpProtocol,
    telemetry: Option<Arc<TelemetryProvider>>,
    report: Report,
    nanos: Vec<u64>,
    log: Written,
}

impl Program {
    pub(crate) fn new(protocol: &str, endpoint: &str) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            protocol: if protocol == "http" { OtlpProtocol::Http } else { OtlpProtocol::Grpc },
            telemetry: None,
            report: Report::default(),
            nanos: Vec::new(),
            log: Written::default(),
        }
    }

    pub(crate) fn bridge_tracing(&self) {
        let spans = floe_telemetry::tracing_layer();
        tracing_subscriber::registry().with(messages(&self.log)).with(spans).init();
    }

    pub(crate) fn bridge_logs(&self) {
        if let Ok(layer) = logs::layer_with_writer(&LoggingConfig::default(), io::sink) {
            tracing_subscriber::registry().with(messages(&self.log)).with(layer).init();
        }
    }

    /// Returns the configuration of most scenarios: traces over OTLP, with a credential.
    pub(crate) fn config(&self) -> TelemetryConfig {
        let mut config = TelemetryConfig::new("faults");
        config.otlp_protocol = Some(self.protocol);
        config.otlp_endpoint = Some(self.endpoint.clone());
        config.exporters.metrics = Some(vec![ExporterKind::None]);
        config.exporters.logs = Some(vec![ExporterKind::None]);
        config.otlp.all.timeout_millis = millis(EXPORT_TIMEOUT);
        config.otlp.all.headers.insert("x-team-key".to_owned(), TOKEN.into());
        config
    }

    /// Starts the telemetry. An error is recorded as the operation `initialize`.
    pub(crate) fn start(&mut self, config: TelemetryConfig) {
        if !tracing::dispatcher::has_been_set() {
            tracing_subscriber::registry().with(messages(&self.log)).init();
        }

        let start = Instant::now();
        match TelemetryProvider::builder(config).initialize() {
            Ok(telemetry) => {
                self.telemetry = Some(telemetry.into());
                self.record("initialize", start, Ok::<_, Error>(()));
            }
            Err(error) => self.record("initialize", start, Err(error)),
        }
    }

    /// Starts the telemetry with a timeout for exports.
    pub(crate) fn start_within(&mut self, timeout: Duration) {
        let mut config = self.config();
        config.otlp.all.timeout_millis = millis(timeout);
        self.start(config);
    }

    pub(crate) fn telemetry(&self) -> Option<&TelemetryProvider> {
        self.telemetry.as_deref()
    }

    pub(crate) fn shared(&self) -> Option<Arc<TelemetryProvider>> {
        self.telemetry.clone()
    }

    /// Adds spans to the report that were recorded without the methods of this type.
    pub(crate) fn record_created(&mut self, count: u64) {
        self.report.created += count;
    }

    pub(crate) fn spans(&mut self, count: u64) {
        self.spans_of(count, "");
    }

    pub(crate) fn spans_of(&mut self, count: u64, payload: &str) {
        let calls: Vec<_> = measured(count, |number| work(number, black_box(payload))).collect();
        self.add_calls(calls, payload);
    }

    pub(crate) fn spans_on_threads(&mut self, threads: u64, count: u64) {
        let calls_of_thread = || measured(count, |number| work(number, black_box(""))).collect();
        let calls: Vec<Vec<_>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(calls_of_thread)).collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
        });

        for calls in calls {
            self.add_calls(calls, "");
        }
    }

    /// Calls the annotated function once on each of `count` threads, of which `alive` are alive at the same time.
    pub(crate) fn spans_on_short_threads(&mut self, count: u64, alive: usize) {
        for _ in 0..count / alive as u64 {
            let calls =
                on_threads(alive, || measured(1, |number| work(number, black_box(""))).next());
            self.add_calls(calls.into_iter().flatten(), "");
        }
    }

    /// Calls the annotated function on each of several threads. The calls begin once `prepare` has returned, and the
    /// call of `prepare` is recorded as the operation `prepare`.
    pub(crate) fn spans_on_threads_after(
        &mut self,
        threads: usize,
        count: u64,
        prepare: impl FnOnce() -> anyhow::Result<()>,
    ) {
        let barrier = Barrier::new(threads + 1);
        let calls: Vec<Vec<_>> = thread::scope(|scope| {
            let calls = || {
                let mut calls = Vec::with_capacity(usize::try_from(count).unwrap_or_default());
                barrier.wait();
                calls.extend(measured(count, |number| work(number, black_box(""))));
                calls
            };

            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(calls)).collect();
            self.step("prepare", |_| prepare());
            barrier.wait();
            let calls = threads.into_iter().filter_map(|thread| thread.join().ok());
            calls.collect()
        });

        for calls in calls {
            self.add_calls(calls, "");
        }
    }

    fn add_calls(&mut self, calls: impl IntoIterator<Item = Call>, payload: &str) {
        for call in calls {
            self.nanos.push(call.nanos);
            self.report.created += 1;
            if call.result != bare(call.number, payload) {
                self.report.wrong_results += 1;
            }
        }
    }

    /// Calls the annotated function, and then flushes. The flush is recorded as the operation `name`.
    pub(crate) fn deliver(&mut self, name: &str, count: u64) {
        self.spans(count);
        self.flush(name);
    }

    /// Flushes with a timeout that is longer than exports take. The flush is recorded as the operation `name`.
    pub(crate) fn flush(&mut self, name: &str) {
        self.flush_within(name, Duration::from_secs(60));
    }

    pub(crate) fn flush_within(&mut self, name: &str, timeout: Duration) {
        self.operation(name, |telemetry| telemetry.force_flush(timeout));
    }

    /// Shuts down with a short timeout, because nothing is left to be exported.
    pub(crate) fn end(&mut self) {
        self.shutdown(Duration::from_secs(5));
    }

    pub(crate) fn shutdown(&mut self, timeout: Duration) -> bool {
        self.operation("shutdown", |telemetry| telemetry.shutdown(timeout))
    }

    pub(crate) fn shutdown_at_exit(&self, timeout: Duration) {
        if let Some(telemetry) = &self.telemetry {
            telemetry.shutdown_at_exit(timeout);
        }
    }

    pub(crate) fn fork(&mut self, body: impl FnOnce(&mut Self) -> anyhow::Result<()>) {
        in_fork(|| {
            let result = body(self);
            assert!(result.is_ok(), "{result:?}");
        });
    }

    /// Runs `body` and records it as the operation `name`.
    pub(crate) fn step(&mut self, name: &str, body: impl FnOnce(&mut Self) -> anyhow::Result<()>) {
        let start = Instant::now();
        let result = body(self);
        self.record(name, start, result);
    }

    pub(crate) fn replace(&mut self, config: TelemetryConfig) {
        self.telemetry = None;
        self.start(config);
    }

    /// Waits until the check lets the program continue.
    #[expect(clippy::unused_self, reason = "a step of the program like the others")]
    pub(crate) fn wait(&mut self, phase: &str) {
        Message::Waiting(phase.to_owned()).send();
        let _ = io::stdin().read_line(&mut String::new());
    }

    /// Writes the report and exits without dropping the telemetry.
    pub(crate) fn exit(&mut self) -> ! {
        self.write_report();
        process::exit(0)
    }

    pub(crate) fn finish(mut self) {
        self.write_report();
    }

    fn write_report(&mut self) {
        self.report.calls = Calls::of(std::mem::take(&mut self.nanos));
        self.report.log = self.log.text();
        if let Some(telemetry) = &self.telemetry {
            self.report.counters = Counters::of(&telemetry.statistics());
        }

        if let Ok(status) = procfs::process::Process::myself().and_then(|this| this.status()) {
            self.report.peak_memory_kib = status.vmhwm.unwrap_or_default();
            self.report.threads = status.threads;
        }

        Message::Report(Box::new(std::mem::take(&mut self.report))).send();
    }

    fn operation(
        &mut self,
        name: &str,
        run: impl FnOnce(&TelemetryProvider) -> Result<(), Error>,
    ) -> bool {
        let Some(telemetry) = &self.telemetry else {
            return false;
        };

        let start = Instant::now();
        let result = run(telemetry);
        let is_ok = result.is_ok();
        self.record(name, start, result);
        is_ok
    }

    /// Records a duration as the operation `name`.
    pub(crate) fn record_duration(&mut self, name: &str, duration: Duration) {
        let operation = Operation { duration, error: None };
        self.report.operations.insert(name.to_owned(), operation);
    }

    fn record(&mut self, name: &str, start: Instant, result: Result<(), impl fmt::Display>) {
        let operation = Operation {
            duration: start.elapsed(),
            error: result.err().map(|error| format!("{error:#}")),
        };

        self.report.operations.insert(name.to_owned(), operation);
    }
}

/// Returns a layer that writes the messages from level `INFO` on to `log`.
fn messages<S>(log: &Written) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let messages = tracing_subscriber::fmt::layer().with_writer(log.writer()).with_ansi(false);
    messages.with_filter(LevelFilter::INFO)
}

struct Call {
    number: u64,
    result: u64,
    /// The duration of the call, without the time for which its thread waited for a processor.
    nanos: u64,
}

/// Runs `body` on threads that are all alive at the same time.
pub(crate) fn on_threads<T: Send>(threads: usize, body: impl Fn() -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(threads);
    thread::scope(|scope| {
        let run = || {
            let result = body();
            barrier.wait();
            result
        };

        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let results = threads.into_iter().filter_map(|thread| thread.join().ok());
        results.collect()
    })
}

fn measured(count: u64, function: impl Fn(u64) -> u64) -> impl Iterator<Item = Call> {
    let queue = RunQueue::of_this_thread();
    let mut before = queue.waited();
    (0..count).map(move |number| {
        let start = Instant::now();
        let result = black_box(function(black_box(number)));
        let elapsed = as_nanos(start.elapsed());
        let waited = queue.waited();
        let nanos = elapsed.saturating_sub(waited.saturating_sub(before));
        before = waited;
        Call { number, result, nanos }
    })
}

/// The scheduling statistics of a thread, from the system.
struct RunQueue(Option<File>);

impl RunQueue {
    fn of_this_thread() -> Self {
        Self(File::open("/proc/thread-self/schedstat").ok())
    }

    /// Returns the nanoseconds for which the thread has waited while other threads used the processors.
    fn waited(&self) -> u64 {
        let mut text = [0; 64];
        let file = self.0.as_ref();
        let length = file.and_then(|file| file.read_at(&mut text, 0).ok());
        let text = str::from_utf8(&text[..length.unwrap_or(0)]).unwrap_or_default();
        let waited = text.split(' ').nth(1);
        waited.and_then(|it| it.parse().ok()).unwrap_or_default()
    }
}

pub(crate) fn millis(duration: Duration) -> Option<u64> {
    u64::try_from(duration.as_millis()).ok()
}

fn as_nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
