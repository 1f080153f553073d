//! The layer in the global subscriber. Each test has its own process, because a process has one global subscriber.

use std::fmt;
use std::thread;

use floe_telemetry::config::{ExporterKind, OtlpProtocol, SamplingConfig};
use floe_telemetry::tracing::{OpenTelemetrySpanExt as _, SetParentError, with_current_span};
use floe_telemetry::{TelemetryConfig, Tracer, testing, traced, tracing_layer};
use floe_tests::{program, remote_in};
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, global};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tracing::field::Empty;
use tracing::{info, info_span};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::pipeline::{BOTH, Pipeline, spans};

const RECEIVER: &str = "otlp-receiver";

#[traced]
fn work() {}

fn request() {
    info_span!("request", rows = 1).in_scope(|| {
        info_span!("inner", otel.name = "GET /orders").in_scope(work);
        info!("answered");
    });
}

#[alone]
fn the_layer_of_a_process() {
    // The layer gets every message, also from the exporters' dependencies, but not from the receiver, which is a server
    // in this process.
    let not_the_receiver = dynamic_filter_fn(|_, _| thread::current().name() != Some(RECEIVER));
    let layer = tracing_layer().with_filter(not_the_receiver);
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::set_global_default(subscriber).unwrap();
    a_field_may_open_spans_while_it_is_formatted();
    BOTH.into_iter().for_each(exporters_do_not_export_themselves);
}

/// Uses the layer and the spans of an instrumented crate without a provider of this library.
fn child_with_the_layer_alone() {
    static TRACER: Tracer = floe_telemetry::tracer!("acme.server");
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    if std::env::var_os("FLOE_TEST_GLOBAL").is_some() {
        global::set_tracer_provider(provider);
    }

    tracing_subscriber::registry().with(tracing_layer()).init();
    let request = info_span!("request", rows = 1, otel.kind = "server", late = Empty);
    // It is too late, as the provider has started the span.
    let refused = request.set_parent(Context::new());
    request.in_scope(|| {
        request.record("late", 2);
        info!("received");
        info_span!("inner", otel.name = "GET /orders").in_scope(work);
        let mut served = TRACER.open(Context::current(), |span| span.name_const("served"));
        served.run(|| ());
        served.end();
    });

    drop(request);
    let spans = exporter.get_finished_spans().unwrap();
    if !spans.is_empty() {
        assert_eq!(refused, Err(SetParentError::AlreadyStarted));
    }

    for span in &spans {
        let parent = spans
            .iter()
            .find(|it| it.span_context.span_id() == span.parent_span_id)
            .map_or("none", |it| &*it.name);
        let value = |key: &str| {
            span.attributes.iter().find(|it| it.key.as_str() == key).map(|it| it.value.to_string())
        };

        let scope = span.instrumentation_scope.name();
        println!(
            "child: {} of {parent}, {:?}, {scope}, {:?} {:?} {:?}, {} events",
            span.name,
            span.span_kind,
            value("late"),
            value("target"),
            value("code.function.name"),
            span.events.len()
        );
    }
}

/// OpenTelemetry holds the global provider's lock while it logs a message, so the layer must not need that lock.
#[alone]
fn a_provider_may_follow_the_layer() {
    let subscriber = with_current_span(
        tracing_subscriber::registry().with(tracing_layer()).with(tracing_subscriber::fmt::layer()),
    );
    tracing::subscriber::set_global_default(subscriber).unwrap();
    global::set_tracer_provider(SdkTracerProvider::default());
    let initialized = thread::spawn(|| floe_telemetry::init().map(drop));
    initialized.join().unwrap().unwrap();
}

#[test]
fn the_layer_alone_records_into_the_global_provider_or_names_its_absence() {
    let program = program!({ child_with_the_layer_alone() });
    let (stdout, stderr) = program.run(&[]);
    assert!(!stdout.contains("child: "), "{stdout}");
    let warning = "warning: a span of `tracing` is not recorded: expected a started provider \
                   (`floe_telemetry::init()`) or OpenTelemetry's global provider, found neither\n";
    assert_eq!(stderr, warning);
    assert_eq!(program.run(&[("OTEL_SDK_DISABLED", "true")]).1, "");

    let (stdout, stderr) = program.run(&[("FLOE_TEST_GLOBAL", "1")]);
    assert_eq!(stderr, "");
    let lines = stdout.lines().filter_map(|line| Some(line.split_once("child: ")?.1));
    assert_eq!(
        lines.collect::<Vec<_>>(),
        [
            "work of GET /orders, Internal, floe-tests, None None Some(\"global::tracing::work\"), 0 events",
            "GET /orders of request, Internal, global::tracing, None Some(\"global::tracing\") None, 0 events",
            "served of request, Internal, acme.server, None None None, 0 events",
            "request of none, Server, global::tracing, Some(\"2\") Some(\"global::tracing\") None, 1 events",
        ]
    );
}

/// The root is not sampled until it gets a sampled parent while it is current. It ends at its exit.
#[alone]
fn an_entered_span_may_get_a_sampled_parent() {
    let mut config = TelemetryConfig::new("parents");
    config.sampling = SamplingConfig::default().with_ratio(0.0);
    let subscriber = tracing_subscriber::registry().with(tracing_layer());
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let spans = spans(config, || {
        let span = info_span!("span");
        let sender = Context::new().with_remote_span_context(remote_in(7, true));
        span.in_scope(|| assert_eq!(span.set_parent(sender.clone()), Ok(())));
        let _attached = sender.attach();
        work();
    });

    let [work, span] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!(span.parent_span_id, work.parent_span_id);
    assert!(span.end_time <= work.start_time);
}

struct Chatty;

impl fmt::Debug for Chatty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _inner = info_span!("inner").entered();
        info!("logged while formatting");
        f.write_str("chatty")
    }
}

fn a_field_may_open_spans_while_it_is_formatted() {
    let spans = testing::capture(|| {
        let outer = info_span!("outer", a = ?Chatty, b = Empty).entered();
        outer.record("b", tracing::field::debug(Chatty));
        info!(c = ?Chatty, "an event");
    });
    spans
        .single("outer")
        .assert_attribute("a", "chatty")
        .assert_attribute("b", "chatty")
        .assert_event("an event");
    assert_eq!(spans.named("inner").count(), 3);
    for inner in spans.named("inner") {
        inner.assert_event("logged while formatting");
    }
}

fn exporters_do_not_export_themselves(protocol: OtlpProtocol) {
    let pipeline = Pipeline::over(protocol, |config| {
        // A host name is resolved on a thread of the runtime.
        config.otlp_endpoint =
            config.otlp_endpoint.as_ref().map(|it| it.replace("127.0.0.1", "localhost"));
        config.exporters.metrics = Some(vec![ExporterKind::None]);
    });

    for _ in 0..3 {
        request();
        pipeline.flush();
    }

    let spans = pipeline.end().spans();
    assert_eq!(spans.len(), 9, "{spans:?}");
    for span in spans.iter().filter(|span| span.name == "request") {
        assert_eq!(span.events.len(), 1, "{span:?}");
    }
}
