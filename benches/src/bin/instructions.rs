//! The number of instructions of a span on the caller's thread, of its way through the collector by stage, and of
//! a request with the HTTP layer. A figure does not depend on the load of the machine, so a change that makes
//! spans more expensive is noticed in the commit that makes it.
//!
//! Runs itself under valgrind's callgrind, one program at a time. Without an option it prints the
//! figures and the committed ones in `instructions.toml`; `--check` fails if a figure is more than
//! 5 % above; `--bless` writes the new figures.
//!
//! The same binary should have the same counts everywhere. Valgrind emulates a fixed processor, as
//! far as the real one supports it, and glibc is configured to use fixed copying functions. The
//! remaining variation is work of the collector on the caller's thread.

#![expect(
    clippy::expect_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a tool that prints its errors and exits"
)]

use std::convert::Infallible;
use std::fmt::Write as _;
use std::fs;
use std::mem;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use benches::counting::Counting;
use benches::metrics::Nowhere;
use benches::receiver::{self, Receiver};
use benches::sink::Protocol;
use benches::work::{block_on, text, work};
use benches::{arguments, report};
use floe_telemetry::config::ContextMode;
use floe_telemetry::instrument::HttpServerLayer;
use floe_telemetry::{
    TelemetryConfig, TelemetryProvider, TelemetryProviderBuilder, traced, tracing_layer,
};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::{Request, Response};
use tower::{Layer as _, Service as _, service_fn};
use tracing_subscriber::layer::SubscriberExt as _;

const TIMEOUT: Duration = Duration::from_secs(60);

/// How much a figure may increase, and how much it may decrease before it should be committed.
const TOLERANCE: f64 = 0.05;

/// glibc selects one of a dozen ways to copy and compare memory by the features of the processor.
/// With these features disabled it uses the baseline of x86-64.
const PLAIN_PROCESSOR: &str = "glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-AVX_Fast_Unaligned_Load,\
                               -SSSE3,-SSE4_1,-SSE4_2,-BMI2,-ERMS,-FSRM,-Prefer_ERMS,-Prefer_FSRM";

/// Spans between two flushes. The collector has drained the buffers before, so the caller's thread
/// starts in the same state each time.
const BATCH: i64 = 100;

/// Instructions are counted while a thread is in this function.
const MEASURED: &str = "instructions::measured";

/// The programs, the number of calls of each, and the function whose instructions are counted.
const PROGRAMS: [(&str, i64, &str); 16] = [
    ("sampled-3-attributes", 10_000, MEASURED),
    ("tail-sampled-3-attributes", 10_000, MEASURED),
    ("sampled", 10_000, MEASURED),
    ("boundaries-3-attributes", 10_000, MEASURED),
    ("boundaries", 10_000, MEASURED),
    ("unsampled-child", 10_000, MEASURED),
    ("unsampled-child-metrics", 5_000, MEASURED),
    ("off", 100_000, MEASURED),
    // Each stage includes those below it.
    ("collector", 10_000, "*::pipeline::Pipeline::push"),
    ("collector-enrichment", 10_000, "*::Enricher::enrich"),
    ("collector-redaction", 10_000, "*::Redactor::record"),
    ("collector-encoding", 10_000, "*RequestBuilder*>::push"),
    ("tracing-span", 10_000, MEASURED),
    ("http-request-without-layer", 1_000, MEASURED),
    ("http-request", 1_000, MEASURED),
    ("http-request-with-traceparent", 1_000, MEASURED),
];

#[traced(name = "child", attributes(rows = n, engine = "sqlite", table = text()))]
fn child_attributes(n: i64) -> i64 {
    work(n)
}

#[traced(name = "child")]
fn child(n: i64) -> i64 {
    work(n)
}

#[traced(name = "child", metrics)]
fn child_metrics(n: i64) -> i64 {
    work(n)
}

#[traced(name = "root")]
fn root(calls: i64, call: fn(i64) -> i64) {
    measured(calls, call);
}

/// Callgrind counts while a thread is in this function.
#[inline(never)]
fn measured(calls: i64, mut call: impl FnMut(i64) -> i64) {
    for n in 0..calls {
        call(n);
    }
}

