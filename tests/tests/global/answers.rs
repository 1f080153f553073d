//! The answer of `floe-trace` about the file of a program with `#[traced]`. `crates/trace` tests the others.

use std::fs::File;
use std::hint::black_box;

use floe_telemetry::config::ExporterKind;
use floe_telemetry::{TelemetryConfig, traced};
use floe_telemetry_otlp_file as _;
use floe_tests::TIMEOUT;
use floe_trace::read::Reader;
use floe_trace::{CauseKind, Forest, Recording, WaterfallOptions, causes, waterfall};

use super::pipeline::start;

/// The file `traces.jsonl` of a program.
fn written_by(program: impl FnOnce()) -> Recording {
    let folder = tempfile::tempdir().unwrap();
    let mut config = TelemetryConfig::new("shop");
    config.exporters.traces = Some(vec![ExporterKind::OtlpFile]);
    config.exporters.directory = folder.path().into();
    let telemetry = start(config);
    program();
    telemetry.shutdown(TIMEOUT).unwrap();
    let mut reader = Reader::new();
    let file = File::open(folder.path().join("traces.jsonl"));
    reader.read("traces.jsonl", file.unwrap()).unwrap();
    reader.finish()
}

#[traced]
fn card(attempt: u32) -> Result<(), &'static str> {
    // Some milliseconds of work.
    black_box((0..300_000_u64).fold(0, |sum: u64, it| black_box(sum ^ it)));
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

#[alone]
fn an_error_below_a_retry_is_told() {
    let recording = written_by(|| pay().unwrap());
    let forest = Forest::new(&recording);
    let found = causes(&forest);
    let cause = found.iter().find(|it| it.kind == CauseKind::Retries).unwrap();
    assert_eq!(&*forest.span(cause.span).name, "pay");
    let expected = "`pay` calls `charge` 3 times, because it failed 2 times";
    assert!(cause.message.starts_with(expected), "{}", cause.message);
    let picture = waterfall(&forest, &forest.traces()[0], WaterfallOptions::default());
    assert!(picture.contains("7 spans, 4 failed"), "{picture}");
    assert_eq!(picture.matches("✗ card").count(), 2, "{picture}");
    assert!(picture.contains("card network timed out"), "{picture}");
}
