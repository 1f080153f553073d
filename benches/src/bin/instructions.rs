//! The number of instructions of a span on the caller's thread. The figure does not depend on the
//! load of the machine, so a change that makes spans more expensive is noticed in the commit that
//! makes it.
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

use std::fmt::Write as _;
use std::fs;
use std::mem;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use benches::counting::Counting;
use benches::metrics::Nowhere;
use benches::work::{text, work};
use benches::{arguments, report};
use floe_telemetry::config::ContextMode;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, TelemetryProviderBuilder, traced};

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

/// The programs, and the number of calls of each.
const PROGRAMS: [(&str, i64); 8] = [
    ("sampled-3-attributes", 10_000),
    ("tail-sampled-3-attributes", 10_000),
    ("sampled", 10_000),
    ("boundaries-3-attributes", 10_000),
    ("boundaries", 10_000),
    ("unsampled-child", 10_000),
    ("unsampled-child-metrics", 5_000),
    ("off", 100_000),
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
fn measured(calls: i64, call: fn(i64) -> i64) {
    for n in 0..calls {
        call(n);
    }
}

fn main() -> ExitCode {
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
    let counted = PROGRAMS.map(|(program, calls)| (program, calls, count(program)));
    let mut worse = false;
    println!(
        "{:<24} {:>12} {:>10} {:>12} {:>8}",
        "", "instructions", "per call", "committed", "change"
    );
    for (program, calls, instructions) in counted {
        let before = committed.iter().find(|(name, _)| name == program);
        let change = before.map(|(_, before)| ratio(instructions, *before) - 1.0);
        let is_worse = change.is_none_or(|change| change > TOLERANCE);
        worse |= is_worse;
        println!(
            "{program:<24} {instructions:>12} {:>10.1} {:>12} {:>6.2} %{}",
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
    let calls = PROGRAMS.iter().find(|(name, _)| *name == program);
    let calls = calls.expect("a program of the list").1;
    if program == "off" {
        return measured(calls, child_attributes);
    }
    if program == "unsampled-child-metrics" {
        return run_measured(calls);
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
fn count(program: &str) -> u64 {
    let folder = report::target().join("bench");
    fs::create_dir_all(&folder).expect("a folder for the profiles");
    let out = folder.join(format!("callgrind.{program}"));
    let status = Command::new("valgrind")
        .args(["--quiet", "--tool=callgrind"])
        .arg("--toggle-collect=instructions::measured")
        .arg(format!("--callgrind-out-file={}", out.display()))
        .env("GLIBC_TUNABLES", PLAIN_PROCESSOR)
        .arg(std::env::current_exe().expect("the path of this program"))
        .args(["--program", program])
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "`{program}` ended badly"
    );
    total(&fs::read_to_string(out).expect("a profile")).expect("a total in the profile")
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
    let mut text = "# Instructions on the caller's thread. Written by\n\
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
