//! The spans of the library go to OpenTelemetry's global provider. This is a single test, because a process has one
//! global provider.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../../src/before_main.rs"]
mod before_main;

use std::collections::HashMap;
use std::panic::catch_unwind;

use floe_telemetry::trace::RecorderTracerProvider;
use floe_tests_library::{
    Order, around, burst, by_api, by_hand, fail, load, receive, refuse, wait,
};
use opentelemetry::trace::{
    FutureExt, SpanContext, SpanKind, Status, TraceContextExt, TraceFlags, TraceState, Tracer,
    TracerProvider,
};
use opentelemetry::{Context, SpanId, TraceId, Value, global};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler, SdkTracerProvider, SpanData};

fn named<'a>(spans: &'a [SpanData], name: &str) -> &'a SpanData {
    let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    let [span] = found[..] else {
        panic!("{name}: {spans:#?}");
    };
    span
}

fn attribute<'a>(span: &'a SpanData, key: &str) -> Option<&'a Value> {
    let mut attributes = span.attributes.iter();
    let found = attributes.find(|attribute| attribute.key.as_str() == key);
    found.map(|attribute| &attribute.value)
}

#[track_caller]
fn assert_child(child: &SpanData, parent: &SpanData) {
    assert_eq!(child.parent_span_id, parent.span_context.span_id(), "{child:#?}");
    assert_eq!(child.span_context.trace_id(), parent.span_context.trace_id());
}

fn provider() -> (SdkTracerProvider, InMemorySpanExporter) {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .with_sampler(Sampler::AlwaysOn)
        .build();
    global::set_tracer_provider(provider.clone());
    (provider, exporter)
}

#[test]
fn the_spans_of_a_library_go_to_the_global_provider() {
    // After 5000 calls without a provider, a thread still looks again after at most 1024 calls.
    for _ in 0..5000 {
        load("before", 0);
    }
    let (provider, exporter) = provider();
    for _ in 0..1024 {
        load("found", 0);
    }
    let found = exporter.get_finished_spans().unwrap();
    assert!(!found.is_empty());
    assert!(found.iter().all(|span| span.name == "load"));
    assert!(found.len() < 1024, "the search for the provider exports no span");
    exporter.reset();

    nested_right(&provider, &exporter);
    errors_have_no_secrets(&exporter);
    attributes_have_no_secrets(&exporter);
    guards_and_builders(&exporter);
    spans_of_the_api(&provider, &exporter);
    arguments_of_the_attribute(&exporter);
    futures(&provider, &exporter);
    the_sampler_of_the_provider_decides();
    // This is another provider. It is shut down below.
    let (second, exporter) = self::provider();
    load("second", 0);
    assert_eq!(exporter.get_finished_spans().unwrap().len(), 1);
    second.shutdown().unwrap();
    around("shut down", || load("nowhere", 0));
    // This provider records nothing, and would pass the spans on to the global provider, which it is itself.
    global::set_tracer_provider(RecorderTracerProvider::default());
    around("itself", by_api);
}

fn nested_right(provider: &SdkTracerProvider, exporter: &InMemorySpanExporter) {
    let tracer = provider.tracer("program");
    tracer.in_span("above", |_| {
        around("it", || {
            load("orders", 7);
            tracer.in_span("below", |_| around("deep", || ()));
            let cx = Context::current();
            cx.span().set_attribute(opentelemetry::KeyValue::new("set.by", "the program"));
        });
    });
    let spans = exporter.get_finished_spans().unwrap();
    exporter.reset();
    assert_eq!(spans.len(), 5);
    let it = named(&spans, "around it");
    assert_child(it, named(&spans, "above"));
    assert_child(named(&spans, "below"), it);
    assert_child(named(&spans, "around deep"), named(&spans, "below"));
    assert_eq!(attribute(it, "set.by"), Some(&"the program".into()));
    assert_eq!(it.status, Status::Ok);
    let load = named(&spans, "load");
    assert_child(load, it);
    assert_eq!(load.span_kind, SpanKind::Client);
    assert_eq!(load.instrumentation_scope.name(), "floe-tests-library");
    assert_eq!(load.instrumentation_scope.version(), Some("0.1.0"));
    for (key, value) in [
        ("table", Value::from("orders")),
        ("rows", Value::I64(7)),
        ("code.function.name", "floe_tests_library::load".into()),
    ] {
        assert_eq!(attribute(load, key), Some(&value), "{key}");
    }
    assert!(attribute(load, "code.line.number").is_some());
    assert!(load.end_time >= load.start_time);
    assert!(load.end_time <= it.end_time);
}

