//! The decisions of an OpenTelemetry sampler, and the propagated trace state. `tests/differential` compares the decisions
//! with those of the SDK, and `tracing` tests that a trace is recorded whole.

use std::collections::HashMap;

use floe_telemetry::config::Sampler;
use floe_telemetry::{TelemetryConfig, propagation, traced};

use super::pipeline::spans;

/// Serves a request with these headers, and returns the headers of a request that it sends meanwhile.
#[traced(parent = headers)]
fn serve(headers: &HashMap<String, String>) -> HashMap<String, String> {
    let mut sent = HashMap::new();
    propagation::inject_context(&mut sent);
    sent
}

#[alone]
fn a_trace_state_is_passed_on_whatever_is_decided() {
    let state = "ot=th:81;rv:80000000000000,other=1";
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    for (sampler, ratio, flags, sent_flags) in [
        (Sampler::AlwaysOn, 1.0, "00", "01"),
        (Sampler::AlwaysOff, 1.0, "03", "02"),
        // The end of the trace id is above one half, by the calculation of OpenTelemetry's `TraceIdRatioBased`.
        (Sampler::TraceIdRatio, 0.5, "03", "02"),
        (Sampler::TraceIdRatio, 0.7, "02", "03"),
        (Sampler::ParentBasedTraceIdRatio, 0.0, "03", "03"),
        (Sampler::ParentBasedAlwaysOn, 1.0, "02", "02"),
    ] {
        let headers = HashMap::from([
            ("traceparent".to_owned(), format!("00-{trace}-00f067aa0ba902b7-{flags}")),
            ("tracestate".to_owned(), state.to_owned()),
        ]);
        let mut config = TelemetryConfig::new("sampling");
        config.sampling.sampler = Some(sampler);
        config.sampling.sampler_arg = Some(ratio);
        let mut sent = HashMap::new();
        let spans = spans(config, || sent = serve(&headers));
        assert_eq!(sent["tracestate"], state, "{sampler:?}");
        assert!(sent["traceparent"].ends_with(&format!("-{sent_flags}")), "{sampler:?}: {sent:?}");
        assert_eq!(spans.len(), usize::from(sent_flags != "02"), "{sampler:?}");
        assert!(spans.iter().all(|it| it.span_context.trace_state().header() == state));
    }
}
