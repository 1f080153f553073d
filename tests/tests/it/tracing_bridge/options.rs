//! Data that the layer records only on request, or not at all.

use std::thread;

use floe_telemetry::tracing::{TracingLayer, get_otel_context};
use floe_telemetry::{create_span, testing, traced, tracing_layer};
use opentelemetry::trace::{Status, TraceContextExt as _};
use opentelemetry::{Context, Value};
use tracing::dispatcher::{get_default, with_default};
use tracing::{Dispatch, debug_span, error, info, info_span, warn_span};
use tracing_subscriber::layer::SubscriberExt;

fn work(layer: TracingLayer) -> testing::Spans {
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer));
    let code = || {
        with_default(&dispatch, || {
            let span = warn_span!("work");
            span.in_scope(|| span.in_scope(|| info!("done")));
        });
    };
    testing::capture(code)
}

#[test]
fn the_options_select_the_attributes_of_spans() {
    // The same call site with other options.
    let spans = work(tracing_layer());
    spans
        .single("work")
        .assert_attribute("target", module_path!())
        .assert_attribute("code.file.path", file!())
        .assert_attribute("code.module.name", module_path!())
        .assert_no_attribute("level")
        .assert_no_attribute("busy_ns");
    let layer = tracing_layer()
        .with_location(false)
        .with_target(false)
        .with_level(true)
        .with_threads(true)
        .with_tracked_inactivity(true);
    let spans = work(layer.clone());
    let span = spans
        .single("work")
        .assert_no_attribute("target")
        .assert_no_attribute("code.file.path")
        .assert_no_attribute("code.line.number")
        .assert_no_attribute("code.module.name")
        .assert_attribute("level", "WARN")
        .assert_attribute("thread.name", thread::current().name().unwrap());
    assert!(matches!(span.attribute("thread.id"), Some(Value::I64(1..))));
    let times = ["busy_ns", "idle_ns"].map(|key| match span.attribute(key) {
        Some(Value::I64(nanos)) => *nanos,
        other => panic!("{key}: {other:?}"),
    });
    let data = span.data();
    let all = data.end_time.duration_since(data.start_time).unwrap().as_nanos();
    assert!(times.iter().all(|nanos| *nanos >= 0), "{times:?}");
    assert!(
        i128::from(times[0]) + i128::from(times[1]) <= i128::try_from(all).unwrap() + 1_000_000
    );
    let event = &span.events()[0];
    let keys: Vec<_> = event.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert_eq!(keys, ["level", "target"]);
}

#[test]
fn the_options_select_what_an_error_in_an_event_becomes() {
    for (exceptions, status) in [(true, true), (true, false), (false, true), (false, false)] {
        let layer = tracing_layer()
            .with_error_events_to_exceptions(exceptions)
            .with_error_events_to_status(status);
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer.clone()));
        let failure = std::io::Error::other("disk full");
        let failure: &(dyn std::error::Error + 'static) = &failure;
        let spans = testing::capture(|| {
            with_default(&dispatch, || {
                info_span!("text").in_scope(|| error!(error = "disk full"));
                info_span!("failure").in_scope(|| error!(error = failure));
            });
        });
        for name in ["text", "failure"] {
            let span = spans.single(name);
            let expected = if status { "disk full" } else { "" };
            assert_eq!(span.data().status, Status::error(expected), "{name}");
            let event = &span.events()[0];
            assert_eq!(event.name == "exception", exceptions, "{name}");
            let mut attributes = event.attributes.iter();
            let error = attributes.find(|attribute| attribute.key.as_str() == "error");
            let text = error.map(|error| error.value.as_str().into_owned());
            assert_eq!(text.as_deref(), (!exceptions).then_some("disk full"), "{name}");
        }
    }
}

