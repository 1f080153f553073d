//! Real dbt: its results are the same with and without a trace. What the trace costs is measured.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use std::{fs, thread};

use floe_tests::{ReceivedSpan, ReceivedStatus, Receiver, Value, before};
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::setup::{
    TRACE_ID, TRACEPARENT, assert_failed_hook, bytes, error_message, floe, nanos, recorded, single,
    text, text_of, with_default_signals, without_variables,
};

pub(crate) fn real() -> String {
    let folder = std::env::var("PIPELINE_DBT");
    let folder = folder.expect("PIPELINE_DBT: expected the folder of dbt's programs");
    format!("{folder}:{}", std::env::var("PATH").unwrap())
}

/// Options for a window of two months, in which a model has two batches.
pub(crate) const WINDOW: [&str; 4] =
    ["--event-time-start", "2026-01-01", "--event-time-end", "2026-03-01"];

pub(crate) fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let status =
        Command::new("cp").arg("-r").arg(recorded("project/.")).arg(folder.path()).status();
    assert!(status.unwrap().success());
    // The first command of a project without a history prints where it is kept.
    fs::create_dir(folder.path().join(".floe")).unwrap();
    fs::write(folder.path().join(".floe/runs.jsonl"), "").unwrap();
    folder
}

/// Returns the command `dbt <words>` in a folder, or `floe trace-dbt -- dbt <words>` if there is a receiver.
pub(crate) fn dbt(
    path: &str,
    folder: &Path,
    receiver: Option<&Receiver>,
    words: &[&str],
) -> Command {
    let mut command = if let Some(receiver) = receiver {
        let mut command = floe();
        command.args(["trace-dbt", "--", "dbt"]);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint());
        command
    } else {
        let mut command = Command::new("dbt");
        without_variables(&mut command);
        command
    };
    command.args(words).env("PATH", path).env("DBT_PROFILES_DIR", ".").current_dir(folder);
    command
}

/// Returns the results of a run without a receiver and of a run with it, which run at the same time.
fn both<T: Send>(receiver: &Receiver, run: impl Fn(Option<&Receiver>) -> T + Sync) -> [T; 2] {
    thread::scope(|scope| {
        let bare = scope.spawn(|| run(None));
        let traced = run(Some(receiver));
        [bare.join().unwrap(), traced]
    })
}