fn main() -> ExitCode {
    if receiver::serve() {
        return ExitCode::SUCCESS;
    }
    if let Some(program) = arguments::value::<String>("--program") {
        run(&program);
        return ExitCode::SUCCESS;
    }
    if !has_valgrind() {
        eprintln!(
            "valgrind is not here: it counts the instructions (Debian: apt install valgrind)"
        );
        return ExitCode::FAILURE;
    }
    let committed = committed();
    let counted =
        PROGRAMS.map(|(program, calls, function)| (program, calls, count(program, function)));
    let mut worse = false;
    println!(
        "{:<32} {:>12} {:>10} {:>12} {:>8}",
        "", "instructions", "per call", "committed", "change"
    );
    for (program, calls, instructions) in counted {
        let before = committed.iter().find(|(name, _)| name == program);
        let change = before.map(|(_, before)| ratio(instructions, *before) - 1.0);
        let is_worse = change.is_none_or(|change| change > TOLERANCE);
        worse |= is_worse;
        println!(
            "{program:<32} {instructions:>12} {:>10.1} {:>12} {:>6.2} %{}",
            ratio(instructions, calls.unsigned_abs()),
            before.map_or(0, |(_, before)| *before),
            change.unwrap_or(f64::NAN) * 100.0,
            verdict(change),
        );
    }
    if arguments::flag("--bless") {
        bless(&counted);
    } else if arguments::flag("--check") && worse {
        eprintln!(
            "a call takes more instructions than `{}` allows: reduce them, or accept the figures with `--bless`",
            file().display()
        );
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn verdict(change: Option<f64>) -> &'static str {
    match change {
        None => "  NOT COMMITTED",
        Some(change) if change > TOLERANCE => "  WORSE",
        Some(change) if change < -TOLERANCE => "  better: bless it",
        Some(_) => "",
    }
}

/// The program that runs under callgrind.
fn run(program: &str) {
    let calls = PROGRAMS.iter().find(|(name, ..)| *name == program);
    let calls = calls.expect("a program of the list").1;
    if program == "off" {
        return measured(calls, child_attributes);
    }
    if program == "unsampled-child-metrics" {
        return run_measured(calls);
    }
    if program.starts_with("collector") {
        return run_collector(calls);
    }
    if program.starts_with("http") {
        return run_http(program, calls);
    }
    if program == "tracing-span" {
        return run_tracing(calls);
    }
    let is_sampled = program.starts_with("sampled") || program.starts_with("boundaries");
    let mut config = with_ratio(f64::from(u8::from(is_sampled)));
    if program.starts_with("boundaries") {
        config.context = ContextMode::Boundaries;
    }
    // Unsampled spans are buffered until their trace is known to have failed or not.
    config.sampling.keep_errors = program.starts_with("tail");
    let provider = builder(config).initialize().expect("it starts");
    let call = if matches!(program, "sampled" | "boundaries") {
        child
    } else {
        child_attributes
    };
    // Not counted: the thread's buffer, and allocations for open and queued spans.
    for n in 0..2 * BATCH {
        call(n);
    }
    for _ in 0..calls / BATCH {
        provider.force_flush(TIMEOUT).expect("spans are delivered");
        root(BATCH, call);
    }
}

/// The number of calls is below the capacity of the thread's buffer, and nothing is collected,
/// because valgrind does not support the system calls of a provider.
fn run_measured(calls: i64) {
    let builder = builder(with_ratio(0.0)).with_metric_exporter(Nowhere);
    let provider = builder.initialize().expect("it starts");
    for n in 0..2 * BATCH {
        child_metrics(n);
    }
    for _ in 0..calls / BATCH {
        root(BATCH, child_metrics);
    }
    mem::forget(provider);
}

/// Spans with three attributes, exported over OTLP/HTTP.
fn run_collector(calls: i64) {
    let receiver = Receiver::start(Protocol::Http);
    let builder = TelemetryProvider::builder(with_ratio(1.0));
    let builder = builder.with_otlp(&receiver.otlp.endpoint, Protocol::Http.ours());
    let provider = builder.initialize().expect("it starts");
    for _ in 0..calls / BATCH {
        for n in 0..BATCH {
            child_attributes(n);
        }
        provider.force_flush(TIMEOUT).expect("spans are delivered");
    }
}

/// Spans of `tracing` with three fields.
fn run_tracing(calls: i64) {
    let provider = builder(with_ratio(1.0)).initialize().expect("it starts");
    let subscriber = tracing_subscriber::registry().with(tracing_layer());
    tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");
    for _ in 0..calls / BATCH {
        provider.force_flush(TIMEOUT).expect("spans are delivered");
        measured(BATCH, |n| {
            let table = text();
            let _entered =
                tracing::info_span!("child", rows = n, engine = "sqlite", table).entered();
            n
        });
    }
}

/// Requests to a service that does nothing.
fn run_http(program: &str, calls: i64) {
    let provider = builder(with_ratio(1.0)).initialize().expect("it starts");
    let request = || {
        let request = Request::get("/orders/7").header("host", "shop.example");
        let request = if program.ends_with("traceparent") {
            request.header(
                "traceparent",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            )
        } else {
            request
        };
        request.body(Empty::<Bytes>::new()).expect("a request")
    };
    let service = service_fn(async |_| Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())));
    let mut layer = HttpServerLayer::new().layer(service);
    for batch in 0..=calls / BATCH {
        provider.force_flush(TIMEOUT).expect("spans are delivered");
        let mut requests: Vec<_> = (0..BATCH).map(|_| request()).collect();
        let mut respond = |n| {
            let request = requests.pop().expect("a request for each call");
            if program.ends_with("without-layer") {
                let mut service = service;
                drop(block_on(service.call(request)));
            } else {
                let Ok(response) = block_on(layer.call(request));
                drop(block_on(response.into_body().collect()));
            }
            n
        };
        // The first batch is not counted: it allocates.
        if batch == 0 {
            (0..BATCH).for_each(|n| {
                respond(n);
            });
        } else {
            measured(BATCH, respond);
        }
    }
}

