//! The exception of a span, beside values that the code has set itself.

use std::error::Error;
use std::fmt;

use floe_telemetry::{
    add_event, create_span, get_current_span, record_exception, set_attribute, testing, traced,
    tracing_layer,
};
use opentelemetry::trace::{
    Span as _, Status, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing_subscriber::layer::SubscriberExt as _;

/// A chain of errors, each of which is the source of the one before it.
#[derive(Debug)]
struct Failed(&'static [&'static str]);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0[0])
    }
}

impl Error for Failed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self.0 {
            [_, text] => Some(match *text {
                "refused" => &Failed(&["refused"]),
                _ => &Failed(&[""]),
            }),
            _ => None,
        }
    }
}

const TYPE: &str = "it::exceptions::Failed";

/// Describes a span without the attributes of the source location, `level` and `target`.
fn described(span: &SpanData) -> String {
    let text = |attributes: &[KeyValue]| {
        let own = attributes.iter().filter(|attribute| {
            let key = attribute.key.as_str();
            !key.starts_with("code.") && key != "level" && key != "target"
        });

        let own = own.map(|attribute| format!("{}={}", attribute.key, attribute.value));
        own.collect::<Vec<_>>().join(", ").replace(TYPE, "T")
    };

    let mut lines = vec![text(&span.attributes)];
    for event in &span.events.events {
        lines.push(format!("{}: {}", event.name, text(&event.attributes)));
    }

    lines.push(match &span.status {
        Status::Error { description } => format!("error {description}"),
        status => format!("{status:?}"),
    });

    lines.join("\n")
}

fn span_of(run: impl FnOnce()) -> String {
    let spans = testing::capture(run);
    described(spans.single("span").data())
}

fn fails(texts: &'static [&'static str], body: impl Fn()) {
    #[traced(name = "span", attributes(rows = 3))]
    fn span(texts: &'static [&'static str], body: impl Fn()) -> Result<(), Failed> {
        body();
        Err(Failed(texts))
    }

    assert!(span(texts, body).is_err());
}

/// Formatting this error panics, with a value that panics again when it is dropped.
#[derive(Debug)]
struct Hostile;

impl fmt::Display for Hostile {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        std::panic::panic_any(PanicsWhenDropped)
    }
}

impl Error for Hostile {}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        std::panic::panic_any(Self)
    }
}

#[test]
fn the_payload_of_a_panicking_text_may_panic_when_dropped() {
    let found = span_of(|| {
        let _span = create_span("span");
        let held = std::panic::catch_unwind(|| record_exception(&Hostile));
        let is_held = held.is_ok();
        std::mem::forget(held);
        assert!(is_held);
        set_attribute("after", true);
    });

    let message = "error formatting panicked: a value that is not text";
    assert!(found.contains(message), "{found}");
    assert!(found.contains("after=true"), "{found}");
}

#[test]
fn a_later_value_replaces_the_earlier_one_in_its_place() {
    #[traced(name = "span", attributes(exception.message = "mine", rows = 3))]
    fn before() -> Result<(), Failed> {
        Err(Failed(&["refused"]))
    }

    let expected = "\
exception.message=refused, rows=3, error.type=T, exception.type=T
exception: exception.type=T, exception.message=refused, exception.stacktrace=0: refused
error refused";
    assert_eq!(span_of(|| assert!(before().is_err())), expected);
    let found = span_of(|| {
        let _span = create_span("span");
        record_exception(&Failed(&["refused"]));
        set_attribute("exception.message", "mine");
        set_attribute("rows", 3);
        add_event("after", []);
        get_current_span().set_status(Status::error("by hand"));
    });

    let expected = "\
error.type=T, exception.type=T, exception.message=mine, rows=3
exception: exception.type=T, exception.message=refused, exception.stacktrace=0: refused
after: 
error by hand";
    assert_eq!(found, expected);
}

#[test]
fn each_exception_is_an_event_and_the_last_one_the_status() {
    let found = span_of(|| {
        fails(&["last"], || {
            record_exception(&Failed(&["first"]));
            add_event("between", []);
            record_exception(&Failed(&["second", "refused"]));
        });
    });

    let expected = "\
rows=3, error.type=T, exception.type=T, exception.message=last
exception: exception.type=T, exception.message=first, exception.stacktrace=0: first
between: 
exception: exception.type=T, exception.message=second: refused, exception.stacktrace=0: second
1: refused
exception: exception.type=T, exception.message=last, exception.stacktrace=0: last
error last";
    assert_eq!(found, expected);
}