fn json(path: &Path) -> Json {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn unix_nanos(time: &str) -> u64 {
    let (date, time) = time.trim_end_matches('Z').split_once('T').unwrap();
    let seconds = Command::new("date").args(["-u", "-d", date, "+%s"]).output().unwrap().stdout;
    let of_day = nanos(time) - nanos("00:00:00.000000");
    text_of(&seconds).trim().parse::<u64>().unwrap() * 1_000_000_000 + of_day
}

/// Returns the difference between the span of a node and the node's result in `run_results.json`.
#[expect(clippy::too_many_lines, reason = "a list of comparisons")]
fn compare(
    spans: &[ReceivedSpan],
    manifest: &Json,
    finished: &BTreeMap<String, Json>,
    result: &Json,
) -> Option<String> {
    let id = result["unique_id"].as_str().unwrap();
    let mut found = spans.iter().filter(|span| {
        text(span, "dbt.unique_id").as_deref() == Some(id) && !span.name.starts_with("dbt.batch.")
    });
    let (Some(span), None) = (found.next(), found.next()) else {
        return Some(format!("{id}: not one span"));
    };
    if span.parent_span_id != single(spans, "dbt.build").span_id {
        return Some(format!("{id}: wrong parent"));
    }
    let mut status = result["status"].as_str().unwrap();
    if let Some(info) = finished.get(id)
        && result["message"] == "Skipping due to fail_fast"
    {
        // The node has run in spite of this result: it was canceled, or is an ephemeral model.
        status = info["node_status"].as_str().unwrap();
    }
    let expected = match status {
        "error" | "fail" | "partial success" => matches!(span.status, ReceivedStatus::Error(_)),
        "skipped" => span.status == ReceivedStatus::Unset,
        _ => span.status == ReceivedStatus::Ok,
    };
    if !expected || text(span, "dbt.status").as_deref() != Some(status) {
        return Some(format!("{id}: status {status}, found {:?}", span.status));
    }
    let timing = result["timing"].as_array().unwrap();
    for phase in timing {
        let time = |key: &str| unix_nanos(phase[key].as_str().unwrap());
        let (start, end) = (time("started_at"), time("completed_at"));
        if span.start_unix_nano > start || span.end_unix_nano < end {
            return Some(format!("{id}: the phase is not inside of the span"));
        }
        // The events of hooks have no phases.
        let name = format!("dbt.{}", phase["name"].as_str().unwrap());
        let event = span.events.iter().find(|event| event.name == name);
        if !id.starts_with("operation.") && event.is_none_or(|event| event.unix_nano != start) {
            return Some(format!("{id}: {name} at {event:?}, expected {start}"));
        }
    }
    // `run_results.json` only has the times of phases; the log has the times of nodes.
    if let Some(info) = finished.get(id) {
        let time = |key: &str| info[key].as_str().filter(|time| !time.is_empty());
        let (start, end) = (time("node_started_at"), time("node_finished_at"));
        if start.is_some_and(|start| unix_nanos(start) != span.start_unix_nano)
            || end.is_some_and(|end| unix_nanos(end) != span.end_unix_nano)
        {
            return Some(format!("{id}: times {info}"));
        }
    }
    let rows = result["adapter_response"]["rows_affected"].as_i64().map(Value::from);
    if span.attributes.get("dbt.rows_affected") != rows.as_ref() {
        return Some(format!("{id}: rows {rows:?}"));
    }
    // The results have an order of their own, in which a parent may come later.
    if status == "skipped" && !finished.contains_key(id) {
        return None;
    }
    // An ephemeral model has a span and no result; a unit test runs before the model that it tests.
    let ran_before = |parent: &&Json| {
        spans.iter().any(|span_of_parent| {
            text(span_of_parent, "dbt.unique_id").as_deref() == parent.as_str()
                && span_of_parent.end_unix_nano <= span.start_unix_nano
        })
    };
    let parents = manifest["parent_map"][id].as_array().cloned().unwrap_or_default();
    let mut expected: Vec<_> = parents.iter().filter(ran_before).collect();
    let mut links: Vec<Json> = Vec::new();
    for link in &span.links {
        let to = spans.iter().find(|span| span.span_id == link.span_id);
        let Some(to) = to.and_then(|to| text(to, "dbt.unique_id")) else {
            return Some(format!("{id}: a link to another span: {link:?}"));
        };
        links.push(to.into());
    }
    links.sort_by_key(Json::to_string);
    expected.sort_by_key(ToString::to_string);
    (links.iter().collect::<Vec<_>>() != expected).then(|| format!("{id}: links {links:?}"))
}

pub(crate) fn build_in_trace(mut build: Command, code: i32) {
    let output = build.env("TRACEPARENT", TRACEPARENT).output().unwrap();
    let stdout = text_of(&output.stdout);
    assert_eq!(output.status.code(), Some(code), "{stdout}");
    assert_eq!(text_of(&output.stderr), "", "{stdout}");
}

#[expect(clippy::print_stdout, reason = "a figure for the log of CI")]
pub(crate) fn assert_results(folder: &Path, receiver: &Receiver) {
    let spans = receiver.spans();
    let root = single(&spans, "dbt.build");
    let run_results = json(&folder.join("target/run_results.json"));
    let id = &run_results["metadata"]["invocation_id"];
    assert_eq!(text(root, "dbt.invocation_id").as_deref(), id.as_str());
    let traceparent = format!("00-{TRACE_ID}-{}-01", root.span_id);
    assert_eq!(run_results["metadata"]["env"]["TRACEPARENT"], traceparent);
    let results = run_results["results"].as_array().unwrap();
    let manifest = json(&folder.join("target/manifest.json"));
    // If a node is built in batches, its last event is about the whole node.
    let finished: BTreeMap<String, Json> = fs::read_to_string(folder.join("logs/dbt.log"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap())
        .filter(|event| event["info"]["name"] == "NodeFinished")
        .map(|event| event["data"]["node_info"].clone())
        .map(|info| (info["unique_id"].as_str().unwrap().to_owned(), info))
        .collect();
    // After a hook that failed, dbt 1.12 starts no node.
    let has_run = |it: &Json| {
        !it["unique_id"].as_str().unwrap().starts_with("operation.") && it["status"] != "skipped"
    };
    assert_eq!(finished.is_empty(), !results.iter().any(has_run));
    let wrong: Vec<_> =
        results.iter().filter_map(|result| compare(&spans, &manifest, &finished, result)).collect();
    let all = results.len();
    println!("nodes right: {} of {all}", all - wrong.len());
    assert_eq!(wrong, [""; 0]);
    assert!(spans.iter().all(|span| span.trace_id == TRACE_ID));
    let logs = receiver.logs();
    assert!(logs.len() > 20);
    assert!(logs.iter().all(|log| log.trace_id == TRACE_ID));
    assert!(!bytes(receiver).contains("jane@example.com"));
}

/// The arguments of `dbt build` with a log that can be compared with the trace.
pub(crate) const BUILD: [&str; 3] = ["build", "--log-format-file", "json"];

#[test]
fn real_dbt_with_a_hook_that_fails() {
    let path = real();
    let (folder, receiver) = (project(), Receiver::http());
    let file = folder.path().join("dbt_project.yml");
    let hooks =
        "on-run-start: [\"select cast('jane@example.com' as integer)\", \"select 1\"]\non-run-end:";
    let text = fs::read_to_string(&file).unwrap();
    let of_project: Vec<_> = text.lines().filter(|it| !it.starts_with("on-run-start")).collect();
    fs::write(file, of_project.join("\n").replace("on-run-end:", hooks)).unwrap();
    let others = ["--vars", "{broken: true}", "--threads", "1"];
    // dbt runs in another folder, and only from there does the relative path lead to the project.
    let outside = tempfile::tempdir().unwrap();
    let inner = outside.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let inside = Path::new("../..").join(folder.path().file_name().unwrap());
    let inside = ["--project-dir", inside.to_str().unwrap()];
    let words = [&BUILD[..], &others, &WINDOW, &inside].concat();
    let mut build = dbt(&path, &inner, Some(&receiver), &words);
    build.env("DBT_PROFILES_DIR", folder.path());
    build_in_trace(build, 1);
    assert_results(folder.path(), &receiver);
    assert_failed_hook(&receiver.spans());
}

/// Replaces digits with 0, because times and durations differ.
fn without_digits(bytes: &[u8]) -> String {
    text_of(bytes).replace(|sign: char| sign.is_ascii_digit(), "0")
}

#[test]
fn real_dbt_writes_the_same() {
    let path = real();
    let receiver = Receiver::http();
    // dbt runs in a terminal, which `pty.spawn` provides.
    let terminal =
        "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    let [bare, traced] = both(&receiver, |receiver| {
        let folder = project();
        let words = ["--no-partial-parse", "seed", "--threads", "1"];
        let inner = dbt(&path, folder.path(), receiver, &words);
        let mut command = before(&["python3", "-c", terminal], &inner);
        let output = command.stdin(Stdio::null()).output().unwrap();
        let log = fs::read(folder.path().join("logs/dbt.log")).unwrap();
        (output.status.code(), without_digits(&output.stdout), without_digits(&log).lines().count())
    });
    assert_eq!(bare.0, Some(0), "{}", bare.1);
    assert_eq!((bare.0, &bare.1), (traced.0, &traced.1));
    assert!(
        bare.2.abs_diff(traced.2) < 5,
        "{} lines in the log file, {} of floe",
        bare.2,
        traced.2
    );
}

