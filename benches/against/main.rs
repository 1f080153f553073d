//! The cost of a span on the caller's thread, in this build and in another build of this program. Times are measured,
//! because counts of instructions do not show them, and builds are compared, because the speed of a machine changes
//! from day to day. `.ci/measure against` builds both.
//!
//! `against OTHER` starts both as children, repeatedly, because the addresses of code and stack change a figure for the
//! life of a process. It fails if this build is slower on a quiet machine.

use std::env;
use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::io::{self, BufRead as _, BufReader, Lines, Write as _};
use std::path::Path;
use std::pin::pin;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::{Duration, Instant};

use floe_telemetry::config::ContextMode;
use floe_telemetry::opentelemetry::Context;
use floe_telemetry::opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// This build counts as slower if the lower bound of the confidence interval of a ratio is above this limit.
const LIMIT: f64 = 1.03;

/// The largest distance of the quartiles of the bare work on a quiet machine, as a part of the median.
const QUIET: f64 = 0.05;

const GENERATIONS: usize = 8;
const ROUNDS: usize = 12;

/// The number of traces of one measurement. `WARM_UP` traces before them fill the caches. The spans fit into the
/// buffers of the library.
const TRACES: u32 = 80;
const WARM_UP: u32 = 10;

/// The number of measurements of an answer. The first `SETTLED` ones do not count: they fill the caches.
const MEASUREMENTS: usize = 8;
const SETTLED: usize = 3;

const CHILDREN: u32 = 10;

/// The number of polls of a future that is pending again and again.
const POLLS: u32 = 10;

/// The bytes that are written between two traces to take the caches of a processor's core away from the library.
const OTHER_WORK: usize = 4 << 20;

/// A kind of call, and the root in which it is repeated.
struct Case {
    name: &'static str,
    root: fn(u32, fn(u32) -> u32),
    child: fn(u32) -> u32,
    /// The number of children of a root. Calls that are not sampled take so little time that their root has many.
    children: u32,
    /// Whether other work precedes each trace.
    is_cold: bool,
}

/// The cases whose times say how quiet the machine is, and what a future takes without a span.
const BARE: usize = 3;

const CASES: [Case; 14] = [
    case("bare", repeat, work, 1_000),
    case("bare future", repeat, |n| block_on(pending(n, 1)), 1_000),
    case("bare future, ten polls", repeat, |n| block_on(pending(n, POLLS)), 100),
    case("no attributes", root, child, CHILDREN),
    case("three attributes", root_attributes, child_attributes, CHILDREN),
    case("future", root, |n| block_on(child_future(n, 1)), CHILDREN),
    case("future, ten polls", root, |n| block_on(child_future(n, POLLS)), CHILDREN),
    case("unsampled", unsampled, child, 1_000),
    case("unsampled future", unsampled, |n| block_on(child_future(n, 1)), 100),
    case("unsampled future, ten polls", unsampled, |n| block_on(child_future(n, POLLS)), 100),
    cold(case("three attributes, cold", root_attributes, child_attributes, CHILDREN)),
    cold(case("future, cold", root, |n| block_on(child_future(n, 1)), CHILDREN)),
    cold(case("unsampled, cold", unsampled, child, CHILDREN)),
    cold(case("unsampled future, cold", unsampled, |n| block_on(child_future(n, 1)), CHILDREN)),
];

const fn case(
    name: &'static str,
    root: fn(u32, fn(u32) -> u32),
    child: fn(u32) -> u32,
    children: u32,
) -> Case {
    Case { name, root, child, children, is_cold: false }
}

const fn cold(case: Case) -> Case {
    Case { is_cold: true, ..case }
}

const MODES: [&str; 2] = ["every span", "boundaries"];

#[inline(never)]
fn work(n: u32) -> u32 {
    black_box(n)
}

fn repeat(children: u32, child: fn(u32) -> u32) {
    (0..children).map(child).for_each(drop);
}

#[traced(name = "root")]
fn root(children: u32, child: fn(u32) -> u32) {
    repeat(children, child);
}

#[traced(name = "root", attributes(rows = 10, engine = "sqlite", table = table()))]
fn root_attributes(children: u32, child: fn(u32) -> u32) {
    repeat(children, child);
}

/// A span in a trace that its caller did not sample.
#[traced(name = "root", parent = remote())]
fn unsampled(children: u32, child: fn(u32) -> u32) {
    repeat(children, child);
}

fn remote() -> Context {
    let (trace, span) = (TraceId::from(1), SpanId::from(2));
    let ids = SpanContext::new(trace, span, TraceFlags::NOT_SAMPLED, true, TraceState::NONE);
    Context::new().with_remote_span_context(ids)
}

#[traced(name = "child")]
fn child(n: u32) -> u32 {
    work(n)
}

#[traced(name = "child", attributes(rows = n, engine = "sqlite", table = table()))]
fn child_attributes(n: u32) -> u32 {
    work(n)
}

#[traced(name = "child")]
async fn child_future(n: u32, polls: u32) -> u32 {
    pending(n, polls).await
}

/// Is pending `polls` times.
async fn pending(n: u32, mut polls: u32) -> u32 {
    poll_fn(|_| {
        let is_pending = polls > 0;
        polls = polls.saturating_sub(1);
        if is_pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    work(n)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut task = TaskContext::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut task) {
            return value;
        }
    }
}

fn table() -> String {
    black_box("orders_by_city").to_owned()
}

#[derive(Debug)]
struct Discarding;

impl SpanExporter for Discarding {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }
}

impl Case {
    fn trace(&self) {
        (self.root)(self.children, self.child);
    }