fn arguments_of_the_attribute(exporter: &InMemorySpanExporter) {
    global::set_text_map_propagator(TraceContextPropagator::new());
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
    let order = Order { id: 7, region: Some("eu") };
    receive(&headers, &order);
    let spans = exporter.get_finished_spans().unwrap();
    exporter.reset();
    let span = named(&spans, "receive");
    assert_eq!(span.parent_span_id.to_string(), "b7ad6b7169203331");
    assert_eq!(span.span_kind, SpanKind::Consumer);
    for (key, value) in
        [("order.id", Value::I64(7)), ("order.region", "eu".into()), ("order.items", Value::I64(3))]
    {
        assert_eq!(attribute(span, key), Some(&value), "{key}");
    }
    assert_eq!(span.links.len(), 1);
    assert_eq!(span.events.len(), 1);
}

fn errors_have_no_secrets(exporter: &InMemorySpanExporter) {
    fail().unwrap_err();
    refuse("password=hunter2").unwrap_err();
    catch_unwind(burst).unwrap_err();
    let spans = exporter.get_finished_spans().unwrap();
    exporter.reset();
    for (name, error_type, message) in [
        ("fail", "core::num::error::ParseIntError", "invalid digit found in string"),
        ("refuse", "alloc::string::String", "password=<REDACTED>"),
        ("burst", "panic", "password=<REDACTED>"),
    ] {
        let span = named(&spans, name);
        assert_eq!(attribute(span, "error.type"), Some(&error_type.into()), "{span:#?}");
        let [event] = &span.events.events[..] else {
            panic!("{span:#?}");
        };
        assert_eq!(event.name, "exception");
        let withheld = "text withheld without the feature `redact` of floe-telemetry";
        let message = if cfg!(feature = "redact") { message } else { withheld };
        assert_eq!(span.status, Status::error(message));
        let recorded = attribute(span, "exception.message");
        assert_eq!(recorded.is_some(), cfg!(feature = "redact"));
        assert!(recorded.is_none_or(|text| *text == message.into()));
        assert!(!format!("{span:?}").contains("hunter2"));
    }
}

fn attributes_have_no_secrets(exporter: &InMemorySpanExporter) {
    if !cfg!(feature = "redact") {
        return;
    }
    let span = floe_telemetry::create_span("attributes");
    span.set_attribute("db.password", "hunter2");
    span.set_attribute("api_keys", vec!["hunter2", "hunter3"]);
    span.set_attribute("pin", 4815);
    span.set_attribute("rows", 4815);
    span.add_event("refused: password=hunter2", Vec::new());
    drop(span);
    drop(floe_telemetry::create_span("login password=hunter2".to_owned()));
    let spans = exporter.get_finished_spans().unwrap();
    exporter.reset();
    let span = named(&spans, "attributes");
    assert_eq!(attribute(span, "rows"), Some(&Value::I64(4815)));
    for key in ["db.password", "pin"] {
        assert_eq!(attribute(span, key), Some(&"<REDACTED>".into()), "{key}");
    }
    assert!(!format!("{spans:?}").contains("hunter"));
}

