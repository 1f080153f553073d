//! The ratio decides for roots, and descendants follow. One test, because a process has one
//! provider.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, get_current_span, get_tracer, traced};
use floe_tests::remote;
use opentelemetry::Context;
use opentelemetry::trace::{TraceContextExt, Tracer};

const TIMEOUT: Duration = Duration::from_secs(20);

#[traced]
fn root() {
    assert_eq!(
        Context::current().span().span_context().is_sampled(),
        get_current_span().is_recording()
    );
    child();
    get_tracer("plain").in_span("plain", |cx| {
        assert_eq!(
            cx.span().span_context().trace_id(),
            get_current_span().span_context().trace_id()
        );
        child();
    });
}

#[traced]
fn child() {}

fn run(ratio: f64, code: impl FnOnce()) -> Vec<opentelemetry_sdk::trace::SpanData> {
    let memory = MemoryExporter::new();
    let mut config = TelemetryConfig::new("sampling");
    config.resource_attributes.deployment_environment = Some("staging".to_owned());
    config.sampling.staging = Some(ratio);
    let telemetry =
        TelemetryProvider::builder(config).with_span_exporter(memory.clone()).initialize().unwrap();
    code();
    telemetry.shutdown(TIMEOUT).unwrap();
    memory.spans()
}

#[test]
fn sampling_is_parent_based() {
    floe_tests::alone!();
    assert_eq!(run(1.0, root).len(), 4);
    assert_eq!(run(0.0, root).len(), 0);

    // A trace is recorded completely or not at all. Six standard deviations around one half.
    let spans = run(0.5, || (0..400).for_each(|_| root()));
    assert_eq!(spans.len() % 4, 0);
    assert!((140..=260).contains(&(spans.len() / 4)), "{} of 400", spans.len() / 4);

    // The parent's decision takes precedence over the ratio, in both directions.
    let follow = |sampled| {
        move || {
            let _attached = remote(sampled).attach();
            root();
        }
    };
    assert_eq!(run(0.0, follow(true)).len(), 4);
    assert_eq!(run(1.0, follow(false)).len(), 0);
}
