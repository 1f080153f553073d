//! A library starts its telemetry in a constructor, while the program loads it: no thread of the library runs before
//! the loader has finished.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::Path;
use std::process::Command;

use floe_tests::{Receiver, ReservedPort};

use super::signals::{compiled, libraries};

fn load(folder: &Path, endpoint: &str, exporter: &str) -> std::process::Output {
    let program = compiled("cc", "loader.c", folder, &["-ldl"]);
    Command::new(program)
        .arg(libraries().join("libfloe_c_host.so"))
        .env("FLOE_HOST_CONSTRUCTOR", "1")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        .env("OTEL_TRACES_EXPORTER", exporter)
        .current_dir(folder)
        .output()
        .unwrap()
}

#[alone]
fn a_constructor_starts_telemetry_that_connects_later() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::grpc();
    let output = load(folder.path(), &receiver.endpoint(), "otlp");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(receiver.spans().len(), 50);
    // Nobody receives, and the program goes on: its spans were not exported.
    let output = load(folder.path(), &ReservedPort::new().endpoint(), "otlp");
    assert_eq!(output.status.code(), Some(67), "{output:?}");
    // An exporter of another crate, which is created in the constructor itself.
    let output = load(folder.path(), &receiver.endpoint(), "otlp_file");
    assert!(output.status.success(), "{output:?}");
    let files = std::fs::read_dir(folder.path().join("telemetry")).unwrap();
    let written: String =
        files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    assert_eq!(written.matches("\"spanId\"").count(), 50);
}
