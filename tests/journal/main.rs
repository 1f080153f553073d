//! Records spans until it is killed, and what it has recorded in a file, for the test that kills it.
//!
//! ```text
//! journal FOLDER ENDPOINT TRUTH END
//! ```
//!
//! It prints a line for each hundred spans. `END` is how it ends: `never`, `at-once`, or one of the ways to die.

#![expect(clippy::print_stdout, reason = "the test reads what was recorded")]
#![expect(clippy::expect_used, reason = "a test")]

use std::env;
use std::fs::{File, OpenOptions};
use std::future::{Future as _, poll_fn};
use std::hint::black_box;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use floe_telemetry::config::{ExporterKind, OtlpProtocol};
use floe_telemetry::opentelemetry::Context;
use floe_telemetry::opentelemetry::trace::TraceContextExt as _;
use floe_telemetry::{ActiveSpan, TelemetryConfig, TelemetryProvider, create_span, traced};
use floe_telemetry_journal as _;
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::Notify;

/// It must not reach the disk.
const CANARY: &str = "password=tk-aMvTsKqLwErZx";

/// Spans that are open while they wait, from the beginning.
const WAITING: usize = 50;

static SPANS: AtomicU64 = AtomicU64::new(0);

/// What happened to the current span, for the test: `o`pen, `l`eaving its function, `e`nded.
fn note(truth: &File, what: u8, ids: &[u8; 24]) {
    let now = clock_gettime(ClockId::Monotonic);
    let now = now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned();
    let mut line = [0; 33];
    line[0] = what;
    line[1..25].copy_from_slice(ids);
    line[25..].copy_from_slice(&now.to_le_bytes());
    let mut truth = truth;
    truth.write_all(&line).expect("the file can be written");
}

fn ids() -> [u8; 24] {
    let cx = Context::current();
    let span = cx.span();
    let mut ids = [0; 24];
    ids[..16].copy_from_slice(&span.span_context().trace_id().to_bytes());
    ids[16..].copy_from_slice(&span.span_context().span_id().to_bytes());
    ids
}

#[traced(attributes("note" = CANARY))]
fn outer(truth: &File) -> [u8; 24] {
    let ids = ids();
    note(truth, b'o', &ids);
    for _ in 0..3 {
        let ids = inner(truth);
        note(truth, b'e', &ids);
    }
    note(truth, b'l', &ids);
    ids
}

#[traced]
fn inner(truth: &File) -> [u8; 24] {
    let ids = ids();
    note(truth, b'o', &ids);
    let began = Instant::now();
    while began.elapsed() < Duration::from_micros(50) {}
    note(truth, b'l', &ids);
    ids
}

#[traced]
async fn waits(truth: &File, until: &Notify) {
    note(truth, b'o', &ids());
    until.notified().await;
}

/// A span whose name is only known at run time.
fn named(truth: &File, canary: &str) -> ActiveSpan {
    let built = create_span(format!("built with {canary}"));
    note(truth, b'o', &ids());
    built
}

#[expect(unconditional_recursion, reason = "it overflows the stack")]
fn overflow(depth: u64) -> u64 {
    black_box(overflow(black_box(depth + 1)) + 1)
}

fn die(how: &str) {
    match how {
        "abort" => std::process::abort(),
        "overflow" => drop(black_box(overflow(0))),
        "exit" => std::process::exit(3),
        "memory" => {
            let limit = libc::rlimit { rlim_cur: 1 << 20, rlim_max: 1 << 20 };
            #[expect(unsafe_code, reason = "a function of the C library")]
            // SAFETY: it only reads its argument.
            unsafe {
                libc::setrlimit(libc::RLIMIT_AS, &raw const limit)
            };
            drop(black_box(vec![1_u8; 1 << 30]));
        }
        _ => {}
    }
}

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [folder, endpoint, truth, end] = &*arguments else {
        return ExitCode::FAILURE;
    };
    let mut config = TelemetryConfig::new("killed").with_otlp_endpoint(endpoint);
    config.otlp_protocol = Some(OtlpProtocol::Http);
    config.exporters.traces = Some(vec![ExporterKind::Journal]);
    config.exporters.metrics = Some(vec![ExporterKind::None]);
    config.exporters.journal.path = folder.into();
    let _telemetry = match TelemetryProvider::builder(config).initialize() {
        Ok(telemetry) => telemetry,
        Err(error) => {
            println!("{error}");
            return ExitCode::FAILURE;
        }
    };
    if end == "at-once" {
        return ExitCode::SUCCESS;
    }
    let truth = OpenOptions::new().append(true).create(true).open(truth);
    let truth = truth.expect("the file can be written");
    let count = || {
        let spans = SPANS.fetch_add(4, Ordering::Relaxed) + 4;
        if spans.is_multiple_of(100) {
            println!("{spans}");
        }
        spans
    };
    let _named = named(&truth, CANARY);
    thread::scope(|scope| {
        let truth = &truth;
        for _ in 0..2 {
            scope.spawn(move || {
                loop {
                    let ids = outer(truth);
                    note(truth, b'e', &ids);
                    if count() == 30_000 {
                        die(end);
                    }
                    // Some of the time, nothing happens.
                    thread::yield_now();
                }
            });
        }
        scope.spawn(move || {
            let never = Notify::new();
            let mut all: Vec<_> = (0..WAITING).map(|_| Box::pin(waits(truth, &never))).collect();
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            let runtime = runtime.expect("a runtime");
            runtime.block_on(poll_fn(|cx| {
                for future in &mut all {
                    let _ = future.as_mut().poll(cx);
                }
                Poll::<()>::Pending
            }));
        });
    });
    ExitCode::SUCCESS
}
