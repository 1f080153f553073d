//! Consecutive short siblings that become one span, and a budget of bytes, as a program and a receiver see them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use floe_telemetry::config::ExporterKind;
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{
    EndingSpan, TelemetryConfig, TelemetryProvider, create_span, keys, propagation, traced,
};
use floe_tests::{MetricValue, Receiver};
use opentelemetry::Value;
use opentelemetry_sdk::trace::SpanData;

const TIMEOUT: Duration = Duration::from_secs(20);

/// No call of these tests takes longer.
const LONG: &str = "1h";

#[traced(name = "orders.parse")]
fn parse(_line: u32) {}

#[traced(name = "orders.check")]
fn check(line: u32) -> Result<(), &'static str> {
    if line == 2 { Err("no") } else { Ok(()) }
}

/// The query that a loop repeats.
#[traced(name = "SELECT orders", kind = client, attributes("db.system.name" = "postgresql", id))]
fn query(id: u32) {}

#[traced(name = "orders.import")]
fn import() {
    for line in 0..5 {
        parse(line);
    }
    for line in 0..4 {
        let _ = check(line);
    }
    for id in 0..3 {
        query(id);
    }
}

fn config(settings: &str) -> TelemetryConfig {
    let yaml = format!("resource_attributes: {{service_name: orders}}\n{settings}");
    TelemetryConfig::from_yaml(&yaml).unwrap()
}

fn count(span: &SpanData) -> i64 {
    let mut attributes = span.attributes.iter();
    let count = attributes.find(|own| own.key.as_str() == keys::FLOE_COMPOSITE_COUNT);
    match count.map(|own| &own.value) {
        Some(Value::I64(count)) => *count,
        _ => 1,
    }
}

fn names(spans: &[SpanData]) -> Vec<(&str, i64)> {
    let names = spans.iter().map(|span| (&*span.name, count(span)));
    names.collect()
}

#[test]
fn siblings_are_compressed_on_request() {
    floe_tests::alone!();
    let compressed = [
        ("orders.parse", 5),
        ("orders.check", 2),
        ("orders.check", 1),
        ("orders.check", 1),
        ("SELECT orders", 3),
        ("orders.import", 1),
    ];
    let exact = compressed[..4].iter().copied();
    let exact = exact.chain([("SELECT orders", 1); 3]).chain([compressed[5]]);
    let exact: Vec<_> = exact.collect();
    let both = format!(
        "span_compression: {{exact_match_max_duration: {LONG}, same_kind_max_duration: {LONG}}}"
    );
    let only = format!("span_compression: {{exact_match_max_duration: {LONG}}}");
    for (settings, expected) in [(&*both, &compressed[..]), (&*only, &exact)] {
        let memory = MemoryExporter::new();
        let telemetry = TelemetryProvider::builder(config(settings))
            .with_span_exporter(memory.clone())
            .initialize()
            .unwrap();
        import();
        telemetry.force_flush(TIMEOUT).unwrap();
        let spans = memory.spans();
        assert_eq!(names(&spans), expected, "{settings}");
        let root = spans.last().unwrap().span_context.span_id();
        let children = &spans[..spans.len() - 1];
        assert!(children.iter().all(|span| span.parent_span_id == root));
        let counted = telemetry.statistics();
        let sent = spans.len() as u64;
        assert_eq!((counted.exported, counted.compressed), (sent, 13 - sent));
        assert_eq!(counted.pending, 0, "{counted:?}");
        telemetry.shutdown(TIMEOUT).unwrap();
    }
    let memory = MemoryExporter::new();
    let telemetry = TelemetryProvider::builder(config(""))
        .with_span_exporter(memory.clone())
        .initialize()
        .unwrap();
    import();
    telemetry.shutdown(TIMEOUT).unwrap();
    assert_eq!(memory.spans().len(), 13);
    assert_eq!(telemetry.statistics().compressed, 0);
}

