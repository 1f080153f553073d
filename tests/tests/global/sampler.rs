//! A sampler of the program: its input, its decision, and its additions. Also the trace state that built-in samplers
//! pass on. `tests/differential` compares the decisions of built-in samplers with those of the SDK.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use floe_telemetry::config::{OtlpProtocol, Sampler, SamplingConfig};
use floe_telemetry::trace::TelemetryProviderBuilder;
use floe_telemetry::{
    EndingSpan, TelemetryConfig, TelemetryProvider, get_tracer, propagation, span, traced,
};
use floe_tests::{document, names, program};
use opentelemetry::trace::{
    Link, Span as _, SpanContext, SpanKind, TraceContextExt as _, TraceId, TraceState, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

use super::pipeline::{Pipeline, spans};

/// Samples spans by the attribute `keep`, and panics for a span named `panics`.
#[derive(Clone, Debug, Default)]
struct ByAttribute(Arc<Mutex<Vec<String>>>);

impl ShouldSample for ByAttribute {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        assert_ne!(name, "panics");
        assert_ne!(trace_id, TraceId::INVALID);
        // The sampler's own span is not sampled, and does not call the sampler again.
        inner();
        let parent = parent.unwrap();
        let above = parent.span().span_context().clone();
        let call =
            format!("{name} {kind:?} {} {} {}", attributes.len(), links.len(), above.is_sampled());
        self.0.lock().unwrap().push(call);
        let keep = attributes.iter().find(|attribute| attribute.key.as_str() == "keep");
        let decision = match keep.map(|keep| keep.value.as_str().into_owned()).as_deref() {
            Some("true") => SamplingDecision::RecordAndSample,
            Some("record") => SamplingDecision::RecordOnly,
            _ => SamplingDecision::Drop,
        };

        SamplingResult {
            decision,
            attributes: vec![KeyValue::new("sampled.by", "attribute")],
            trace_state: TraceState::from_key_value([("acme", "1")]).unwrap(),
        }
    }
}

#[traced]
fn inner() {}

#[traced(kind = server, attributes(keep))]
fn work(keep: bool) -> SpanContext {
    child(true);
    Context::current().span().span_context().clone()
}

#[traced(attributes(keep))]
fn child(keep: bool) {}

/// The sampler decides otherwise about the child, which starts at the second poll.
#[traced(attributes(keep))]
async fn later(keep: bool) {
    tokio::task::yield_now().await;
    child(!keep);
}

#[traced(name = "panics", attributes(keep = true))]
fn panics() -> i32 {
    7
}

/// Sets a ratio of 0, which the sampler of the program replaces.
fn never(config: &mut TelemetryConfig) {
    config.sampling = SamplingConfig::default().with_ratio(0.0);
}

#[alone]
fn the_sampler_of_the_program_decides_for_each_span() {
    let sampler = ByAttribute::default();
    let processed = Arc::<Mutex<Vec<String>>>::default();
    let names_of = Arc::clone(&processed);
    let pipeline = Pipeline::with(OtlpProtocol::Http, never, |builder| {
        builder.with_sampler(sampler.clone()).with_span_processor(
            move |span: &mut EndingSpan<'_>| {
                names_of.lock().unwrap().push(span.name().to_owned());
            },
        )
    });

    let kept = work(true);
    let dropped = work(false);
    futures_executor::block_on(later(true));
    futures_executor::block_on(later(false));
    assert_eq!(panics(), 7);
    drop(span("guard").attribute("keep", true).start());
    let tracer = get_tracer("acme.mail");
    tracer
        .span_builder("api")
        .with_attributes([KeyValue::new("keep", true)])
        .with_links(vec![Link::with_context(kept.clone())])
        .start(&tracer)
        .end();
    let mut other = tracer
        .span_builder("api.record")
        .with_attributes([KeyValue::new("keep", "record")])
        .start(&tracer);
    assert!(other.is_recording());
    assert!(!other.span_context().is_sampled());
    assert!(other.span_context().is_valid());
    other.end();
    pipeline.shut_down();
    // Processors see spans that are only recorded; exporters do not.
    let processed = processed.lock().unwrap();
    assert_eq!(processed.len(), 8);
    assert!(processed.contains(&"api.record".to_owned()));
    assert_eq!(pipeline.statistics().sampled_out, 1);

    assert!(kept.is_sampled());
    assert!(!dropped.is_sampled());
    assert!(dropped.is_valid());
    assert_eq!(dropped.trace_state().get("acme"), Some("1"));
    let spans = pipeline.receiver.spans();
    assert_eq!(names(&spans), ["api", "child", "child", "child", "guard", "later", "work"]);
    for span in &spans {
        assert_eq!(span.attributes["sampled.by"], "attribute");
    }

    let calls = sampler.0.lock().unwrap();
    assert_eq!(
        *calls,
        [
            "work Server 1 0 false",
            "child Internal 1 0 true",
            "work Server 1 0 false",
            "child Internal 1 0 false",
            "later Internal 1 0 false",
            "child Internal 1 0 true",
            "later Internal 1 0 false",
            "child Internal 1 0 false",
            "guard Internal 1 0 false",
            "api Internal 1 1 false",
            "api.record Internal 1 0 false",
        ]
    );

    assert_eq!(pipeline.statistics().sampler_panics, 1);
}

