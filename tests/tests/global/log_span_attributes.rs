//! Attributes of the current span on log records and lines.

use std::thread;

use floe_telemetry::config::{ContextMode, ExporterKind, Sampler};
use floe_telemetry::tracing::OpenTelemetrySpanExt as _;
use floe_telemetry::{
    TelemetryConfig, TelemetryProvider, Tracer, create_span, logs, set_attribute, span, traced,
    tracing_layer,
};
use floe_tests::{Receiver, Written, json_lines};
use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _};
use opentelemetry::trace::{TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue, global};
use serde_json::{Map, Value as Json, json};
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

use super::pipeline::Pipeline;

const BUILT_IN: [&str; 6] = ["event", "level", "timestamp", "target", "trace_id", "span_id"];

static TRACER: Tracer = floe_telemetry::tracer!("acme.queue");

struct Sent {
    text: String,
    receiver: Receiver,
}

impl Sent {
    /// Returns the fields of a log line, and checks that the exported record has the same fields.
    #[track_caller]
    fn fields(&self, message: &str) -> Map<String, Json> {
        let lines = json_lines(&self.text);
        let mut line = lines
            .iter()
            .find(|line| line["event"] == message)
            .unwrap()
            .as_object()
            .unwrap()
            .clone();
        line.retain(|key, _| !BUILT_IN.contains(&key.as_str()));
        assert_eq!(line, self.attributes(message), "{message}");
        line
    }

    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "a macro makes the argument")]
    fn assert_fields(&self, message: &str, expected: Json) {
        assert_eq!(Json::Object(self.fields(message)), expected, "{message}");
    }

    #[track_caller]
    fn attributes(&self, message: &str) -> Map<String, Json> {
        self.receiver.log(message).attributes.into_iter().collect()
    }
}

fn run(patterns: &[&str], act: impl FnOnce()) -> Sent {
    run_with(patterns, |_| {}, act)
}

fn run_with(
    patterns: &[&str],
    change: impl FnOnce(&mut TelemetryConfig),
    act: impl FnOnce(),
) -> Sent {
    let written = Written::default();
    let mut lines = None;
    let pipeline = Pipeline::grpc(|config| {
        config.logging.span_attributes = patterns.iter().map(|&key| key.to_owned()).collect();
        change(config);
        lines = logs::layer_with_writer(&config.logging, written.writer()).ok();
    });

    let subscriber = tracing_subscriber::registry().with(tracing_layer()).with(lines.unwrap());
    tracing::subscriber::with_default(subscriber, act);
    Sent { receiver: pipeline.end(), text: written.text() }
}

#[test]
fn a_copied_value_is_redacted_by_a_name_that_is_no_field_of_the_record() {
    for pattern in ["value", "*"] {
        let sent = run(&[pattern], || {
            let _guard =
                span("pair").attribute("key", "password").attribute("value", "kettle77").start();
            info!(key = "orders", "asked");
        });
        assert_eq!(sent.attributes("asked")["value"], "<REDACTED>", "{pattern}");
        assert!(!sent.text.contains("kettle77"), "{pattern}: {}", sent.text);
    }
}

#[traced(name = "by.macro", attributes(tenant, rows = 1, plan = "free"))]
fn by_macro(tenant: &str) {
    info!("macro, early");
    set_attribute("rows", 2);
    set_attribute("late", true);
    info!("macro, late");
}

/// Opens one span of each kind, all with the same attributes.
fn all_kinds() {
    by_macro("a-1");

    let guard = span("by.builder")
        .attribute("tenant", "a-1")
        .attribute("rows", 1)
        .attribute("plan", "free")
        .start();
    info!("builder, early");
    guard.set_attribute("rows", 2);
    guard.set_attribute("late", true);
    info!("builder, late");
    drop(guard);

    let mut detached = TRACER.open(Context::current(), |span| {
        span.name_const("by.tracer");
        span.attribute("tenant", "a-1");
        span.attribute("rows", &1);
        span.attribute("plan", "free");
    });

    detached.run(|| info!("detached, early"));
    detached.set_attribute("rows", &2);
    detached.set_attribute("late", &true);
    detached.run(|| info!("detached, late"));
    detached.end();

    let bridged = info_span!("by.tracing", tenant = "a-1", rows = 1, plan = "free");
    bridged.in_scope(|| info!("tracing, early"));
    bridged.record("rows", 2);
    bridged.set_attribute("late", true);
    bridged.in_scope(|| info!("tracing, late"));
    drop(bridged);

    let ours = TelemetryProvider::tracer_provider().tracer("acme");
    by_api(&ours.span_builder("by.api"), &ours, "api");
    let global = global::tracer("acme");
    by_api(&global.span_builder("by.global"), &global, "global");
}