#[test]
fn real_dbt_is_interrupted() {
    let path = real();
    for signal in ["INT", "TERM"] {
        let receiver = Receiver::http();
        let [bare, traced] = both(&receiver, |receiver| {
            let folder = project();
            let words = ["run", "--vars", "{slow: true}", "-s", "slow"];
            let mut command = with_default_signals(&dbt(&path, folder.path(), receiver, &words));
            let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let begun = lines.find(|line| {
                line.as_ref().is_ok_and(|it| it.contains("START sql table model main.slow"))
            });
            assert!(begun.is_some());
            let kill = Command::new("kill")
                .args([&format!("-{signal}"), &child.id().to_string()])
                .status();
            assert!(kill.unwrap().success());
            lines.for_each(drop);
            let status = child.wait().unwrap();
            (status.code(), status.signal())
        });
        println!("SIG{signal}: dbt {bare:?}, floe {traced:?}");
        assert_eq!(bare, traced);
        let spans = receiver.spans();
        // After SIGINT, dbt tries to interrupt the query and reports the node. SIGTERM ends dbt at once.
        let slow = single(&spans, "dbt.model.slow");
        if signal == "TERM" {
            assert_eq!(error_message(slow), "dbt ended before the node did");
        } else {
            let status = text(slow, "dbt.status").unwrap();
            assert!(["canceled", "error", "success"].contains(&status.as_str()), "{status}");
        }
        assert!(matches!(single(&spans, "dbt.run").status, ReceivedStatus::Error(_)));
    }
}

