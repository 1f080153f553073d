//! No credential leaves, by whatever entry it came: one canary for each entry, planted in a process
//! of its own, and a search through every byte that this process sent, printed and wrote.
//!
//! A new entry is one line in a table: [`errors`], [`values`], [`plain`] for what goes into spans,
//! [`logs`] for what is logged, [`signals`] for labels of metrics and for baggage, [`refused`] for what
//! is said about a configuration, [`delivery`] about a delivery.
//!
//! What a canary looks like changes from entry to entry, so that all shapes are planted.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    unreachable_pub,
    reason = "tests"
)]

mod child;
mod delivery;
mod errors;
mod logs;
mod plain;
mod refused;
mod signals;
mod values;

use std::process::Command;

use floe_tests::{Canary, Left, Receiver, Shape};

/// One entry: what it is called, and how a canary is planted there.
pub type Entry = (&'static str, fn(&Canary));

/// Set for the child: what it is to do.
const CHILD: &str = "FLOE_TEST_CHILD";

/// The entries of spans, by table.
fn tables() -> impl Iterator<Item = Entry> {
    [errors::ENTRIES, values::ENTRIES, plain::ENTRIES]
        .into_iter()
        .flatten()
        .copied()
}

/// The entries with their canaries.
fn planted(entries: impl Iterator<Item = Entry>) -> impl Iterator<Item = (Canary, Entry)> {
    entries.enumerate().map(|(at, entry)| {
        let shape = Shape::ALL[at % Shape::ALL.len()];
        (Canary::new(entry.0, shape), entry)
    })
}

/// Runs this executable again, with nothing of this process's settings; what it printed.
fn run_child(task: &str, variables: &[(&str, &str)]) -> Left {
    let mut child = Command::new(std::env::current_exe().unwrap());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OTEL_")) {
        child.env_remove(name);
    }
    let output = child
        .args(["--exact", "child", "--nocapture"])
        .env(CHILD, task)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{task}: {stderr}");
    let mut left = Left::default();
    left.add("stdout", output.stdout);
    left.add("stderr", output.stderr);
    left
}

/// The other half of each test below; on its own it does nothing.
#[test]
fn child() {
    match std::env::var(CHILD).as_deref() {
        Ok("spans") => child::spans(),
        Ok("logs") => logs::child(),
        Ok("metrics") => signals::child(signals::METRIC_ENTRIES),
        Ok("baggage") => signals::child(signals::BAGGAGE_ENTRIES),
        Ok("delivery") => delivery::child(),
        Ok("refused") => refused::child(),
        _ => {}
    }
}

#[test]
fn nothing_that_goes_into_a_span_takes_a_credential_out() {
    // What is printed is a picture, which has no room for everything.
    search("spans", tables(), &["grpc", "http", "exporter"]);
    assert!(tables().count() >= 50);
}

#[test]
fn nothing_that_is_logged_takes_a_credential_out() {
    let ways = ["stdout", "stderr", "grpc", "http", "exporter"];
    search("logs", logs::ENTRIES.iter().copied(), &ways);
}

#[test]
fn no_label_of_a_metric_takes_a_credential_out() {
    let entries = signals::METRIC_ENTRIES.iter().copied();
    search("metrics", entries, &["grpc", "http"]);
}

#[test]
fn no_baggage_takes_a_credential_out() {
    let entries = signals::BAGGAGE_ENTRIES.iter().copied();
    search("baggage", entries, &["stdout"]);
}

/// Lets a child plant the canaries of these entries, which all are to arrive by these ways without
/// their secrets.
fn search(task: &str, entries: impl Iterator<Item = Entry>, ways: &[&str]) {
    let (grpc, http) = (Receiver::grpc(), Receiver::http());
    let folder = std::env::temp_dir().join(format!("floe-canary-{task}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let dump = folder.join("dump.txt");
    let mut left = run_child(
        task,
        &[
            (child::GRPC, &grpc.endpoint()),
            (child::HTTP, &http.endpoint()),
            (child::DUMP, dump.to_str().unwrap()),
        ],
    );
    left.add("exporter", std::fs::read(&dump).unwrap());
    std::fs::remove_dir_all(&folder).unwrap();
    for (way, receiver) in [("grpc", &grpc), ("http", &http)] {
        for request in receiver.every_request() {
            left.add(way, format!("{}{:?}", request.path, request.headers));
            left.add(way, request.body);
        }
    }

    let mut wrong = Vec::new();
    for (canary, (entry, _)) in planted(entries) {
        let leaks = left.leaks(&canary);
        if !leaks.is_empty() {
            wrong.push(format!("{entry}: the secret left by {leaks:?}"));
        }
        let shown = left.shows(&canary);
        for way in ways {
            if !shown.contains(way) {
                wrong.push(format!("{entry}: nothing of it arrived by {way}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_said_about_a_configuration_does_not_repeat_a_credential() {
    refused::check();
}

#[test]
fn what_is_said_about_a_delivery_does_not_repeat_a_credential() {
    delivery::check();
}

#[test]
fn no_two_entries_share_a_name() {
    let all = tables().chain(logs::ENTRIES.iter().copied());
    let mut names: Vec<_> = all.map(|(entry, _)| entry).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}
