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

use floe_tests::{Canary, Outputs, Program, Receiver, Shape, program};

/// An entry: its name, and a function that plants a canary there.
pub type Entry = (&'static str, fn(&Canary));

fn tables() -> impl Iterator<Item = Entry> {
    [errors::ENTRIES, values::ENTRIES, plain::ENTRIES].into_iter().flatten().copied()
}

fn planted(entries: impl Iterator<Item = Entry>) -> impl Iterator<Item = (Canary, Entry)> {
    entries.enumerate().map(|(at, entry)| {
        let shape = Shape::ALL[at % Shape::ALL.len()];
        (Canary::new(entry.0, shape), entry)
    })
}

fn outputs(program: &Program, variables: &[(&str, &str)]) -> Outputs {
    let output = program.command().envs(variables.iter().copied()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let mut outputs = Outputs::default();
    outputs.add("stdout", output.stdout);
    outputs.add("stderr", output.stderr);
    outputs
}

/// The text that a message must contain instead of the marker, if the message does not quote its input.
type Proof = Option<&'static str>;

fn judged(entry: &str, canary: &Canary, proof: Proof, outputs: &Outputs) -> Option<String> {
    let leaks = outputs.leaks(canary);
    if !leaks.is_empty() {
        return Some(format!("{entry}: the secret is in {leaks:?}: {outputs}"));
    }

    let is_shown =
        proof.map_or_else(|| !outputs.shows(canary).is_empty(), |text| outputs.has(text));
    (!is_shown).then(|| format!("{entry}: the expected text is missing: {outputs}"))
}

#[test]
fn no_span_leaks_a_credential() {
    let program = program!({ child::spans() });
    // The waterfall shortens texts, so not every marker is printed.
    search(&program, tables(), &["grpc", "http", "exporter"]);
    assert!(tables().count() >= 50);
}

#[test]
fn no_log_record_leaks_a_credential() {
    let program = program!({ logs::child() });
    let channels = ["stdout", "stderr", "grpc", "http", "exporter"];
    search(&program, logs::ENTRIES.iter().copied(), &channels);
}

#[test]
fn no_metric_attribute_leaks_a_credential() {
    let program = program!({ signals::child(signals::METRIC_ENTRIES) });
    search(&program, signals::METRIC_ENTRIES.iter().copied(), &["grpc", "http"]);
}

#[test]
fn no_baggage_leaks_a_credential() {
    let program = program!({ signals::child(signals::BAGGAGE_ENTRIES) });
    search(&program, signals::BAGGAGE_ENTRIES.iter().copied(), &["stdout"]);
}

/// Plants the canaries of these entries in a child process. Each marker must leave through each of these channels, and
/// no secret through any.
fn search(program: &Program, entries: impl Iterator<Item = Entry>, channels: &[&str]) {
    let grpc = Receiver::grpc();
    let http = Receiver::http();
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump.txt");
    let mut outputs = outputs(
        program,
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
    let program = program!({ refused::child() });
    refused::check(&program);
}

#[test]
fn no_message_about_a_delivery_leaks_a_credential() {
    let program = program!({ delivery::child() });
    delivery::check(&program);
}