#[alone]
fn the_next_provider_has_the_sampler_of_its_configuration() {
    let sampler = ByAttribute::default();
    let add = |builder: TelemetryProviderBuilder| builder.with_sampler(sampler.clone());
    let first = Pipeline::with(OtlpProtocol::Http, never, add);
    work(true);
    let receiver = first.end();
    let next = Pipeline::http(never);
    work(true);
    assert_eq!(next.end().spans(), []);
    assert_eq!(names(&receiver.spans()), ["child", "work"]);
    assert_eq!(sampler.0.lock().unwrap().len(), 2);
}

#[alone]
fn a_sampler_of_the_program_excludes_tail_sampling() {
    let mut tail = TelemetryConfig::new("orders");
    tail.sampling.keep_errors = true;
    let error = TelemetryProvider::builder(tail)
        .with_sampler(ByAttribute::default())
        .initialize()
        .unwrap_err();
    assert!(error.is_config(), "{error}");
    assert!(error.to_string().contains("keep_errors"), "{error}");
}

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
        // For OpenTelemetry's `TraceIdRatioBased`, this trace id is between 0.5 and 0.7.
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

#[alone]
fn a_trace_state_with_a_credential_is_not_exported() {
    let headers = HashMap::from([
        ("traceparent".to_owned(), format!("00-{:032x}-{:016x}-01", 1, 1)),
        ("tracestate".to_owned(), "acme=1,api_key=hunter2XyZ91".to_owned()),
    ]);
    let spans = spans(TelemetryConfig::new("sampling"), || _ = serve(&headers));
    assert_eq!(spans[0].span_context.trace_state().header(), "");
}

#[test]
fn a_ratio_for_another_environment_is_one_warning() {
    let program = program!({
        for _ in 0..2 {
            let mut config = TelemetryConfig::from_env().unwrap();
            config.sampling.dev = Some(1.0);
            let _telemetry = TelemetryProvider::builder(config).initialize().unwrap();
        }
    });
    let unused = |what: &str, found: &str| {
        format!(
            "warning: {what} not used: expected the environment `dev`, `staging` or `prod`, found {found}; set \
             `deployment_environment`, or `sampler` and `sampler_arg` for every environment\n"
        )
    };
    for (sampling, environment, expected) in [
        ("prod: 0.05", "production", unused("`sampling.prod` is", "`production`")),
        ("prod: 0.05", "PROD", unused("`sampling.prod` is", "`PROD`")),
        ("prod: 0.1, staging: 0", "", unused("`sampling.staging` and `sampling.prod` are", "none")),
        ("prod: 0.05", "prod", String::new()),
        ("prod: 0.05", "dev", String::new()),
        ("prod: 1.0", "production", String::new()),
        ("prod: 0.05, sampler: always_off", "production", String::new()),
    ] {
        let document = document(&format!(
            "{{resource_attributes: {{service_name: orders}}, sampling: {{{sampling}}}}}"
        ));
        let attributes = match environment {
            "" => String::new(),
            name => format!("deployment.environment.name={name}"),
        };
        let (_, stderr) = program.run(&[
            ("FLOE_CONFIG_FILE", document.path().to_str().unwrap()),
            ("OTEL_RESOURCE_ATTRIBUTES", &attributes),
        ]);
        assert_eq!(stderr, expected, "{sampling} {environment}");
    }
}
