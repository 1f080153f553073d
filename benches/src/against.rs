//! This tree against another commit, whose benchmark is built and measured in turn with this one: instructions are not
//! time, and the machine is another one each day.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use serde_json::Value;

use crate::arguments;
use crate::contestant::process::Process;
use crate::contestant::{BOUNDARIES, Case, Shape, State, title};
use crate::span_cost::OURS;
use crate::statistics::{Interval, Spread};

/// The largest ratio of two medians that is not called slower.
const LIMIT: f64 = 1.03;

/// The spread of the bare work, as a share of its median, above which the machine is not quiet.
const QUIET: f64 = 0.05;

/// How often the processes are restarted, since the addresses of code and stack change a figure for the life of one.
const GENERATIONS: usize = 8;

/// Builds the benchmark of `commit` and compares this one with it. Fails if this one is slower on a quiet machine.
///
/// # Panics
///
/// The commit cannot be built, or a contestant ends.
#[must_use]
pub fn run(commit: &str) -> ExitCode {
    let rounds = arguments::value("--rounds").unwrap_or(12);
    let other = build(commit);
    let this = std::env::current_exe().expect("the path of this program");
    let mut bare = Vec::new();
    let cases = [OURS, BOUNDARIES].map(|name| [(name, false), (name, true)]);
    let mut measured = cases.as_flattened().iter().map(|_| Vec::new()).collect();
    for _ in 0..GENERATIONS {
        generation(
            rounds,
            &this,
            &other,
            &mut bare,
            cases.as_flattened(),
            &mut measured,
        );
    }
    let mut is_slower = false;
    println!(
        "\n{:<48} {:>8} {:>8} {:>8} {:>17}",
        "ns/span, sampled, sync", "this", commit, "ratio", "95 %"
    );
    for ((name, attributes), pairs) in cases.as_flattened().iter().zip(&measured) {
        let of =
            |which: fn(&(f64, f64)) -> f64| Spread::of(pairs.iter().map(which).collect()).median;
        let ratio = Interval::of(pairs.iter().map(|(this, other)| this / other).collect());
        is_slower |= ratio.from > LIMIT;
        println!(
            "{:<48} {:>8.1} {:>8.1} {:>8.3} {:>8.3}{:>9.3}",
            format!(
                "{}, {} attributes",
                title(name),
                if *attributes { 3 } else { 0 }
            ),
            of(|(this, _)| *this),
            of(|(_, other)| *other),
            ratio.median,
            ratio.from,
            ratio.to,
        );
    }
    let bare = Spread::of(bare);
    let spread = (bare.high - bare.low) / bare.median;
    if spread > QUIET {
        println!(
            "no quiet machine: the quartiles of the bare work are {:.0} % apart",
            spread * 100.0
        );
        return ExitCode::SUCCESS;
    }
    if is_slower {
        eprintln!(
            "slower than {commit} by more than {:.0} %",
            (LIMIT - 1.0) * 100.0
        );
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Measures each case by both programs, which take turns in being the first.
fn generation(
    rounds: usize,
    this: &Path,
    other: &Path,
    bare: &mut Vec<f64>,
    cases: &[(&'static str, bool)],
    measured: &mut Vec<Vec<(f64, f64)>>,
) {
    let start = |program: &Path, name| Process::start_of(program, name, State::Sampled);
    let mut empty = start(this, "bare");
    let mut processes: Vec<_> = [OURS, BOUNDARIES]
        .map(|name| (name, start(this, name), start(other, name)))
        .into();
    for round in 0..=rounds {
        let case = Case {
            shape: Shape::Sync,
            attributes: false,
        };
        let work = empty.measure(case, 1).busy;
        for ((name, attributes), pairs) in cases.iter().zip(&mut *measured) {
            let case = Case {
                shape: Shape::Sync,
                attributes: *attributes,
            };
            let (_, this, other) = processes
                .iter_mut()
                .find(|(of, ..)| of == name)
                .expect("a process of each contestant");
            let pair = if round % 2 == 0 {
                let first = this.measure(case, 1).busy;
                (first, other.measure(case, 1).busy)
            } else {
                let first = other.measure(case, 1).busy;
                (this.measure(case, 1).busy, first)
            };
            // A process initialises lazily.
            if round > 0 {
                pairs.push(pair);
            }
        }
        if round > 0 {
            bare.push(work);
        }
    }
}

/// Builds this benchmark as it is in `commit`, in a folder of its own, and returns the program.
fn build(commit: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let against = root.join("target/against");
    let tree = against.join("tree");
    let _ = fs::remove_dir_all(&tree);
    fs::create_dir_all(&tree).expect("a folder in `target`");
    let mut archive = Command::new("git")
        .args(["archive", commit])
        .current_dir(&root)
        .stdout(Stdio::piped())
        .spawn()
        .expect("git");
    let unpacked = Command::new("tar")
        .arg("x")
        .current_dir(&tree)
        .stdin(archive.stdout.take().expect("a pipe from git"))
        .status();
    assert!(
        unpacked.is_ok_and(|it| it.success()) && archive.wait().is_ok_and(|it| it.success()),
        "expected a commit of this repository, found `{commit}`"
    );
    let built = Command::new(env!("CARGO"))
        .args([
            "bench",
            "-p",
            "benches",
            "--bench",
            "peers",
            "--no-run",
            "--message-format=json",
        ])
        .current_dir(&tree)
        .env("CARGO_TARGET_DIR", against.join("target"))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo");
    assert!(built.status.success(), "`{commit}` cannot be built");
    let messages = String::from_utf8_lossy(&built.stdout);
    let mut programs = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        (message["target"]["name"] == "peers")
            .then(|| message["executable"].as_str().map(PathBuf::from))?
    });
    programs.next_back().expect("the benchmark of the commit")
}
