//! Tracers, meters and loggers of a configuration file are enabled by the names of their scopes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use floe_telemetry::{TelemetryProvider, create_span, init, traced};
use floe_tests::{Receiver, is_child, run_in_child};
use opentelemetry::Context;
use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, Tracer as _,
    TracerProvider as _,
};

const TIMEOUT: Duration = Duration::from_secs(30);

const CONFIGURATORS: [&str; 3] = [
    "{default_config: {enabled: true}, tracers: [{name: 'noisy.*', config: {enabled: false}}, {name: noisy.child, config: {enabled: true}}]}",
    "{default_config: {enabled: false}, meters: [{name: 'order?', config: {enabled: true}}]}",
    "{default_config: {minimum_severity: info}, loggers: [{name: 'quiet*', config: {minimum_severity: warn}}, {name: off, config: {enabled: false}}, {name: traced, config: {trace_based: true}}]}",
];

#[traced(tracer = "noisy.function")]
fn noisy() {
    kept();
}

#[traced(tracer = "kept.function")]
fn kept() {}

fn spans() {
    noisy();
    let provider = TelemetryProvider::tracer_provider();
    for name in ["noisy.api", "kept.api"] {
        provider.tracer(name).in_span(name, |_| kept());
    }
    tracing::info_span!(target: "noisy.tracing", "noisy tracing").in_scope(kept);
    drop(create_span("kept by hand"));
}

fn metrics() {
    let provider = TelemetryProvider::meter_provider();
    for meter in ["orders", "payments"] {
        provider.meter(meter).u64_counter(meter).build().add(1, &[]);
    }
}

fn logs() {
    tracing::info!(target: "quiet", "quiet info");
    tracing::warn!(target: "quiet::more", "kept warning");
    tracing::error!(target: "off", "off");
    tracing::info!(target: "other", "kept info");
    let logger = TelemetryProvider::logger_provider().logger("other.api");
    for (severity, body) in [
        (Some(Severity::Debug), "debug"),
        (Some(Severity::Info2), "kept by the API"),
        (None, "kept without severity"),
    ] {
        let mut record = logger.create_log_record();
        record.set_body(body.into());
        if let Some(severity) = severity {
            record.set_severity_number(severity);
        }
        logger.emit(record);
    }
    for flags in [TraceFlags::SAMPLED, TraceFlags::default()] {
        let ids = (TraceId::from(7), SpanId::from(7));
        let span = SpanContext::new(ids.0, ids.1, flags, true, TraceState::default());
        let _guard = Context::new().with_remote_span_context(span).attach();
        let kept = if flags.is_sampled() { "kept" } else { "lost" };
        tracing::info!(target: "traced", "{kept} in a trace");
    }
    tracing::info!(target: "traced", "kept without a trace");
}

#[test]
fn scopes_are_enabled_by_name() {
    if is_child() {
        let telemetry = init().unwrap();
        spans();
        metrics();
        logs();
        telemetry.shutdown(TIMEOUT).unwrap();
        return;
    }
    let receiver = Receiver::http();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("otel.yaml");
    let to = |signal| format!("{{otlp_http: {{endpoint: '{}/v1/{signal}'}}}}", receiver.endpoint());
    let [tracers, meters, loggers] = CONFIGURATORS;
    let text = format!(
        "file_format: '1.1'
tracer_provider: {{processors: [{{batch: {{exporter: {}}}}}], tracer_configurator/development: {tracers}}}
meter_provider: {{readers: [{{periodic: {{exporter: {}}}}}], meter_configurator/development: {meters}}}
logger_provider: {{processors: [{{batch: {{exporter: {}}}}}], logger_configurator/development: {loggers}}}",
        to("traces"),
        to("metrics"),
        to("logs"),
    );
    std::fs::write(&path, text).unwrap();
    let file = path.to_str().unwrap();
    let this = "configurators::scopes_are_enabled_by_name";
    let (stdout, stderr) = run_in_child(this, &[("OTEL_CONFIG_FILE", file)]);

    let spans = receiver.spans();
    let mut names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
    names.sort_unstable();
    let expected = ["kept", "kept", "kept", "kept", "kept by hand", "kept.api"];
    assert_eq!(names, expected, "{stdout}{stderr}");
    let points = receiver.points();
    assert!(points.iter().all(|point| point.scope == "orders"));
    assert_eq!(points.len(), 1, "{points:?}");
    let logs = receiver.logs();
    let mut bodies: Vec<_> = logs.iter().map(|log| format!("{:?}", log.body)).collect();
    bodies.sort();
    let of_kept = bodies.iter().filter(|body| body.contains("kept")).count();
    assert_eq!((of_kept, bodies.len()), (6, 6), "{bodies:?}");
    let never = "tracers.1.name: it never applies, because `noisy.*` comes first";
    assert_eq!(stderr.matches(never).count(), 1, "{stderr}");
}
