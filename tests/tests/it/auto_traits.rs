//! The public types that are `Send` or `Sync`. This depends on private fields, so an internal change could break the
//! programs of users.

use floe_telemetry::attributes::{AttributeList, AttributeValue, Text};
use floe_telemetry::callsite::{CallSite, Scope};
use floe_telemetry::exporter::{ConsoleExporter, MemoryExporter};
use floe_telemetry::testing::Spans;
use floe_telemetry::trace::Statistics;
use floe_telemetry::trace::TelemetryProviderBuilder;
use floe_telemetry::trace::{
    CurrentSpan, DetachedSpan, InSpan, RecordedSpan, RecorderTracer, SpanBuilder,
};
use floe_telemetry::{Error, MetricRecorder, TelemetryConfig, TelemetryProvider, Tracer};

const fn shared<T: Send + Sync + 'static>() {}
const fn sent<T: Send + 'static>() {}

#[test]
fn public_types_are_shared_between_threads() {
    shared::<TelemetryConfig>();
    shared::<TelemetryProvider>();
    sent::<TelemetryProviderBuilder>();
    shared::<Statistics>();
    shared::<Error>();
    shared::<MetricRecorder>();
    shared::<Tracer>();
    shared::<RecorderTracer>();
    shared::<RecordedSpan>();
    shared::<CurrentSpan>();
    shared::<DetachedSpan>();
    shared::<SpanBuilder>();
    shared::<InSpan<std::future::Ready<()>>>();
    shared::<AttributeList>();
    shared::<AttributeValue>();
    shared::<Text>();
    shared::<CallSite>();
    shared::<Scope>();
    shared::<ConsoleExporter>();
    shared::<MemoryExporter>();
    shared::<Spans>();
}