#[test]
fn the_options_select_where_an_error_is_described() {
    let failure = std::io::Error::other("disk full");
    let failure: &(dyn std::error::Error + 'static) = &failure;
    for (fields, records) in [(true, true), (true, false), (false, true), (false, false)] {
        let layer = tracing_layer()
            .with_error_fields_to_exceptions(fields)
            .with_error_records_to_exceptions(records);
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer.clone()));
        let spans = testing::capture(|| {
            with_default(&dispatch, || {
                info_span!("event").in_scope(|| info!(failure, "cannot load"));
                drop(info_span!("field", failure));
            });
        });
        let message = "exception.message";
        let is_described = |name: &str| spans.single(name).attribute(message).is_some();
        assert_eq!(is_described("event"), records);
        assert_eq!(is_described("field"), fields);
        spans.single("field").assert_attribute("failure", "disk full");
        let event = &spans.single("event").events()[0];
        let keys = event.attributes.iter().map(|own| own.key.as_str());
        let found: Vec<_> = keys.filter(|key| ["failure", message].contains(key)).collect();
        let expected: &[_] = if fields { &["failure", message] } else { &["failure"] };
        assert_eq!(found, expected);
    }
}

#[test]
fn events_may_be_left_to_log_records() {
    let layer = tracing_layer().with_events(false);
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer));
    let spans = testing::capture(|| {
        with_default(&dispatch, || {
            info_span!("fine").in_scope(|| info!("done"));
            info_span!("failed").in_scope(|| error!(error = "disk full"));
        });
    });
    for name in ["fine", "failed"] {
        assert_eq!(spans.single(name).events().len(), 0, "{name}");
    }
    spans.single("fine").assert_unset();
    spans.single("failed").assert_error("disk full");
}

#[test]
fn the_context_of_a_span_need_not_be_current() {
    #[traced]
    fn function() {}

    let layer = tracing_layer().with_context_activation(false);
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer));
    let spans = testing::capture(|| {
        let _request = create_span("request");
        with_default(&dispatch, || {
            info_span!("outer").in_scope(|| {
                info_span!("inner").in_scope(|| info!("done"));
                info!("outside");
                function();
            });
        });
    });
    spans.single("outer").assert_child_of("request").assert_event("outside");
    spans.single("inner").assert_child_of("outer").assert_event("done");
    spans.single("function").assert_child_of("request");
}

#[test]
fn a_record_of_log_has_the_location_and_the_target_of_its_call() {
    for location in [true, false] {
        let layer = tracing_layer().with_location(location);
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer));
        let spans = testing::capture(|| {
            with_default(&dispatch, || {
                info_span!("work").in_scope(|| {
                    let record = log::Record::builder()
                        .args(format_args!("by log"))
                        .level(log::Level::Info)
                        .target("orders::load")
                        .file(Some("orders.rs"))
                        .line(Some(7))
                        .build();
                    tracing_log::format_trace(&record).unwrap();
                });
            });
        });
        let event = &spans.single("work").assert_event("by log").events()[0];
        let of = |key: &str| {
            let mut all = event.attributes.iter().filter(|own| own.key.as_str() == key);
            let found = all.next().map(|own| own.value.as_str().into_owned());
            assert!(all.next().is_none(), "{key} twice");
            found
        };
        assert_eq!(of("target").as_deref(), Some("orders::load"));
        assert_eq!(of("code.file.path").as_deref(), location.then_some("orders.rs"));
        assert_eq!(of("code.line.number").as_deref(), location.then_some("7"));
        for key in ["log.target", "log.file", "log.line", "log.module_path"] {
            assert_eq!(of(key), None);
        }
    }
}

#[test]
fn a_layer_finds_the_context_of_a_span() {
    let layer = tracing_layer().with_span_level(tracing::Level::INFO);
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer));
    let spans = testing::capture(|| {
        with_default(&dispatch, || {
            let outer = info_span!("outer");
            let inner = outer.in_scope(|| debug_span!("inner"));
            for span in [&outer, &inner] {
                let context = get_default(|dispatch| get_otel_context(&span.id()?, dispatch));
                context.unwrap_or_default().span().add_event("found", Vec::new());
            }
        });
        let none = get_otel_context(&tracing::span::Id::from_u64(1), &Dispatch::none());
        assert!(none.is_none());
    });
    assert_eq!(spans.single("outer").events().len(), 2);
    assert!(!Context::current().has_active_span());
}