fn by_api<T: opentelemetry::trace::Tracer>(
    builder: &opentelemetry::trace::SpanBuilder,
    tracer: &T,
    kind: &str,
) where
    T::Span: Send + Sync + 'static,
{
    let attributes =
        [KeyValue::new("tenant", "a-1"), KeyValue::new("rows", 1), KeyValue::new("plan", "free")];
    let builder = builder.clone().with_attributes(attributes);
    let cx = Context::current_with_span(tracer.build(builder));
    let _current = cx.attach();
    info!("{kind}, early");
    let cx = Context::current();
    cx.span().set_attribute(KeyValue::new("rows", 2));
    cx.span().set_attribute(KeyValue::new("late", true));
    info!("{kind}, late");
}

const KINDS: [(&str, &str); 6] = [
    ("macro", "by.macro"),
    ("builder", "by.builder"),
    ("detached", "by.tracer"),
    ("tracing", "by.tracing"),
    ("api", "by.api"),
    ("global", "by.global"),
];

#[alone]
fn every_kind_of_span_describes_its_records() {
    global::set_tracer_provider(TelemetryProvider::tracer_provider());
    for context in [ContextMode::EverySpan, ContextMode::Boundaries] {
        let with =
            |patterns: &[&str]| run_with(patterns, |config| config.context = context, all_kinds);
        let listed = with(&["tenant", "r?ws", "absent"]);
        let everything = with(&["*"]);
        let name = with(&["span.name"]);
        let off = with(&[]);
        for (kind, span) in KINDS {
            let early = format!("{kind}, early");
            let late = format!("{kind}, late");
            listed.assert_fields(&early, json!({"tenant": "a-1", "rows": 1}));
            listed.assert_fields(&late, json!({"tenant": "a-1", "rows": 2}));
            let mut all = json!({"span.name": span, "tenant": "a-1", "rows": 1, "plan": "free"});
            everything.assert_fields(&early, all.clone());
            (all["rows"], all["late"]) = (2.into(), true.into());
            everything.assert_fields(&late, all);
            name.assert_fields(&late, json!({"span.name": span}));
            off.assert_fields(&late, json!({}));
            // The setting does not change the spans.
            let [own, same] = [&everything, &off].map(|sent| sent.receiver.span(span));
            assert_eq!(own.attributes, same.attributes, "{span}");
            assert_eq!(own.status, same.status, "{span}");
            assert_eq!(own.events.len(), same.events.len(), "{span}");
            assert_eq!(own.scope, same.scope, "{span}");
        }

        assert_eq!(everything.receiver.spans().len(), KINDS.len());
    }
}

#[alone]
fn the_current_span_is_the_innermost_one() {
    let sent = run(&["*"], || {
        let _outer = span("outer").attribute("outer", 1).start();
        info!("outer");
        {
            let inner = span("inner").attribute("inner", 2).start();
            info!("inner");
            inner.update_name("renamed");
            info!(inner = "own", span = 3, "renamed");
        }

        info!("outer again");
        thread::scope(|scope| {
            let cx = Context::current();
            let subscriber = tracing::dispatcher::get_default(Clone::clone);
            scope.spawn(move || {
                let _subscriber = tracing::dispatcher::set_default(&subscriber);
                info!("no span");
                let _attached = cx.attach();
                info!("other thread");
            });
        });
    });

    sent.assert_fields("outer", json!({"span.name": "outer", "outer": 1}));
    sent.assert_fields("inner", json!({"span.name": "inner", "inner": 2}));
    // A field of the record takes precedence over an attribute of the span.
    let renamed = json!({"span.name": "renamed", "inner": "own", "span": 3});
    sent.assert_fields("renamed", renamed);
    sent.assert_fields("outer again", json!({"span.name": "outer", "outer": 1}));
    sent.assert_fields("no span", json!({}));
    sent.assert_fields("other thread", json!({"span.name": "outer", "outer": 1}));
}

