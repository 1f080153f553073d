//! Records of `log`, and the context of a span.

use floe_telemetry::tracing::get_otel_context;
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use tracing::dispatcher::get_default;
use tracing::{Dispatch, info_span};

use super::record;

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
