//! What unwinds through a span without being a panic: C++ exceptions, and the end of a thread in the middle of a call.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::HashMap;

use floe_tests::{ReceivedStatus, Receiver, Value};

use super::signals::host;

/// How often the program leaves a span of each kind.
const TIMES: usize = 10;

#[test]
fn what_is_no_panic_unwinds_through_every_span() {
    floe_tests::alone!();
    let folder = tempfile::tempdir().unwrap();
    // README's command needs a C compiler, which the linker comes with, and none for C++.
    let has_cpp = std::env::var_os("CI").is_some();
    let all = [("cc", "exit"), ("cc", "cancel"), ("c++", "throw")];
    for (compiler, how) in all.into_iter().take(if has_cpp { 3 } else { 2 }) {
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
}