fn with_ratio(ratio: f64) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("instructions");
    config.sampling = config.sampling.clone().with_ratio(ratio);
    config.metrics.export_interval_millis = 3_600_000;
    config
}

fn builder(config: TelemetryConfig) -> TelemetryProviderBuilder {
    TelemetryProvider::builder(config).with_span_exporter(Counting::default())
}

fn has_valgrind() -> bool {
    let version = Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}

/// The instructions of a program, counted by callgrind.
fn count(program: &str, function: &str) -> u64 {
    let folder = report::target().join("bench");
    fs::create_dir_all(&folder).expect("a folder for the profiles");
    let out = folder.join(format!("callgrind.{program}"));
    let status = Command::new("valgrind")
        .args(["--quiet", "--tool=callgrind"])
        .arg(format!("--toggle-collect={function}"))
        .arg(format!("--callgrind-out-file={}", out.display()))
        .env("GLIBC_TUNABLES", PLAIN_PROCESSOR)
        .arg(std::env::current_exe().expect("the path of this program"))
        .args(["--program", program])
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "`{program}` ended badly"
    );
    let total = total(&fs::read_to_string(out).expect("a profile"));
    let total = total.expect("a total in the profile");
    assert!(total > 0, "`{program}` has no function `{function}`");
    total
}

fn total(profile: &str) -> Option<u64> {
    let mut lines = profile.lines();
    let total = lines.find_map(|line| line.strip_prefix("totals: "));
    total?.trim().parse().ok()
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.toml")
}

/// The lines `name = number` of the file.
fn committed() -> Vec<(String, u64)> {
    let text = fs::read_to_string(file()).unwrap_or_default();
    let entries = text.lines().filter_map(|line| line.split_once(" = "));
    let numbers =
        entries.filter_map(|(name, number)| Some((name.to_owned(), number.parse().ok()?)));
    numbers.collect()
}

fn bless(counted: &[(&str, i64, u64)]) {
    let mut text =
        "# Instructions on the caller's thread and by stage of the collector. Written by\n\
                    # cargo run --profile bench -p benches --bin instructions -- --bless\n"
            .to_owned();
    for (program, _, instructions) in counted {
        let _ = writeln!(text, "{program} = {instructions}");
    }
    fs::write(file(), text).expect("a file for the figures");
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn ratio(a: u64, b: u64) -> f64 {
    a as f64 / b as f64
}
