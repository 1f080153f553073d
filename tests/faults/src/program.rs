//! The program under test: it runs in a child process and reports what happened.

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::io::{self, Write};
use std::process;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use floe_telemetry::config::{ExporterKind, OtlpProtocol};
use floe_telemetry::{Error, TelemetryConfig, TelemetryProvider, traced};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::fork;
use crate::report::{Books, Calls, Message, Operation, Report};

/// The credential of every program. It must not appear in any message.
pub(crate) const TOKEN: &str = "tk-aMvTsKqLwEr";

/// How many calls of the function without the attribute are measured.
const BARE_CALLS: u64 = 10_000;

/// The timeout of an export, unless a scenario sets another one.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(2);

#[traced(name = "work", attributes(number, payload))]
fn work(number: u64, payload: &str) -> u64 {
    bare(number, payload)
}

#[inline(never)]
fn bare(number: u64, payload: &str) -> u64 {
    number.wrapping_mul(31) + payload.len() as u64
}

/// The program of a scenario.
pub(crate) struct Program {
    endpoint: String,
    protocol: OtlpProtocol,
    telemetry: Option<TelemetryProvider>,
    report: Report,
    nanos: Vec<u64>,
    log: Log,
}

impl Program {
    pub(crate) fn new(protocol: &str, endpoint: &str) -> Self {
        let mut nanos = Vec::new();
        for number in 0..BARE_CALLS {
            let start = Instant::now();
            black_box(bare(black_box(number), black_box("")));
            nanos.push(as_nanos(start.elapsed()));
        }
        Self {
            endpoint: endpoint.to_owned(),
            protocol: if protocol == "http" {
                OtlpProtocol::Http
            } else {
                OtlpProtocol::Grpc
            },
            telemetry: None,
            report: Report {
                bare_calls: Calls::of(nanos),
                ..Report::default()
            },
            nanos: Vec::new(),
            log: Log::default(),
        }
    }

    /// Records the spans and events of `tracing`, of all crates and levels.
    pub(crate) fn bridge_tracing(&self) {
        let messages = self.log.layer().with_filter(LevelFilter::INFO);
        let spans = floe_telemetry::tracing_layer();
        tracing_subscriber::registry()
            .with(messages)
            .with(spans)
            .init();
    }

    /// The configuration that most scenarios use: traces over OTLP, with a credential.
    pub(crate) fn config(&self) -> TelemetryConfig {
        let mut config = TelemetryConfig::new("faults");
        config.otlp_protocol = self.protocol;
        config.otlp_endpoint.clone_from(&self.endpoint);
        config.exporters.metrics = Some(vec![ExporterKind::None]);
        config.exporters.logs = Some(vec![ExporterKind::None]);
        config.otlp.all.timeout_millis = u64::try_from(EXPORT_TIMEOUT.as_millis()).ok();
        config
            .otlp
            .all
            .headers
            .insert("x-team-key".to_owned(), TOKEN.into());
        config
    }

    /// Starts the telemetry. An error is recorded as the operation `initialize`.
    pub(crate) fn start(&mut self, config: TelemetryConfig) {
        if !tracing::dispatcher::has_been_set() {
            let messages = self.log.layer().with_filter(LevelFilter::INFO);
            tracing_subscriber::registry().with(messages).init();
        }
        let start = Instant::now();
        let started = TelemetryProvider::builder(config).initialize();
        match started {
            Ok(telemetry) => {
                self.telemetry = Some(telemetry);
                self.record("initialize", start, Ok(()));
            }
            Err(error) => self.record("initialize", start, Err(error)),
        }
    }

    /// The telemetry that was started.
    pub(crate) fn telemetry(&self) -> Option<&TelemetryProvider> {
        self.telemetry.as_ref()
    }

    /// Counts spans that were recorded by other functions.
    pub(crate) fn record_created(&mut self, count: u64) {
        self.report.created += count;
    }

    /// Calls the annotated function `count` times.
    pub(crate) fn spans(&mut self, count: u64) {
        self.spans_of(count, "");
    }

    /// Calls the annotated function `count` times with this text as an attribute.
    pub(crate) fn spans_of(&mut self, count: u64, payload: &str) {
        let waited = waited();
        for number in 0..count {
            let start = Instant::now();
            let result = black_box(work(black_box(number), black_box(payload)));
            self.nanos.push(as_nanos(start.elapsed()));
            if result != bare(number, payload) {
                self.report.wrong_results += 1;
            }
        }
        self.report.created += count;
        self.report.waited_nanos += self::waited().saturating_sub(waited);
    }

    /// Flushes, as the operation `name`. Returns whether all was delivered.
    pub(crate) fn flush(&mut self, name: &str, timeout: Duration) -> bool {
        self.operation(name, |telemetry| telemetry.force_flush(timeout))
    }

    /// Shuts the telemetry down, as the operation `shutdown`.
    pub(crate) fn shutdown(&mut self, timeout: Duration) -> bool {
        self.operation("shutdown", |telemetry| telemetry.shutdown(timeout))
    }

    /// Shuts the telemetry down when the process exits.
    pub(crate) fn shutdown_at_exit(&self, timeout: Duration) {
        if let Some(telemetry) = &self.telemetry {
            telemetry.shutdown_at_exit(timeout);
        }
    }

    /// Runs `body` in a fork of this process, as the operation `name`.
    pub(crate) fn fork(&mut self, name: &str, body: impl FnOnce(&mut Self) -> anyhow::Result<()>) {
        let start = Instant::now();
        let result = fork::in_fork(|| body(self));
        let operation = Operation {
            duration: start.elapsed(),
            error: result.err().map(|error| error.to_string()),
        };
        self.report.operations.insert(name.to_owned(), operation);
    }

    /// Drops the telemetry and starts another one.
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

    /// Writes the report and exits, without dropping anything.
    pub(crate) fn exit(&mut self) -> ! {
        self.write_report();
        process::exit(0)
    }

    /// Writes the report.
    pub(crate) fn finish(mut self) {
        self.write_report();
    }

    fn write_report(&mut self) {
        self.report.calls = Calls::of(std::mem::take(&mut self.nanos));
        self.report.log = self.log.text();
        if let Some(telemetry) = &self.telemetry {
            let counted = telemetry.statistics();
            self.report.books = Books {
                exported: counted.exported,
                failed: counted.failed,
                dropped: counted.dropped_queue_full
                    + counted.dropped_buffer_full
                    + counted.dropped_memory
                    + counted.dropped_shutdown
                    + counted.dropped_without_provider
                    + counted.sampled_out,
                pending: counted.pending,
            };
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

    fn record(&mut self, name: &str, start: Instant, result: Result<(), Error>) {
        let operation = Operation {
            duration: start.elapsed(),
            error: result.err().map(|error| error.to_string()),
        };
        let operations: &mut BTreeMap<_, _> = &mut self.report.operations;
        operations.insert(name.to_owned(), operation);
    }
}

/// How long this thread has waited for a processor that others were using, in nanoseconds.
fn waited() -> u64 {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let waited = statistics.split(' ').nth(1);
    waited.and_then(|it| it.parse().ok()).unwrap_or_default()
}

fn as_nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The messages of the library.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Writes the messages to this log.
    fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let log = self.clone();
        tracing_subscriber::fmt::layer()
            .with_writer(move || log.clone())
            .with_ansi(false)
    }

    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
