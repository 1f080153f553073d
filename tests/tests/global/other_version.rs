//! A library may use another version of this crate. That copy knows the provider by OpenTelemetry's API alone.

use floe_telemetry::config::ExporterKind;
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::opentelemetry::trace::{
    Span as _, SpanBuilder, SpanContext, TraceContextExt as _, TraceState, Tracer as _,
    TracerProvider as _,
};
use floe_telemetry::opentelemetry::{Context, SpanId, TraceFlags, TraceId, global};
use floe_telemetry::{TelemetryConfig, builder, init_with};
use floe_tests::TIMEOUT;

/// Whether the global provider answers as one that records: with another span than the parent.
fn is_recognized() -> bool {
    let ids = (TraceId::from(1), SpanId::from(1));
    let parent = SpanContext::new(ids.0, ids.1, TraceFlags::default(), true, TraceState::NONE);
    let cx = Context::new().with_remote_span_context(parent).with_telemetry_suppressed();
    let tracer = global::tracer_provider().tracer("library");
    let span = tracer.build_with_context(SpanBuilder::from_name("probe"), &cx);
    let found = span.span_context();
    (found.trace_id(), found.span_id()) != ids
}

#[alone]
fn a_provider_is_recognized_while_it_records() {
    assert!(!is_recognized());
    let exporter = MemoryExporter::new();
    let telemetry = builder().with_span_exporter(exporter).init().unwrap();
    assert!(is_recognized());
    telemetry.shutdown(TIMEOUT).unwrap();
    assert!(!is_recognized());
}

#[alone]
fn a_provider_without_an_exporter_is_not_recognized() {
    let mut config = TelemetryConfig::new("service");
    config.exporters.traces = Some(vec![ExporterKind::None]);
    let _telemetry = init_with(config).unwrap();
    assert!(!is_recognized());
}
