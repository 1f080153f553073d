//! A library starts its telemetry in a constructor, while the program loads it: no thread of the library runs before
//! the loader has finished, so it fails.
#![cfg(target_os = "linux")]

use std::process::Command;

use floe_tests::Receiver;

use super::signals::{compiled, libraries};

#[alone]
fn a_constructor_does_not_start_telemetry() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::grpc();
    let program = compiled("cc", "loader.c", folder.path(), &["-ldl"]);
    let output = Command::new(program)
        .arg(libraries().join("libfloe_c_host.so"))
        .env("FLOE_HOST_CONSTRUCTOR", "1")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .output()
        .unwrap();
    // The program goes on, and nothing is exported.
    assert_eq!(output.status.code(), Some(67), "{output:?}");
    assert!(receiver.spans().is_empty());
}
