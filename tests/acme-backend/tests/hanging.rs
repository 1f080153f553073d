//! An exporter of another crate waits for a disk that does not answer while it is created.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::thread;

use floe_telemetry::config::Signal;
use floe_telemetry::exporter::{ExporterFactory, telemetry_exporter};
use floe_telemetry::{TelemetryConfig, TelemetryProvider};
use floe_tests::is_child;

telemetry_exporter!(ExporterFactory::new("hanging", &[Signal::Traces], |_, _| {
    println!("waiting");
    loop {
        thread::park();
    }
}));

const SIGTERM: i32 = 15;

/// For the disk alone, an operator would end the process.
#[test]
fn a_start_that_hangs_can_be_ended() {
    if is_child() {
        let yaml = "resource_attributes: {service_name: a}\nexporters: {traces: [hanging]}";
        let config = TelemetryConfig::from_yaml(yaml).unwrap();
        let _ = TelemetryProvider::builder(config).initialize();
        return;
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_start_that_hangs_can_be_ended", "--nocapture"])
        .env("FLOE_TEST_CHILD", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().ends_with("waiting")));
    let id = child.id().to_string();
    assert!(Command::new("kill").arg(&id).status().unwrap().success());
    assert_eq!(child.wait().unwrap().signal(), Some(SIGTERM));
}
