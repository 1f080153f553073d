//! The recorded form of events, and the span on which they are recorded.

use std::io;

use floe_telemetry::{FutureExt as _, create_span, get_tracer, span, testing, traced};
use opentelemetry::trace::{Event, TraceContextExt, Tracer};
use opentelemetry::{Context, Value};
use tracing::dispatcher::with_default;
use tracing::{debug, error, event, info, info_span, instrument, warn};

use super::{record, subscriber};

fn attribute<'a>(event: &'a Event, key: &str) -> Option<&'a Value> {
    let mut attributes = event.attributes.iter();
    let found = attributes.find(|attribute| attribute.key.as_str() == key);
    found.map(|attribute| &attribute.value)
}

#[test]
fn an_event_is_recorded_on_the_span_it_is_in() {
    let spans = record(|| {
        let _outer = info_span!("outer").entered();
        info_span!("inner").in_scope(|| {
            warn!(target: "shop", rows = 3_u64, free = 0.5, ok = true, table = "orders", "slow {}", "disk");
        });

        debug!(n = 1);
    });

    let inner = spans.single("inner").assert_unset().events();
    let [event] = inner else { panic!("{inner:?}") };
    assert_eq!(event.name, "slow disk");
    for (key, value) in [
        ("level", Value::from("WARN")),
        ("target", Value::from("shop")),
        ("rows", Value::I64(3)),
        ("free", Value::F64(0.5)),
        ("ok", Value::Bool(true)),
        ("table", Value::from("orders")),
        ("code.file.path", Value::from(file!())),
    ] {
        assert_eq!(attribute(event, key), Some(&value), "{key}");
    }

    assert_eq!(attribute(event, "message"), None);
    let outer = spans.single("outer").events();
    let [event] = outer else { panic!("{outer:?}") };
    assert_eq!(event.name, "it::tracing_bridge::events");
    assert_eq!(
        attribute(event, "code.module.name"),
        Some(&Value::from("it::tracing_bridge::events"))
    );

    assert_eq!(attribute(event, "n"), Some(&Value::I64(1)));
    assert_eq!(attribute(event, "level"), Some(&Value::from("DEBUG")));
}

#[instrument(err)]
fn refuses(url: &str) -> Result<(), String> {
    Err(format!("cannot reach {url}"))
}

#[test]
fn an_error_event_makes_the_span_an_error() {
    let spans = record(|| {
        info_span!("logged").in_scope(|| error!("it broke"));
        info_span!("warned").in_scope(|| warn!("nearly"));
        let _ = refuses("postgresql://floe:hunter2@db/x");
        info_span!("both").in_scope(|| {
            error!("so it begins");
            error!(error = "disk full");
            error!("so it ends");
        });

        info_span!("lines").in_scope(|| {
            error!(code = 7);
            error!("password=hunter2");
            error!("so it ends");
        });

        info_span!("fine", otel.status_code = "ok").in_scope(|| error!("expected"));
    });

    spans.single("logged").assert_error("it broke").assert_event("it broke");
    spans.single("warned").assert_unset();
    let refused = spans
        .single("refuses")
        .assert_error("cannot reach postgresql://<REDACTED>@db/x")
        .assert_event("exception");
    assert_eq!(
        attribute(&refused.events()[0], "exception.message"),
        Some(&Value::from("cannot reach postgresql://<REDACTED>@db/x")),
    );

    // The text of the error explains more than lines, and the first line more than those that follow it.
    spans.single("both").assert_error("disk full").assert_event("exception");
    spans.single("lines").assert_error("password=<REDACTED>");
    spans.single("fine").assert_ok();
}

