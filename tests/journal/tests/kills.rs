//! A program with a journal is killed at a random moment, again and again: the next one delivers what had ended, and says
//! of each span that was open that it crashed.
//!
//! `KILLS=1000` kills it that often, on a machine without other work, and `-- --nocapture` prints what was found.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::{HashMap, HashSet};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::{env, fs};

use floe_tests::{Receiver, ReservedPort};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use rustix::time::{ClockId, clock_gettime};

const PROGRAM: &str = env!("CARGO_BIN_EXE_journal");

/// What ended less than this before the death may be lost, in nanoseconds: 100 ms, and what is certain also on a machine
/// that has other work.
const RECENT: u64 = 100_000_000;
const CERTAIN: u64 = 500_000_000;

const NAMES: [&str; 4] = ["outer", "inner", "waits", "built with password=<REDACTED>"];

const CANARY: &[u8] = b"tk-aMvTsKqLwErZx";

#[derive(Debug, Default)]
struct Truth {
    opened: Option<u64>,
    left: Option<u64>,
    ended: Option<u64>,
}

/// What a run has noted, by the ids of the span.
fn truth(path: &Path) -> HashMap<[u8; 24], Truth> {
    let bytes = fs::read(path).unwrap();
    let mut found: HashMap<[u8; 24], Truth> = HashMap::new();
    for line in bytes.as_chunks::<33>().0 {
        let ids = *line[1..].first_chunk().unwrap();
        let at = u64::from_le_bytes(*line[25..].first_chunk().unwrap());
        let truth = found.entry(ids).or_default();
        match line[0] {
            b'o' => truth.opened = Some(at),
            b'l' => truth.left = Some(at),
            _ => truth.ended = Some(at),
        }
    }
    found
}

fn start(folder: &Path, endpoint: &str, truth: &Path, end: &str) -> Child {
    let mut program = Command::new(PROGRAM);
    program.args([folder.as_os_str(), endpoint.as_ref(), truth.as_os_str(), end.as_ref()]);
    program.stdout(Stdio::piped()).spawn().unwrap()
}

fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned()
}

/// Waits until the program has printed this many lines, and kills it, or until it has ended. Returns when it did.
fn kill_after(mut child: Child, lines: usize, end: &str) -> u64 {
    let output = BufReader::new(child.stdout.take().unwrap());
    let mut read = output.lines();
    if end == "never" {
        assert_eq!(read.by_ref().take(lines).count(), lines);
        let at = now();
        child.kill().unwrap();
        child.wait().unwrap();
        return at;
    }
    read.for_each(drop);
    let at = now();
    assert!(!child.wait().unwrap().success(), "{end}");
    at
}

/// Ids as a receiver writes them.
fn hex(ids: &[u8; 24]) -> String {
    let [high, middle, low] =
        [0, 8, 16].map(|at| u64::from_be_bytes(*ids[at..].first_chunk().unwrap()));
    format!("{high:016x}{middle:016x}{low:016x}")
}

/// The number of spans in a request.
fn spans_of(body: &[u8]) -> usize {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let scopes = request.resource_spans.iter().flat_map(|spans| &spans.scope_spans);
    scopes.map(|scope| scope.spans.len()).sum()
}

#[derive(Debug, Default)]
struct Score {
    /// Spans that ended 100 ms before the death, and those of them that arrived.
    ended: usize,
    arrived: usize,
    /// Those that ended half a second before it, and did not arrive.
    lost: usize,
    open: usize,
    crashed: usize,
    /// Requests whose answer was lost, and which were sent again.
    repeated: usize,
}

/// Lets a program die, and the next one deliver.
fn run(folder: &Path, lines: usize, end: &str, is_down: bool, score: &mut Score) {
    let receiver = Receiver::http();
    let nobody = ReservedPort::new();
    let endpoint = if is_down { nobody.endpoint() } else { receiver.endpoint() };
    let path = folder.join("truth");
    let journal = folder.join("journal");
    let died = kill_after(start(&journal, &endpoint, &path, end), lines, end);
    let all = truth(&path);
    for file in fs::read_dir(&journal).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(CANARY.len()).any(|window| window == CANARY));
    }

    let child = start(&journal, &receiver.endpoint(), &path, "at-once");
    assert!(child.wait_with_output().unwrap().status.success());
    let left: Vec<_> = fs::read_dir(&journal).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");

    let mut arrived = HashMap::new();
    let mut crashed = HashSet::new();
    let mut repeated = HashSet::new();
    let spans = receiver.spans();
    let mut spans = spans.iter();
    for (number, request) in receiver.requests().iter().enumerate() {
        let count = spans_of(&request.body);
        for span in spans.by_ref().take(count) {
            let ids = format!("{}{}", span.trace_id, span.span_id);
            assert_eq!(span.resource["service.name"], "killed".into());
            repeated.extend(arrived.insert(ids.clone(), number));
            if span.attributes.contains_key("floe.crashed") {
                assert!(NAMES.contains(&&*span.name), "{span:?}");
                crashed.insert(ids);
            }
        }
    }
    assert_eq!(spans.next(), None);
    // The program may have died before the answer to one request.
    assert!(repeated.len() <= usize::from(!is_down), "{repeated:?}");
    score.repeated += repeated.len();
    for (ids, truth) in all {
        let ids = hex(&ids);
        let has_arrived = arrived.contains_key(&ids) && !crashed.contains(&ids);
        if truth.ended.is_some_and(|at| at + RECENT < died) {
            score.ended += 1;
            score.arrived += usize::from(has_arrived);
        }
        if truth.ended.is_some_and(|at| at + CERTAIN < died) {
            score.lost += usize::from(!has_arrived);
        }
        if truth.opened.is_some() && truth.left.is_none() {
            score.open += 1;
            score.crashed += usize::from(crashed.contains(&ids));
        }
    }
}

#[test]
fn a_program_that_is_killed_loses_nothing_that_had_ended() {
    let kills = env::var("KILLS").map_or(12, |kills| kills.parse().unwrap());
    let mut score = Score::default();
    for kill in 0..kills {
        let folder = tempfile::tempdir_in("/dev/shm").unwrap();
        // A number that is hard to guess, and the same each time.
        let lines = 1 + (kill * 7919 + kill * kill * 31) % 150;
        run(folder.path(), lines, "never", kill % 3 == 0, &mut score);
    }
    println!("{kills} kills: {score:?}");
    assert!(score.ended > 0 && score.open >= 50 * kills, "{score:?}");
    assert_eq!((score.crashed, score.lost), (score.open, 0), "{score:?}");
    if env::var_os("KILLS").is_some() {
        assert!(score.arrived * 1000 >= score.ended * 999, "{score:?}");
    }
}

#[test]
fn whatever_ends_the_program_loses_nothing_that_had_ended() {
    for end in ["abort", "overflow", "exit", "memory"] {
        let folder = tempfile::tempdir_in("/dev/shm").unwrap();
        let mut score = Score::default();
        run(folder.path(), 0, end, false, &mut score);
        println!("{end}: {score:?}");
        assert!(score.ended > 0 && score.open >= 50, "{end}: {score:?}");
        assert_eq!((score.crashed, score.lost), (score.open, 0), "{end}: {score:?}");
    }
}
