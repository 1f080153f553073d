//! Data that the layer records only on request, or not at all.

use floe_telemetry::tracing::{TracingLayer, get_otel_context};
use floe_telemetry::{testing, tracing_layer};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
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
fn spans_and_events_may_be_without_a_location() {
    // The same call site with other options.
    let spans = work(tracing_layer());
    spans
        .single("work")
        .assert_attribute("target", module_path!())
        .assert_attribute("code.file.path", file!())
        .assert_attribute("code.module.name", module_path!());
    let layer = tracing_layer().with_location(false);
    let spans = work(layer.clone());
    let span = spans
        .single("work")
        .assert_attribute("target", module_path!())
        .assert_no_attribute("code.file.path")
        .assert_no_attribute("code.line.number")
        .assert_no_attribute("code.module.name");
    let event = &span.events()[0];
    let keys: Vec<_> = event.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert_eq!(keys, ["level", "target"]);
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
