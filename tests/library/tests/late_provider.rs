//! A global provider that is set after a thread has looked for one many times. This is a single test, because a process
//! has one global provider.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::thread;

use floe_tests_library::load;
use opentelemetry::global;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};

#[test]
fn another_thread_finds_the_provider_for_all() {
    for _ in 0..20_000 {
        load("before", 0);
    }
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    global::set_tracer_provider(provider);
    for _ in 0..2000 {
        load("not found", 0);
    }
    assert_eq!(exporter.get_finished_spans().unwrap(), []);
    thread::spawn(|| load("found", 0)).join().unwrap();
    load("recorded", 0);
    let spans = exporter.get_finished_spans().unwrap();
    let names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["load", "load"]);
}
