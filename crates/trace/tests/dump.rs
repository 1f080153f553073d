//! What `floe-trace dump` gets from a process with a flight recorder.

#![cfg(all(feature = "cli", target_os = "linux"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::missing_panics_doc,
    reason = "tests"
)]

mod serving;

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;

use floe_telemetry::config::{ExporterKind, Sampler};
use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};
use floe_telemetry_flight_recorder as _;
use rustix::process::{Pid, Signal, kill_process};

use self::serving::Serving;

/// Set for a process that is asked: its folder.
const FOLDER: &str = "FLOE_DUMP_FOLDER";

#[traced]
fn load(_order: u32) {}

#[traced]
fn serve() {
    load(7);
}

/// The process of a test, which is this one in the child.
fn run(test: &str, change: impl FnOnce(&mut TelemetryConfig)) -> (Serving, tempfile::TempDir) {
    if let Some(folder) = env::var_os(FOLDER) {
        let mut config = TelemetryConfig::new("orders");
        config.sampling.sampler = Some(Sampler::AlwaysOff);
        config.exporters.traces = Some(vec![ExporterKind::FlightRecorder]);
        config.exporters.flight_recorder.path = folder.into();
        change(&mut config);
        let _telemetry = TelemetryProvider::builder(config).initialize().unwrap();
        serve();
        println!("\nserving");
        loop {
            thread::park();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(test, FOLDER, folder.path().join("dumps"));
    (serving, folder)
}

fn signal(process: &Serving, signal: Signal) {
    let id = Pid::from_raw(process.0.id().try_into().unwrap()).unwrap();
    kill_process(id, signal).unwrap();
}

fn dump(process: u32, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_floe-trace"))
        .arg("dump")
        .arg(process.to_string())
        .args(arguments)
        .output()
        .unwrap()
}

fn error(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_process_writes_what_it_has_not_sampled() {
    let (serving, folder) = run("a_process_writes_what_it_has_not_sampled", |_| {});
    let page = folder.path().join("page.html");
    let output = dump(serving.0.id(), &["--page", page.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    let path = String::from_utf8(output.stdout).unwrap();
    let path = Path::new(path.trim_end());
    assert!(path.starts_with(folder.path().join("dumps")), "{path:?}");
    let lines = fs::read_to_string(path).unwrap();
    assert!(lines.contains(r#""name":"load""#), "{lines}");
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("<title>serve</title>"), "{page}");
}

#[test]
fn a_process_that_cannot_answer_is_an_error() {
    let (serving, _folder) = run("a_process_that_cannot_answer_is_an_error", |_| {});
    let id = serving.0.id();
    signal(&serving, Signal::STOP);
    let status = || fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    while !status().contains("State:\tT") {
        thread::yield_now();
    }
    assert_eq!(
        error(&dump(id, &[])),
        format!("error: expected a process that runs, found that {id} is stopped\n")
    );
    drop(serving);
    assert_eq!(error(&dump(id, &[])), format!("error: there is no process {id}\n"));
}

#[test]
fn a_process_without_a_recorder_gets_no_signal() {
    let (serving, _folder) = run("a_process_without_a_recorder_gets_no_signal", |config| {
        config.exporters.flight_recorder.signal = false;
    });
    let minus_one =
        Command::new(env!("CARGO_BIN_EXE_floe-trace")).args(["dump", "--", "-1"]).output();
    assert_eq!(error(&minus_one.unwrap()), "error: there is no process -1\n");
    for id in [serving.0.id(), std::process::id()] {
        assert_eq!(
            error(&dump(id, &[])),
            format!("error: expected a process with a flight recorder, found that {id} has none\n")
        );
    }
}