#[test]
fn a_status_of_the_body_stays_if_it_is_ok_or_the_message_empty() {
    let status = |texts, status: Status| {
        let set = move || get_current_span().set_status(status.clone());
        let found = span_of(|| fails(texts, set));
        found.lines().next_back().unwrap().to_owned()
    };

    let by_hand = || Status::error("by hand");
    assert_eq!(status(&["refused"], Status::Ok), "Ok");
    assert_eq!(status(&["refused"], by_hand()), "error refused");
    assert_eq!(status(&["refused"], Status::Unset), "error refused");
    assert_eq!(status(&[""], by_hand()), "error by hand");
    assert_eq!(status(&[""], Status::Unset), "error ");
    assert_eq!(status(&["", ""], by_hand()), "error by hand");
    let found = span_of(|| {
        let _span = create_span("span");
        record_exception(&Failed(&["refused"]));
        record_exception(&Failed(&[""]));
    });

    let expected = "\
error.type=T, exception.type=T, exception.message=
exception: exception.type=T, exception.message=refused, exception.stacktrace=0: refused
exception: exception.type=T, exception.message=, exception.stacktrace=0: 
error refused";
    assert_eq!(found, expected);
    let found = span_of(|| {
        let span = create_span("span");
        record_exception(&Failed(&["refused"]));
        span.set_status(Status::Unset);
        span.set_status(Status::Ok);
    });

    assert!(found.ends_with("\nOk"), "{found}");
}

#[test]
fn a_full_span_has_the_status_and_counts_the_rest() {
    let spans = testing::capture(|| {
        fails(&["refused"], || {
            for n in 0..127 {
                set_attribute(format!("n{n}"), n);
            }

            for _ in 0..128 {
                add_event("tried", []);
            }
        });
    });

    let span = spans.single("span").data();
    assert_eq!(span.status, Status::error("refused"));
    // Leaves out the attributes of the source location.
    let own = (span.attributes.iter()).filter(|own| !own.key.as_str().starts_with("code."));
    assert_eq!((own.count(), span.dropped_attributes_count), (128, 3));
    assert_eq!((span.events.len(), span.events.dropped_count), (128, 1));
    assert!(span.events.iter().all(|event| event.name == "tried"));

    // The messages of exceptions that are not recorded as events do not accumulate.
    let spans = testing::capture(|| {
        let _span = create_span("span");
        for _ in 0..200 {
            record_exception(&Failed(&["refused"]));
        }

        record_exception(&Failed(&["last"]));
    });

    let span = spans.single("span").data();
    assert_eq!(span.status, Status::error("last"));
    assert_eq!((span.events.len(), span.events.dropped_count), (128, 73));
    let of_events = span.events.iter().map(|event| event.attributes[1].value.as_str());
    assert!(of_events.into_iter().all(|message| message == "refused"));
}

#[test]
fn an_exception_is_among_the_events_of_tracing() {
    let subscriber = tracing_subscriber::registry().with(tracing_layer());
    tracing::subscriber::with_default(subscriber, || {
        let found = span_of(|| {
            fails(&["refused"], || {
                tracing::info!("before");
                record_exception(&Failed(&["first"]));
                tracing::error!(error = "bad", "after");
            });
        });

        let expected = "\
rows=3, error.type=T, exception.type=T, exception.message=refused
before: 
exception: exception.type=T, exception.message=first, exception.stacktrace=0: first
after: error=bad
exception: exception.type=T, exception.message=refused, exception.stacktrace=0: refused
error refused";
        assert_eq!(found, expected);
        let found = span_of(|| {
            let error: &(dyn Error + 'static) = &Failed(&["no route", "refused"]);
            let span = tracing::info_span!("span").entered();
            tracing::info!("before");
            record_exception(&Failed(&["first"]));
            tracing::error!(n = 1, error, m = 2);
            drop(span);
        });

        // The last value counts, whether `tracing` or OpenTelemetry's API has set it.
        let expected = "\
error.type=T, exception.type=T, exception.message=no route: refused, exception.stacktrace=0: no route
1: refused
before: 
exception: exception.type=T, exception.message=first, exception.stacktrace=0: first
exception: n=1, exception.stacktrace=0: no route
1: refused, m=2, exception.message=no route: refused
error no route: refused";
        assert_eq!(found, expected);
    });
}

#[test]
fn a_span_of_another_library_has_the_exception_too() {
    let memory = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(memory.clone()).build();
    let mut span = provider.tracer("acme").start("span");
    span.set_attribute(KeyValue::new("rows", 3));
    let cx = Context::new().with_span(span);
    let current = cx.clone().attach();
    record_exception(&Failed(&["no route", "refused"]));
    drop(current);
    cx.span().end();
    let spans = memory.get_finished_spans().unwrap();
    let expected = "\
rows=3, error.type=T, exception.type=T, exception.message=no route: refused
exception: exception.type=T, exception.message=no route: refused, exception.stacktrace=0: no route
1: refused
error no route: refused";
    assert_eq!(described(&spans[0]), expected);
}