#[test]
fn real_dbt_without_a_project_or_a_command() {
    let path = real();
    let receiver = Receiver::http();
    for words in [&["build", "--nosuch"][..], &["run", "-s", "nosuch"], &["build"]] {
        // Each run has a folder of its own, because dbt parses only a part of a project that it has parsed before.
        let [bare, traced] = both(&receiver, |receiver| {
            let folder = project();
            if words.len() == 1 {
                fs::write(folder.path().join("models/x.sql"), "select {{ ref('nosuch') }}")
                    .unwrap();
            }
            dbt(&path, folder.path(), receiver, words).output().unwrap()
        });
        assert_eq!(bare.status.code(), traced.status.code(), "{words:?}");
        assert_eq!(without_digits(&bare.stdout), without_digits(&traced.stdout), "{words:?}");
        assert_eq!(without_digits(&bare.stderr), without_digits(&traced.stderr), "{words:?}");
    }
    let roots: Vec<_> = receiver.spans().into_iter().map(|span| (span.name, span.status)).collect();
    let message = |status: &ReceivedStatus| match status {
        ReceivedStatus::Error(message) => message.clone(),
        _ => String::new(),
    };
    assert_eq!(roots.len(), 3, "{roots:?}");
    assert_eq!(message(&roots[0].1), "dbt exited with code 2");
    assert_eq!(roots[1], ("dbt.run".to_owned(), ReceivedStatus::Ok));
    assert!(message(&roots[2].1).contains("'nosuch' which was not found"), "{roots:?}");
}

/// Returns the processor time of all children that have ended, in ticks of 10 ms.
fn child_ticks() -> u32 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[13].parse::<u32>().unwrap() + fields[14].parse::<u32>().unwrap()
}

/// Returns the lower quartile, the median and the upper quartile.
fn quartiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[(values.len() - 1) * quarter / 4])
}

#[test]
#[ignore = "`.ci/services pipeline measure` runs it"]
fn measured_dbt_build() {
    let path = real();
    let runs: usize = std::env::var("PIPELINE_RUNS").unwrap().parse().unwrap();
    let receiver = Receiver::http();
    let folders = [project(), project()];
    let words = [&["build"], &WINDOW[..]].concat();
    // Returns the wall time, and the processor time of dbt and `floe` in user and system mode, both in seconds.
    let build = |is_traced: bool| {
        let receiver = is_traced.then_some(&receiver);
        let folder = folders[usize::from(is_traced)].path();
        let (start, ticks) = (Instant::now(), child_ticks());
        let output = dbt(&path, folder, receiver, &words).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text_of(&output.stdout));
        let cpu = f64::from(child_ticks() - ticks) / 100.0;
        [start.elapsed().as_secs_f64(), cpu]
    };
    // The first run in each folder, which parses the project, is not measured.
    let _ = [false, true].map(build);
    // The runs alternate, and each kind is the first in every other pair.
    let pairs: Vec<_> = (0..runs)
        .map(|run| {
            if run % 2 == 0 {
                return [false, true].map(build);
            }
            let [traced, bare] = [true, false].map(build);
            [bare, traced]
        })
        .collect();
    println!(
        "`dbt build` of 15 nodes, {runs} pairs: medians, and the quartiles of the difference of a pair"
    );
    for (index, what) in ["wall time", "processor time"].into_iter().enumerate() {
        let [bare, traced] =
            [0, 1].map(|kind| quartiles(pairs.iter().map(|pair| pair[kind][index])));
        let of_pairs =
            pairs.iter().map(|[bare, traced]| (traced[index] / bare[index] - 1.0) * 100.0);
        let [low, middle, high] = quartiles(of_pairs);
        println!(
            "{what:<15} bare {:.2} s, traced {:.2} s, {middle:+.1} % ({low:+.1} to {high:+.1} %)",
            bare[1], traced[1]
        );
    }
}
