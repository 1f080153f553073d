//! Ways to unwind through a span without a panic: C++ exceptions, and the end of a thread in the middle of a call.
#![cfg(target_os = "linux")]

use std::collections::HashMap;

use floe_tests::{ReceivedStatus, Receiver, Value};

use super::signals::host;

/// The program leaves a span of each kind this many times.
const TIMES: usize = 10;

/// Checks that a program of this compiler ends the spans that it leaves in this way.
fn assert_ended(compiler: &str, how: &str) {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::grpc();
    let output = host(folder.path(), compiler)
        .arg(how)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .output()
        .unwrap();
    assert!(output.status.success(), "{how}: {output:?}");
    let mut left: HashMap<_, usize> = HashMap::new();
    for span in receiver.spans() {
        let is_cancelled = span.attributes.get("floe.cancelled") == Some(&Value::Bool(true));
        // A guard cannot tell that its scope was left early.
        let is_guard = span.name == "guard";
        assert!(!matches!(span.status, ReceivedStatus::Error(_)), "{span:?}");
        if is_cancelled || is_guard {
            *left.entry(span.name.clone()).or_default() += 1;
        }
    }
    for name in ["plain", "with_attributes", "later", "returned", "in_span", "detached"] {
        assert_eq!(left.get(name), Some(&TIMES), "{how}, {name}: {left:?}");
    }
    assert_eq!(left.get("guard"), Some(&(TIMES + 1)), "{how}");
}

#[alone]
fn the_end_of_a_thread_unwinds_through_every_span() {
    assert_ended("cc", "exit");
    assert_ended("cc", "cancel");
}

#[alone]
#[ignore = "`.ci/run` runs it, as it needs a compiler of C++"]
fn an_exception_of_cpp_unwinds_through_every_span() {
    assert_ended("c++", "throw");
}
