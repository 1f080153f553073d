//! Data that the layer records only on request, or not at all.

use floe_telemetry::tracing::get_otel_context;
use floe_telemetry::tracing_layer;
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use tracing::dispatcher::get_default;
use tracing::{Dispatch, error, info, info_span};
use tracing_subscriber::layer::SubscriberExt;

use super::{record, record_in};

#[test]
fn events_may_be_left_to_log_records() {
    let layer = tracing_layer().with_events(false);
    let spans = record_in(tracing_subscriber::registry().with(layer), || {
        info_span!("fine").in_scope(|| info!("done"));
        info_span!("failed").in_scope(|| error!(error = "disk full"));
    });

    for name in ["fine", "failed"] {
        assert_eq!(spans.single(name).events().len(), 0, "{name}");
    }

    spans.single("fine").assert_unset();
    spans.single("failed").assert_error("disk full");
}

#[test]
fn a_record_of_log_has_the_location_and_the_target_of_its_call() {
    let spans = record(|| {
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

    let event = &spans.single("work").assert_event("by log").events()[0];
    let of = |key: &str| {
        let mut all = event.attributes.iter().filter(|own| own.key.as_str() == key);
        let found = all.next().map(|own| own.value.as_str().into_owned());
        assert!(all.next().is_none(), "{key} twice");
        found
    };

    assert_eq!(of("target").as_deref(), Some("orders::load"));
    assert_eq!(of("code.file.path").as_deref(), Some("orders.rs"));
    assert_eq!(of("code.line.number").as_deref(), Some("7"));
    for key in ["log.target", "log.file", "log.line", "log.module_path"] {
        assert_eq!(of(key), None);
    }
}

#[test]
fn a_layer_finds_the_context_of_a_span() {
    let spans = record(|| {
        let outer = info_span!("outer");
        let inner = outer.in_scope(|| info_span!("inner"));
        for span in [&outer, &inner] {
            let context = get_default(|dispatch| get_otel_context(&span.id()?, dispatch));
            context.unwrap_or_default().span().add_event("found", Vec::new());
        }
    });

    let none = get_otel_context(&tracing::span::Id::from_u64(1), &Dispatch::none());
    assert!(none.is_none());
    for name in ["outer", "inner"] {
        assert_eq!(spans.single(name).events().len(), 1, "{name}");
    }

    assert!(!Context::current().has_active_span());
}
