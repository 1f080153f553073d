//! Exporters of other crates: one hangs while it is created, as on a dead disk, and the other changes settings.
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::thread;

use floe_telemetry::config::Signal;
use floe_telemetry::exporter::{ExporterFactory, telemetry_exporter};
use floe_telemetry::opentelemetry::trace::{Link, SpanKind, TraceState};
use floe_telemetry::opentelemetry::{Context, KeyValue, TraceId};
use floe_telemetry::{TelemetryConfig, TelemetryProvider, create_span, propagation};
use floe_tests::{TIMEOUT, program};
use floe_tests_acme_exporter::ARCHIVE;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

telemetry_exporter!(ExporterFactory::new("hanging", &[Signal::Traces], |_, _| {
    println!("waiting");
    loop {
        thread::park();
    }
}));

/// An exporter that also sets a limit, a sampler and a propagator.
const SETTINGS: ExporterFactory =
    ExporterFactory::new("settings", &[Signal::Traces], |_, provider| {
        let provider = provider.configure(|config| config.limits.attribute_count = 500);
        let provider = provider.with_propagator(TraceContextPropagator::new());
        Ok(provider.with_sampler(Sampled).with_span_exporter(ARCHIVE.clone()))
    });

telemetry_exporter!(SETTINGS);

/// Samples each span, and adds an attribute to it.
#[derive(Clone, Debug)]
struct Sampled;

impl ShouldSample for Sampled {
    fn should_sample(
        &self,
        _: Option<&Context>,
        _: TraceId,
        _: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        SamplingResult {
            decision: SamplingDecision::RecordAndSample,
            attributes: vec![KeyValue::new("acme.sampled", true)],
            trace_state: TraceState::NONE,
        }
    }
}

const SIGTERM: i32 = 15;

#[test]
fn a_start_that_hangs_can_be_ended() {
    let program = program!({
        let yaml = "resource_attributes: {service_name: a}\nexporters: {traces: [hanging]}";
        let config = TelemetryConfig::from_yaml(yaml).unwrap();
        let _ = TelemetryProvider::builder(config).initialize();
    });
    let mut child = program.command().stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().ends_with("waiting")));
    let id = child.id().to_string();
    assert!(Command::new("kill").arg(&id).status().unwrap().success());
    assert_eq!(child.wait().unwrap().signal(), Some(SIGTERM));
}

#[test]
#[ignore = "`.ci/run` runs it, as it takes 30 seconds"]
fn a_start_that_hangs_fails() {
    floe_tests::alone!();
    let start = |exporter: &str| {
        let yaml = format!(
            "resource_attributes: {{service_name: a}}\nexporters: {{traces: [{exporter}]}}"
        );

        TelemetryProvider::builder(TelemetryConfig::from_yaml(&yaml).unwrap()).initialize()
    };

    let error = start("hanging").unwrap_err();
    assert!(error.is_timeout(), "{error}");
    let expected = "the start of the exporter `hanging` did not finish within 30s";
    assert!(error.to_string().starts_with(expected), "{error}");
    // The program can start without the exporter.
    drop(start("settings").unwrap());
}

#[test]
fn settings_of_an_exporter_apply_to_the_recorder() {
    floe_tests::alone!();
    let yaml = "resource_attributes: {service_name: a}\nexporters: {traces: [settings]}";
    let config = TelemetryConfig::from_yaml(yaml).unwrap();
    let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
    let span = create_span("orders.load");
    for number in 0..200 {
        span.set_attribute(format!("orders.{number}"), number);
    }

    drop(span);
    telemetry.shutdown(TIMEOUT).unwrap();
    let spans = ARCHIVE.spans();
    let keys = || spans[0].attributes.iter().map(|attribute| attribute.key.as_str());
    assert_eq!(keys().filter(|key| key.starts_with("orders.")).count(), 200);
    assert_eq!(spans[0].dropped_attributes_count, 0);
    assert!(keys().any(|key| key == "acme.sampled"));
}

#[test]
fn the_propagator_of_an_exporter_is_used_beside_the_configured_ones() {
    floe_tests::alone!();
    let yaml = "resource_attributes: {service_name: a}\nexporters: {traces: [settings]}\npropagators: [b3]";
    let config = TelemetryConfig::from_yaml(yaml).unwrap();
    let _telemetry = TelemetryProvider::builder(config).initialize().unwrap();
    let _span = create_span("orders.load");
    let headers = propagation::inject_headers();
    assert!(headers.contains_key("b3"), "{headers:?}");
    assert!(headers.contains_key("traceparent"), "{headers:?}");
}