fn guards_and_builders(exporter: &InMemorySpanExporter) {
    by_hand();
    let spans = exporter.get_finished_spans().unwrap();
    exporter.reset();
    let read = named(&spans, "store.read");
    assert_eq!(read.span_kind, SpanKind::Client);
    assert_eq!(read.instrumentation_scope.name(), "library.store");
    assert_eq!(attribute(read, "rows"), Some(&Value::I64(4)));
    assert_eq!(read.events.events[0].name, "read");
    assert_eq!(read.status, Status::Ok);
    let inner = named(&spans, "inner");
    assert_child(inner, read);
    assert!(matches!(inner.status, Status::Error { .. }));
    assert!(!format!("{inner:?}").contains("hunter2"));
    assert_eq!(named(&spans, "last").parent_span_id, SpanId::INVALID);
}

fn spans_of_the_api(provider: &SdkTracerProvider, exporter: &InMemorySpanExporter) {
    provider.tracer("program").in_span("above", |_| by_api());
    let spans = exporter.get_finished_spans().unwrap();
    exporter.reset();
    assert_eq!(spans.len(), 3);
    let sent = named(&spans, "store.send");
    assert_child(sent, named(&spans, "above"));
    assert_child(named(&spans, "load"), sent);
    assert_eq!(sent.span_kind, SpanKind::Producer);
    assert_eq!(sent.instrumentation_scope.name(), "library.api");
    assert_eq!(attribute(sent, "rows"), Some(&Value::I64(3)));
    assert_eq!(attribute(sent, "table"), Some(&"orders".into()));
    assert_eq!(sent.events.events[0].name, "exception");
    assert!(matches!(sent.status, Status::Error { .. }));
    assert!(!format!("{sent:?}").contains("hunter2"));
}

fn futures(provider: &SdkTracerProvider, exporter: &InMemorySpanExporter) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let tracer = provider.tracer("program");
    let above = Context::new().with_span(tracer.start("above"));
    runtime.block_on(async {
        let tasks: Vec<_> =
            (0..20).map(|rows| tokio::spawn(wait(rows).with_context(above.clone()))).collect();
        for task in tasks {
            task.await.unwrap();
        }
        drop(wait(100).with_context(above.clone()));
        // The future is cancelled while it waits.
        let mut waiting = Box::pin(wait(101));
        std::future::poll_fn(|task| {
            let _ = waiting.as_mut().poll(task);
            std::task::Poll::Ready(())
        })
        .await;
    });
    drop(above);
    let spans = exporter.get_finished_spans().unwrap();
    exporter.reset();
    let above = named(&spans, "above");
    let waits: Vec<_> = spans.iter().filter(|span| span.name == "wait").collect();
    assert_eq!(waits.len(), 21);
    for wait in waits {
        if attribute(wait, "rows") == Some(&Value::I64(101)) {
            assert_eq!(attribute(wait, "floe.cancelled"), Some(&Value::Bool(true)));
            continue;
        }
        assert_child(wait, above);
        assert_eq!(wait.status, Status::Ok);
        let id = wait.span_context.span_id();
        let below: Vec<_> = spans
            .iter()
            .filter(|span| span.parent_span_id == id)
            .map(|span| attribute(span, "rows"))
            .collect();
        assert_eq!(below, [attribute(wait, "rows")]);
    }
}

fn the_sampler_of_the_provider_decides() {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
        .build();
    global::set_tracer_provider(provider.clone());
    let parent = SpanContext::new(
        TraceId::from(7),
        SpanId::from(8),
        TraceFlags::default(),
        true,
        TraceState::NONE,
    );
    {
        let _remote = Context::new().with_remote_span_context(parent).attach();
        around("unsampled", || {
            let cx = Context::current();
            let current = cx.span().span_context().clone();
            assert_eq!(current.trace_id(), TraceId::from(7));
            assert!(!current.is_sampled());
            load("unsampled", 0);
        });
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        load("suppressed", 0);
    }
    load("sampled", 0);
    let spans = exporter.get_finished_spans().unwrap();
    assert_eq!(spans.len(), 1);
    assert_eq!(attribute(&spans[0], "table"), Some(&"sampled".into()));
}

#[test]
fn nothing_runs_before_main() {
    before_main::assert_nothing_runs_before_main(&std::env::args().next().unwrap());
}