    /// Returns the time of `traces` traces.
    fn measure(&self, traces: u32, other: &mut [u8]) -> Duration {
        if !self.is_cold {
            let start = Instant::now();
            (0..traces).for_each(|_| self.trace());
            return start.elapsed();
        }

        (0..traces)
            .map(|_| {
                black_box(&mut *other).iter_mut().step_by(64).for_each(|byte| *byte += 1);
                let start = Instant::now();
                self.trace();
                start.elapsed()
            })
            .sum()
    }
}

/// Reads indices of `CASES` from standard input, one per line, until the input ends. Answers each with the median time
/// of a span, in nanoseconds.
fn serve(mode: &str) {
    let mut config = TelemetryConfig::new("against");
    if mode == MODES[1] {
        config.context = ContextMode::Boundaries;
    }

    let builder = TelemetryProvider::builder(config).with_span_exporter(Discarding);
    let provider = builder.initialize().expect("the provider starts");
    let mut other = vec![0; OTHER_WORK];

    for line in io::stdin().lines() {
        let index: usize = line.expect("a line").parse().expect("an index");
        let case = &CASES[index];
        let measured: Vec<f64> = (0..MEASUREMENTS)
            .map(|_| {
                case.measure(WARM_UP, &mut other);
                let took = case.measure(TRACES, &mut other).as_secs_f64() * 1e9;
                provider.force_flush(Duration::from_secs(30)).expect("spans are exported");
                took / f64::from(TRACES * (case.children + 1))
            })
            .collect();
        println!("{}", quantile(measured[SETTLED..].to_vec(), 0.5));
    }
}

struct Build {
    process: Child,
    questions: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Build {
    fn start(program: &Path, mode: &str) -> Self {
        let mut process = Command::new(program)
            .args(["--serve", mode])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        Self {
            questions: process.stdin.take().expect("a pipe"),
            answers: BufReader::new(process.stdout.take().expect("a pipe")).lines(),
            process,
        }
    }

    fn measure(&mut self, case: usize) -> f64 {
        writeln!(self.questions, "{case}").expect("a running process");
        let answer = self.answers.next().expect("an answer").expect("a line");
        answer.parse().expect("nanoseconds")
    }

    fn end(mut self) {
        drop(self.questions);
        let _ = self.process.wait();
    }
}

fn quantile(mut of: Vec<f64>, part: f64) -> f64 {
    of.sort_by(f64::total_cmp);
    of[((of.len() - 1) as f64 * part).round() as usize]
}

/// Returns the median between the bounds of its 95 % confidence interval, by ranks.
fn interval(of: Vec<f64>) -> [f64; 3] {
    // The number of values below the median is binomial, and 1.96 standard deviations of it are 0.98 √n.
    let half = 0.98 / (of.len() as f64).sqrt();
    [0.5 - half, 0.5, 0.5 + half].map(|part| quantile(of.clone(), part.clamp(0.0, 1.0)))
}

type Pairs = Vec<(f64, f64)>;

/// Measures both builds. Each of them is first in every second round.
fn generation(this: &Path, other: &Path, pairs: &mut [[Pairs; CASES.len()]; MODES.len()]) {
    for (mode, pairs) in MODES.iter().zip(pairs) {
        let mut builds = [this, other].map(|program| Build::start(program, mode));
        for round in 0..=ROUNDS {
            for (case, pairs) in pairs.iter_mut().enumerate() {
                let first = round % 2;
                let mut took = [0.0; 2];
                for build in [first, 1 - first] {
                    took[build] = builds[build].measure(case);
                }
                // The first round does not count, because a process initializes lazily.
                if round > 0 {
                    pairs.push((took[0], took[1]));
                }
            }
        }
        builds.into_iter().for_each(Build::end);
    }
}

/// Prints a row of the table. Returns the ratio with the bounds of its confidence interval.
fn compare(name: &str, pairs: &Pairs) -> [f64; 3] {
    let median = |which: fn(&(f64, f64)) -> f64| quantile(pairs.iter().map(which).collect(), 0.5);
    let ratio = interval(pairs.iter().map(|(this, other)| this / other).collect());
    let [from, middle, to] = ratio;
    let this = median(|it| it.0);
    let other = median(|it| it.1);
    println!("{name:<32} {this:>8.1} {other:>8.1} {middle:>8.3} {from:>8.3} {to:>8.3}");
    ratio
}

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let other = match &*arguments {
        [flag, mode] if flag == "--serve" => {
            serve(mode);
            return ExitCode::SUCCESS;
        }
        [other] => other,
        found => {
            eprintln!("expected the path of another build, found {found:?}");
            return ExitCode::from(2);
        }
    };
    let this = env::current_exe().expect("the path of this program");
    let mut pairs = Default::default();
    for _ in 0..GENERATIONS {
        generation(&this, Path::new(other), &mut pairs);
    }
    println!("{:<32} {:>8} {:>8} {:>8} {:>17}", "ns a span", "this", "other", "ratio", "95 %");
    let mut is_slower = false;
    let mut bare = Vec::new();
    for (mode, pairs) in MODES.iter().zip(&pairs) {
        for (case, pairs) in CASES.iter().zip(pairs).skip(BARE) {
            is_slower |= compare(&format!("{mode}, {}", case.name), pairs)[0] > LIMIT;
        }
        bare.extend(pairs[0].iter().map(|pair| pair.0));
    }
    let [low, median, high] = [0.25, 0.5, 0.75].map(|part| quantile(bare.clone(), part));
    let spread = (high - low) / median;
    if spread > QUIET {
        println!(
            "the machine is not quiet: the quartiles of the bare work are {:.0} % apart",
            spread * 100.0
        );
        return ExitCode::SUCCESS;
    }
    if is_slower {
        eprintln!("this build is slower by more than {:.0} %", (LIMIT - 1.0) * 100.0);
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