#[test]
fn an_error_in_an_event_is_recorded_on_the_span() {
    let error = io::Error::other(io::Error::other("password=hunter2"));
    let failure = &error as &(dyn std::error::Error + 'static);
    let spans = record(|| {
        info_span!("ours").in_scope(|| warn!(failure, "cannot load"));
        get_tracer("plain").in_span("theirs", |_| warn!(failure, "cannot load"));
        info_span!("alone").in_scope(|| error!(error = failure));
        info_span!("described").in_scope(|| error!(cause = failure, "cannot load"));
    });

    for name in ["ours", "theirs"] {
        spans
            .single(name)
            .assert_attribute("exception.message", "password=<REDACTED>")
            .assert_attribute("exception.stacktrace", "0: password=<REDACTED>")
            .assert_event("cannot load");
    }

    spans.single("ours").assert_unset();
    // The event has its own text and the text of the error, and the status has the event's.
    let described =
        spans.single("described").assert_error("cannot load").assert_event("cannot load");
    for key in ["cause", "exception.message"] {
        let found = attribute(&described.events()[0], key);
        assert_eq!(found, Some(&Value::from("password=<REDACTED>")), "{key}");
    }

    let alone = spans.single("alone").assert_error("password=<REDACTED>");
    let event = &alone.assert_event("exception").events()[0];
    let keys = event.attributes.iter().map(|attribute| attribute.key.as_str());
    assert_eq!(keys.filter(|key| *key == "exception.message").count(), 1);
}

#[test]
fn an_event_without_a_message_has_its_name_or_its_target() {
    let spans = record(|| {
        let _span = info_span!("outer").entered();
        event!(name: "cache.miss", tracing::Level::INFO, key = "orders");
        event!(target: "shop", tracing::Level::INFO, rows = 1);
        event!(name: "event horizon", tracing::Level::INFO, rows = 1);
    });
    spans
        .single("outer")
        .assert_event("cache.miss")
        .assert_event("shop")
        .assert_event("event horizon");
}

#[traced]
fn ours() {
    info!("in ours");
}

#[test]
fn an_event_belongs_to_the_innermost_span() {
    let spans = record(|| {
        info_span!("outer").in_scope(|| {
            ours();
            get_tracer("plain").in_span("plain", |_| info!("in plain"));
            let _guard = create_span("by hand");
            info!("in by hand");
        });
    });

    spans.single("ours").assert_event("in ours").assert_ok();
    spans.single("plain").assert_event("in plain");
    spans.single("by hand").assert_event("in by hand");
    assert!(spans.single("outer").events().is_empty());
}

#[traced]
fn succeeds(kind: &str) -> Result<(), String> {
    error!("retrying after {kind}");
    error!(error = kind);
    Ok(())
}

#[traced(error_if = |_| false)]
fn is_expected() -> Result<(), String> {
    error!("refused");
    Err("refused".to_owned())
}

#[traced]
fn fails() -> Result<(), String> {
    error!("attempt 3 of 3");
    Err("no answer".to_owned())
}

/// A span of OpenTelemetry's API has no outcome, so its status is left to the code that started it.
#[test]
fn an_error_line_does_not_decide_about_the_span_of_a_function() {
    let spans = record(|| {
        info_span!("outer").in_scope(|| {
            succeeds("a timeout").unwrap();
            assert!(is_expected().is_err());
            assert!(fails().is_err());
        });

        let work = async { error!("retrying") };
        futures_executor::block_on(work.in_span(span("work")));
        get_tracer("plain").in_span("plain", |_| error!("retrying"));
    });

    spans.single("succeeds").assert_ok().assert_event("retrying after a timeout");
    spans.single("is_expected").assert_ok().assert_attribute("error.type", "alloc::string::String");
    spans.single("fails").assert_error("no answer").assert_event("attempt 3 of 3");
    spans.single("work").assert_ok().assert_event("retrying");
    spans.single("plain").assert_unset();
    spans.single("outer").assert_unset();
}

#[test]
fn an_event_may_have_an_explicit_parent() {
    let spans = record(|| {
        info!("outside");
        let other = info_span!("other");
        let _outer = info_span!("outer").entered();
        info!(parent: &other, "to other");
        info!(parent: None, "to none");
        error!(parent: &other, "as an error");
    });

    spans.single("other").assert_event("to other").assert_error("as an error");
    assert!(spans.single("outer").assert_unset().events().is_empty());
}

#[test]
fn the_library_does_not_record_its_own_events() {
    let spans = record(|| {
        let _outer = info_span!("outer").entered();
        error!(target: "floe_telemetry", "spans were dropped");
        error!(target: "floe_telemetry_sdk::collector::worker", "spans could not be exported");
        error!(target: "floe_telemetry_otlp", "the OTLP receiver sent a warning");
        error!(target: "floe_telemetry_logs", "the process already has a `log` logger");
        error!(target: "opentelemetry", "Context.OutOfOrderDrop");
        error!(target: "opentelemetry_sdk", "BatchSpanProcessor.SpanDroppingStarted");
        event!(target: "floe_telemetry_user", tracing::Level::INFO, "an event of another crate");
    });

    let outer = spans.single("outer").assert_unset();
    outer.assert_event("an event of another crate");
    assert_eq!(outer.events().len(), 1);
}

#[test]
fn a_span_ended_by_the_plain_api_records_no_events() {
    let spans = record(|| {
        info_span!("ended").in_scope(|| {
            info!("in time");
            Context::current().span().end();
            error!("too late");
        });
    });

    spans.single("ended").assert_unset().assert_event("in time");
    assert_eq!(spans.single("ended").events().len(), 1);
}

/// An event belongs to the right span, although both registries assign the same id to their first span.
#[test]
fn an_event_belongs_to_the_span_of_its_subscriber() {
    let one = subscriber();
    let other = subscriber();
    let spans = testing::capture(|| {
        with_default(&one, || {
            info_span!("outer").in_scope(|| {
                with_default(&other, || {
                    let inner = info_span!("inner");
                    info!("before");
                    inner.in_scope(|| info!("inside"));
                    drop(inner);
                    info!("between");
                });

                info!("outside");
            });
        });
    });

    let names = |span| -> Vec<_> {
        spans.single(span).events().iter().map(|event| event.name.clone()).collect()
    };

    assert_eq!(names("inner"), ["inside"]);
    assert_eq!(names("outer"), ["before", "between", "outside"]);
}