#[alone]
fn arrays_are_typed_and_names_of_a_line_reserved() {
    let sent = run(&["*"], || {
        let span = create_span("work");
        span.set_attribute("texts", vec!["a", "b"]);
        span.set_attribute("numbers", vec![0.5, f64::NAN]);
        span.set_attribute("flags", vec![true, false]);
        span.set_attribute("counts", vec![1, 2]);
        span.set_attribute("event", "not the message");
        span.set_attribute("", "no key");
        info!("typed");
    });

    let line: Json = serde_json::from_str(sent.text.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&line["event"], &line["fields.event"]),
        (&json!("typed"), &json!("not the message"))
    );

    assert_eq!((&line["texts"], &line["numbers"]), (&json!(["a", "b"]), &json!([0.5, "NaN"])));
    assert_eq!((&line["flags"], &line["counts"]), (&json!([true, false]), &json!([1, 2])));
    assert!(!sent.text.contains("no key"), "{}", sent.text);
    assert_eq!(sent.receiver.log("typed").attributes["event"], "not the message");
}

#[alone]
fn values_are_limited() {
    let long = "früh ".repeat(3000);
    let sent = run(&["*"], || {
        let span = create_span("long");
        span.set_attribute("early", long.as_str());
        for number in 0..6 {
            span.set_attribute(format!("long.{number}"), long.as_str());
        }

        info!(own = 1, "long");
        drop(span);

        let span = create_span("many");
        for number in 0..200 {
            span.set_attribute(format!("n{number}"), number);
        }

        info!(own = 1, "many");
        drop(span);

        let _span = create_span("array");
        set_attribute("texts", vec![long.as_str(); 100].as_slice());
        info!("array");
    });

    let long = sent.fields("long");
    assert_eq!(long["own"], 1);
    assert!(long["early"].as_str().unwrap().ends_with('…'));
    let bytes: usize = long.values().map(|value| value.to_string().len()).sum();
    assert!(bytes < 48 * 1024, "{bytes}");
    let many = sent.fields("many");
    assert_eq!((many.len(), &many["own"]), (128, &json!(1)));
    let dropped = |message: &str| sent.receiver.log(message).dropped_attributes;
    // The record has a field, and the span has 128 attributes and a name.
    assert_eq!(dropped("many"), 2);
    assert!(dropped("long") > 0);
    assert!(sent.fields("array")["texts"].to_string().len() < 48 * 1024);
}

#[alone]
fn unrecorded_spans_have_no_attributes() {
    let unsampled = |config: &mut TelemetryConfig| {
        config.sampling.sampler = Some(Sampler::AlwaysOff);
    };

    let sent = run_with(&["*"], unsampled, all_kinds);
    for (kind, _) in KINDS.into_iter().filter(|(kind, _)| *kind != "global") {
        sent.assert_fields(&format!("{kind}, late"), json!({}));
    }

    assert_eq!(sent.receiver.spans(), []);
    // Spans are recorded for their log records, even if spans are not exported.
    let no_traces = |config: &mut TelemetryConfig| {
        config.exporters.traces = Some(vec![ExporterKind::None]);
    };

    let sent = run_with(&["tenant"], no_traces, || by_macro("b-2"));
    sent.assert_fields("macro, late", json!({"tenant": "b-2"}));
    assert_eq!(sent.receiver.spans(), []);

    let disabled = |config: &mut TelemetryConfig| config.enabled = false;
    let sent = run_with(&["*"], disabled, || by_macro("c-3"));
    assert!(sent.text.contains("macro, late"));
    assert!(!sent.text.contains("c-3"));
}

#[alone]
fn records_of_the_logs_api_are_described() {
    let sent = run(&["tenant", "rows"], || {
        let logger = TelemetryProvider::logger_provider().logger("acme");
        let span = span("outer").attribute("tenant", "a-1").attribute("rows", 5).start();
        let mut record = logger.create_log_record();
        record.set_body("current".into());
        record.add_attribute("rows", 7);
        logger.emit(record);
        let context = span.span_context();
        drop(span);

        let _other = create_span("other");
        set_attribute("tenant", "b-2");
        let mut record = logger.create_log_record();
        record.set_body("ended".into());
        record.set_trace_context(context.trace_id(), context.span_id(), None);
        logger.emit(record);
    });

    let current = Json::Object(sent.attributes("current"));
    assert_eq!(current, json!({"tenant": "a-1", "rows": 7}));
    assert!(sent.attributes("ended").is_empty());
}
