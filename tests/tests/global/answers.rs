//! The answers of `floe-trace` about the file of a program with `#[traced]`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs::File;
use std::hint::black_box;
use std::time::{Duration, SystemTime};

use floe_telemetry::config::ExporterKind;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, get_tracer, traced};
use floe_telemetry_otlp_file as _;
use floe_trace::read::Reader;
use floe_trace::{CauseKind, Forest, Recording, WaterfallOptions, causes, waterfall};
use opentelemetry::trace::{Span as _, Tracer as _};

/// The file `traces.jsonl` of a program.
fn written_by(program: impl FnOnce()) -> Recording {
    let folder = tempfile::tempdir().unwrap();
    let mut config = TelemetryConfig::new("shop");
    config.exporters.traces = Some(vec![ExporterKind::OtlpFile]);
    config.exporters.directory = folder.path().into();
    let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
    program();
    telemetry.shutdown(Duration::from_secs(20)).unwrap();
    let mut reader = Reader::new();
    let file = File::open(folder.path().join("traces.jsonl"));
    reader.read("traces.jsonl", file.unwrap()).unwrap();
    reader.finish()
}

/// The sentence of a cause of this kind, and the name of the span that it is about.
fn cause(recording: &Recording, kind: CauseKind) -> (String, String) {
    let forest = Forest::new(recording);
    let found = causes(&forest);
    let cause = found.iter().find(|it| it.kind == kind);
    let cause = cause.unwrap_or_else(|| panic!("no {kind:?} in {found:#?}"));
    (forest.span(cause.span).name.to_string(), cause.message.clone())
}

/// Some milliseconds of work.
fn work() {
    black_box((0..300_000_u64).fold(0, |sum: u64, it| black_box(sum ^ it)));
}

#[traced(kind = client, attributes("db.query.text" = statement))]
fn query(statement: &str) {
    work();
}

#[traced]
fn load_orders() {
    for id in 0..12 {
        query(&format!("SELECT * FROM orders WHERE id = {id}"));
    }
}

#[test]
fn queries_one_after_the_other_are_told() {
    floe_tests::alone!();
    let recording = written_by(load_orders);
    let (name, sentence) = cause(&recording, CauseKind::RepeatedCalls);
    assert_eq!(name, "load_orders");
    assert!(sentence.starts_with("`load_orders` calls `query` 12 times, one after"), "{sentence}");
}

#[traced]
fn card(attempt: u32) -> Result<(), &'static str> {
    work();
    if attempt < 3 { Err("card network timed out") } else { Ok(()) }
}

#[traced]
fn charge(attempt: u32) -> Result<(), String> {
    card(attempt).map_err(|error| format!("charge failed: {error}"))
}

#[traced]
fn pay() -> Result<(), String> {
    charge(1).or_else(|_| charge(2)).or_else(|_| charge(3))
}

#[test]
fn an_error_below_a_retry_is_told() {
    floe_tests::alone!();
    let recording = written_by(|| pay().unwrap());
    let (name, sentence) = cause(&recording, CauseKind::Retries);
    assert_eq!(name, "pay");
    let expected = "`pay` calls `charge` 3 times, because it failed 2 times";
    assert!(sentence.starts_with(expected), "{sentence}");
    let forest = Forest::new(&recording);
    let picture = waterfall(&forest, &forest.traces()[0], WaterfallOptions::default());
    assert!(picture.contains("7 spans, 4 failed"), "{picture}");
    assert_eq!(picture.matches("✗ card").count(), 2, "{picture}");
    assert!(picture.contains("card network timed out"), "{picture}");
}

/// Requests at irregular times, each of which holds a lock for 20 to 60 ms. The times are given, so that no machine is too
/// busy for them.
fn requests_with_a_lock() {
    let tracer = get_tracer("shop");
    let at = |millis| SystemTime::UNIX_EPOCH + Duration::from_millis(1_790_000_000_000 + millis);
    let (mut arrived, mut free) = (0, 0);
    for request in 0..60_u64 {
        arrived += request * 7919 % 67;
        free = free.max(arrived) + 20 + request * 104_729 % 41;
        let builder = tracer.span_builder("reserve").with_start_time(at(arrived));
        builder.start(&tracer).end_with_timestamp(at(free));
    }
}

#[test]
fn a_lock_that_is_waited_for_is_told() {
    floe_tests::alone!();
    let recording = written_by(requests_with_a_lock);
    let (name, sentence) = cause(&recording, CauseKind::ContendedLock);
    assert_eq!(name, "reserve");
    let expected = ["spans `reserve` wait for each other", "as below a lock or in a pool of one"];
    assert!(expected.iter().all(|it| sentence.contains(it)), "{sentence}");
}
