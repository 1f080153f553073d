//! A process with a limit for file sizes publishes without a memory file, because a signal would end it at the limit.

#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, reason = "a test")]

use std::fs;

use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{TelemetryConfig, TelemetryProvider};
use rustix::process::{Resource, getrlimit, setrlimit};

/// Returns the number of resident pages. Each mapping adds the page of its header, and a new thread adds few.
fn pages() -> usize {
    let sizes = fs::read_to_string("/proc/self/statm").expect("the system has /proc");
    let used = sizes.split(' ').nth(1).expect("`statm` has seven numbers");
    used.parse().expect("a number")
}

#[test]
fn a_mapping_that_the_system_does_not_name_is_used_again() {
    let provider = TelemetryProvider::builder(TelemetryConfig::new("orders"))
        .with_span_exporter(MemoryExporter::new())
        .initialize()
        .expect("no other provider is in use");
    let limit = getrlimit(Resource::Fsize);
    let mut none = limit;
    none.current = Some(0);
    let before = pages();
    setrlimit(Resource::Fsize, none).expect("a lower limit is allowed");
    let results: Vec<_> = (0..2_000).map(|_| provider.publish_context()).collect();
    setrlimit(Resource::Fsize, limit).expect("the previous limit is allowed");
    // If the system can name the mapping, the error is about the variable of the threads, which no test exports.
    for result in results {
        let error = result.expect_err("publishing is not complete").to_string();
        assert!(
            error.starts_with("expected a mapping with a name")
                || error.starts_with("expected the dynamic symbol"),
            "{error}"
        );
    }

    let more = pages().saturating_sub(before);
    assert!(more < 1_000, "{more} pages");
}