#[test]
fn metrics_and_processors_see_every_span() {
    floe_tests::alone!();
    let receiver = Receiver::grpc();
    let mut config = config(&format!(
        "metrics: {{from_spans: true}}\nspan_compression: {{exact_match_max_duration: {LONG}}}"
    ));
    config.otlp_endpoint = Some(receiver.endpoint());
    config.exporters.logs = Some(vec![ExporterKind::None]);
    let seen = Arc::new(AtomicU64::new(0));
    let processed = Arc::clone(&seen);
    let telemetry = TelemetryProvider::builder(config)
        .with_span_processor(move |_: &mut EndingSpan<'_>| {
            processed.fetch_add(1, Ordering::Relaxed);
        })
        .initialize()
        .unwrap();
    import();
    telemetry.shutdown(TIMEOUT).unwrap();
    assert_eq!(seen.load(Ordering::Relaxed), 13);
    let points = receiver.points();
    let calls = points.iter().filter(|point| point.name == "traces.span.metrics.calls");
    let calls = calls.filter(|point| point.attributes["span.name"] == "orders.parse".into());
    let calls: Vec<_> = calls.map(|point| &point.value).collect();
    assert_eq!(calls, [&MetricValue::Sum(5.0)]);
    let spans = receiver.spans();
    let parse = spans.iter().filter(|span| span.name == "orders.parse");
    let parse: Vec<_> = parse.collect();
    assert_eq!(parse.len(), 1, "{spans:#?}");
    assert_eq!(parse[0].attributes["floe.composite.count"], 5.into());
    let strategy = &parse[0].attributes["floe.composite.strategy"];
    assert_eq!(*strategy, "exact_match".into());
    // The place of the calls is kept.
    assert!(parse[0].attributes.contains_key("code.line.number"));
    let took = parse[0].end_unix_nano - parse[0].start_unix_nano;
    assert!(took > 0, "{parse:#?}");
}

/// A call of another process, which gets the context.
#[traced(name = "GET", kind = client)]
fn get() {
    propagation::inject_context(&mut HashMap::<String, String>::new());
}

#[test]
fn a_call_whose_context_is_sent_is_alone() {
    floe_tests::alone!();
    let memory = MemoryExporter::new();
    let settings = format!("span_compression: {{exact_match_max_duration: {LONG}}}");
    let telemetry = TelemetryProvider::builder(config(&settings))
        .with_span_exporter(memory.clone())
        .initialize()
        .unwrap();
    let root = create_span("root");
    get();
    get();
    drop(root);
    telemetry.shutdown(TIMEOUT).unwrap();
    let found = memory.spans();
    assert_eq!(names(&found), [("GET", 1), ("GET", 1), ("root", 1)]);
}

#[test]
fn what_is_held_back_is_exported_with_its_batch() {
    floe_tests::alone!();
    let memory = MemoryExporter::new();
    let settings = format!(
        "batch_processor: {{schedule_delay_millis: 10}}\nspan_compression: {{exact_match_max_duration: {LONG}}}"
    );
    let telemetry = TelemetryProvider::builder(config(&settings))
        .with_span_exporter(memory.clone())
        .initialize()
        .unwrap();
    let root = create_span("root");
    parse(1);
    parse(2);
    // Without the end of the parent, a flush or a shutdown.
    while memory.spans().iter().map(count).sum::<i64>() < 2 {
        std::thread::yield_now();
    }
    drop(root);
    telemetry.shutdown(TIMEOUT).unwrap();
    let counted = telemetry.statistics();
    assert_eq!(counted.exported + counted.compressed, 3, "{counted:?}");
}

#[test]
fn a_budget_bounds_what_is_exported() {
    floe_tests::alone!();
    let memory = MemoryExporter::new();
    let settings =
        "sampling: {max_bytes_per_minute: 1000000}\nbatch_processor: {max_queue_size: 10000}";
    let telemetry = TelemetryProvider::builder(config(settings))
        .with_span_exporter(memory.clone())
        .initialize()
        .unwrap();
    for _ in 0..1000 {
        import();
    }
    telemetry.shutdown(TIMEOUT).unwrap();
    let counted = telemetry.statistics();
    assert!(counted.over_budget > 0, "{counted:?}");
    let lost = counted.dropped_buffer_full + counted.dropped_queue_full;
    assert_eq!(counted.exported + counted.over_budget + lost, 13_000, "{counted:?}");
    assert_eq!(counted.pending, 0, "{counted:?}");
    // A span has at least 300 bytes in memory.
    assert!(memory.spans().len() < 1_000_000 / 300, "{counted:?}");
}

#[test]
fn a_budget_is_for_what_compression_leaves() {
    floe_tests::alone!();
    let memory = MemoryExporter::new();
    let settings = format!(
        "span_compression: {{exact_match_max_duration: {LONG}}}
sampling: {{max_bytes_per_minute: 20000}}"
    );
    let telemetry = TelemetryProvider::builder(config(&settings))
        .with_span_exporter(memory.clone())
        .initialize()
        .unwrap();
    {
        let _span = create_span("orders.import");
        for _ in 0..1_000 {
            parse(1);
        }
    }
    telemetry.shutdown(TIMEOUT).unwrap();
    let statistics = telemetry.statistics();
    assert_eq!(statistics.over_budget, 0, "{statistics:?}");
    let spans = memory.spans();
    assert_eq!(spans.iter().map(count).sum::<i64>(), 1_001);
    assert!(spans.iter().any(|span| span.name == "orders.import"));
}
