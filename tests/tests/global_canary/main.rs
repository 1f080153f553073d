//! No credential leaves the process, whatever its entry point: one canary for each entry point is
//! planted in a child process, and every byte that the process sent, printed or wrote is searched.
//!
//! A new entry is one line in a table: [`errors`], [`values`], [`plain`] for spans, [`logs`] for
//! log records, [`signals`] for metric attributes and baggage, [`refused`] for messages about a
//! configuration, [`delivery`] for messages about a delivery.
//!
//! The shape of the canary changes from entry to entry, so that every shape is planted.

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

use floe_tests::{Canary, Outputs, Receiver, Shape};

/// An entry: its name, and a function that plants a canary there.
pub type Entry = (&'static str, fn(&Canary));

/// The variable that selects the canaries of the child process.
const CHILD: &str = "FLOE_TEST_CHILD";

/// The tables of entries that are recorded on spans.
fn tables() -> impl Iterator<Item = Entry> {
    [errors::ENTRIES, values::ENTRIES, plain::ENTRIES].into_iter().flatten().copied()
}

fn planted(entries: impl Iterator<Item = Entry>) -> impl Iterator<Item = (Canary, Entry)> {
    entries.enumerate().map(|(at, entry)| {
        let shape = Shape::ALL[at % Shape::ALL.len()];
        (Canary::new(entry.0, shape), entry)
    })
}

/// The child process gets none of the `OTEL_*` variables of this process.
fn run_child(task: &str, variables: &[(&str, &str)]) -> Outputs {
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
    let mut outputs = Outputs::default();
    outputs.add("stdout", output.stdout);
    outputs.add("stderr", output.stderr);
    outputs
}

/// The text that must be in the message instead of the marker, where the message does not quote the input.
type Proof = Option<&'static str>;

/// The mistake in a message, or `None`.
fn judged(entry: &str, canary: &Canary, proof: Proof, outputs: &Outputs) -> Option<String> {
    let leaks = outputs.leaks(canary);
    if !leaks.is_empty() {
        return Some(format!("{entry}: the secret is in {leaks:?}: {outputs}"));
    }
    let is_shown =
        proof.map_or_else(|| !outputs.shows(canary).is_empty(), |text| outputs.has(text));
    (!is_shown).then(|| format!("{entry}: the expected text is missing: {outputs}"))
}

/// The part of each test below that runs in the child process. Without its variable it does nothing.
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
fn no_span_leaks_a_credential() {
    // The waterfall shortens texts, so not every marker is printed.
    search("spans", tables(), &["grpc", "http", "exporter"]);
    assert!(tables().count() >= 50);
}

#[test]
fn no_log_record_leaks_a_credential() {
    let channels = ["stdout", "stderr", "grpc", "http", "exporter"];
    search("logs", logs::ENTRIES.iter().copied(), &channels);
}

#[test]
fn no_metric_attribute_leaks_a_credential() {
    let entries = signals::METRIC_ENTRIES.iter().copied();
    search("metrics", entries, &["grpc", "http"]);
}

#[test]
fn no_baggage_leaks_a_credential() {
    let entries = signals::BAGGAGE_ENTRIES.iter().copied();
    search("baggage", entries, &["stdout"]);
}

/// Plants the canaries of these entries in a child process. Each marker must leave through each of these channels, and
/// no secret through any.
fn search(task: &str, entries: impl Iterator<Item = Entry>, channels: &[&str]) {
    let (grpc, http) = (Receiver::grpc(), Receiver::http());
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump.txt");
    let mut outputs = run_child(
        task,
        &[
            (child::GRPC, &grpc.endpoint()),
            (child::HTTP, &http.endpoint()),
            (child::DUMP, dump.to_str().unwrap()),
        ],
    );
    outputs.add("exporter", std::fs::read(&dump).unwrap());
    for (channel, receiver) in [("grpc", &grpc), ("http", &http)] {
        for request in receiver.every_request() {
            outputs.add(channel, format!("{}{:?}", request.path, request.headers));
            outputs.add(channel, request.body);
        }
    }

    let mut wrong = Vec::new();
    for (canary, (entry, _)) in planted(entries) {
        let leaks = outputs.leaks(&canary);
        if !leaks.is_empty() {
            wrong.push(format!("{entry}: the secret is in {leaks:?}"));
        }
        let shown = outputs.shows(&canary);
        for channel in channels {
            if !shown.contains(channel) {
                wrong.push(format!("{entry}: the marker is missing in {channel}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_message_about_a_configuration_leaks_a_credential() {
    refused::check();
}

#[test]
fn no_message_about_a_delivery_leaks_a_credential() {
    delivery::check();
}
