//! A sampler of the program: its input, its decision, and its additions.

use std::sync::{Arc, Mutex};

use floe_telemetry::config::{OtlpProtocol, SamplingConfig};
use floe_telemetry::trace::TelemetryProviderBuilder;
use floe_telemetry::{EndingSpan, TelemetryConfig, TelemetryProvider, get_tracer, span, traced};
use floe_tests::ReceivedSpan;
use opentelemetry::trace::{
    Link, Span as _, SpanContext, SpanKind, TraceContextExt as _, TraceId, TraceState, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

use super::pipeline::Pipeline;

/// Decides by the attribute `keep`, and panics on the name `panics`.
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

#[traced(attributes(keep = true))]
async fn later() {}

#[traced(name = "panics", attributes(keep = true))]
fn panics() -> i32 {
    7
}

/// The sampler of the program replaces this setting.
fn never(config: &mut TelemetryConfig) {
    config.sampling = SamplingConfig::default().with_ratio(0.0);
}

fn names(spans: &[ReceivedSpan]) -> Vec<&str> {
    let mut names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    names.sort_unstable();
    names
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
    futures_executor::block_on(later());
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
    assert!(other.is_recording() && !other.span_context().is_sampled());
    assert!(other.span_context().is_valid());
    other.end();
    pipeline.shut_down();
    // Processors see spans that are only recorded; exporters do not.
    let processed = processed.lock().unwrap();
    assert_eq!(processed.len(), 7);
    assert!(processed.contains(&"api.record".to_owned()));
    assert_eq!(pipeline.statistics().sampled_out, 1);

    assert!(kept.is_sampled() && !dropped.is_sampled() && dropped.is_valid());
    assert_eq!(dropped.trace_state().get("acme"), Some("1"));
    let spans = pipeline.receiver.spans();
    assert_eq!(names(&spans), ["api", "child", "child", "guard", "later", "work"]);
    for span in &spans {
        assert_eq!(span.attributes["sampled.by"], "attribute".into());
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
