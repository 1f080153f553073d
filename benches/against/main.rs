//! The cost of a span on the caller's thread, in this build and in another build of this program. Times are measured,
//! because counts of instructions do not show them, and builds are compared, because the speed of a machine changes
//! from day to day. `.ci/measure against` builds both.
//!
//! `against OTHER` starts both as children, repeatedly, because the addresses of code and stack change a figure for the
//! life of a process. It fails if this build is slower on a quiet machine.

use std::env;
use std::hint::black_box;
use std::io::{self, BufRead as _, BufReader, Lines, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use floe_telemetry::config::ContextMode;
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

/// The name of a case, and the function that records one trace.
const CASES: [(&str, fn()); 3] =
    [("bare", bare), ("no attributes", root), ("three attributes", root_attributes)];

const MODES: [&str; 2] = ["every span", "boundaries"];

#[inline(never)]
fn work(n: u32) -> u32 {
    black_box(n)
}

fn bare() {
    (0..=CHILDREN).map(work).for_each(drop);
}

#[traced(name = "root")]
fn root() {
    (0..CHILDREN).map(child).for_each(drop);
}

#[traced(name = "child")]
fn child(n: u32) -> u32 {
    work(n)
}

#[traced(name = "root", attributes(rows = 10, engine = "sqlite", table = table()))]
fn root_attributes() {
    (0..CHILDREN).map(child_attributes).for_each(drop);
}

#[traced(name = "child", attributes(rows = n, engine = "sqlite", table = table()))]
fn child_attributes(n: u32) -> u32 {
    work(n)
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

/// Reads indices of `CASES` from standard input, one per line, until the input ends. Answers each with the median time
/// of a span, in nanoseconds.
fn serve(mode: &str) {
    let mut config = TelemetryConfig::new("against");
    if mode == MODES[1] {
        config.context = ContextMode::Boundaries;
    }

    let builder = TelemetryProvider::builder(config).with_span_exporter(Discarding);
    let provider = builder.initialize().expect("the provider starts");

    for line in io::stdin().lines() {
        let case: usize = line.expect("a line").parse().expect("an index");
        let trace = CASES[case].1;
        let measured: Vec<f64> = (0..MEASUREMENTS).map(|_| {
            (0..WARM_UP).for_each(|_| trace());
            let start = Instant::now();
            (0..TRACES).for_each(|_| trace());
            let took = start.elapsed().as_secs_f64() * 1e9;
            provider.force_flush(Duration::from_secs(30)).expect("spans are exported");
            took / f64::from(TRACES * (CHILDREN + 1))
        }).collect();
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
        for ((case, _), pairs) in CASES.iter().zip(pairs).skip(1) {
            is_slower |= compare(&format!("{mode}, {case}"), pairs)[0] > LIMIT;
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
