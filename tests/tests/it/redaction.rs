//! Every text of a span is redacted, whichever API recorded it.

use floe_telemetry::{create_span, get_current_span, get_tracer, record_exception, testing};
use opentelemetry::trace::{
    Link, Span, SpanContext, SpanId, Status, TraceContextExt, TraceFlags, TraceId, TraceState,
    Tracer,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue, trace::TracerProvider};

const SECRET: &str = "hunter2XyZ";

fn url() -> String {
    format!("postgres://floe:{SECRET}@db/orders")
}

#[derive(Debug)]
struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} refused", url())
    }
}

impl std::error::Error for Refused {}

#[test]
fn every_text_of_a_span_is_redacted() {
    let state = TraceState::from_key_value([("vendor", url())]).unwrap();
    let remote =
        SpanContext::new(TraceId::from(1), SpanId::from(2), TraceFlags::SAMPLED, true, state);
    let spans = testing::capture(|| {
        let _attached = Context::current().with_remote_span_context(remote.clone()).attach();
        let span = create_span(format!("load {}", url()));
        span.set_attribute("url", url());
        span.set_attribute("urls", vec![url(), url()]);
        span.set_attribute(
            "process.command_args",
            vec!["shop".to_owned(), "--password".to_owned(), SECRET.to_owned(), "-v".to_owned()],
        );
        span.set_attribute("db.password", SECRET);
        span.set_attribute("api_key", SECRET);
        span.set_attribute("pin.code.secret", 815_081_508_150_i64);
        span.set_attribute(format!("key {}", url()), 1);
        span.add_event(format!("event {}", url()), vec![KeyValue::new("token", SECRET)]);
        span.add_event("headers", vec![KeyValue::new("http.request.header.authorization", SECRET)]);
        span.set_status(Status::error(url()));
        record_exception(&Refused);
        let boxed: Box<dyn std::error::Error> = Box::new(Refused);
        record_exception(&*boxed);

        let scope = InstrumentationScope::builder(url())
            .with_attributes([KeyValue::new("password", SECRET)]);
        let tracer =
            floe_telemetry::TelemetryProvider::tracer_provider().tracer_with_scope(scope.build());
        tracer
            .span_builder(url())
            .with_attributes([KeyValue::new("password", SECRET)])
            .with_links(vec![Link::new(remote.clone(), vec![KeyValue::new("url", url())], 0)])
            .start(&tracer)
            .end();
        get_tracer("plain").start("plain").end();
    });
    assert_eq!(spans.len(), 3);
    for span in spans.iter() {
        let text = format!("{:?}", span.data());
        assert!(!text.contains(SECRET) && !text.contains("815081508150"), "{text}");
    }
    spans
        .single("load postgres://<REDACTED>@db/orders")
        .assert_attribute("url", "postgres://<REDACTED>@db/orders")
        .assert_attribute("process.command_args", vec!["shop", "--password", "<REDACTED>", "-v"])
        .assert_attribute("db.password", "<REDACTED>")
        .assert_attribute("pin.code.secret", "<REDACTED>");
}

/// Every API that records an error produces the same redacted event.
#[test]
fn every_api_that_records_an_error_redacts_it() {
    let apis: [(&str, fn()); 5] = [
        ("the plain span", || {
            get_tracer("plain").start("span").record_error(&Refused);
        }),
        ("the plain context", || {
            let tracer = get_tracer("plain");
            tracer.in_span("span", |cx| cx.span().record_error(&Refused));
        }),
        ("the context of our span", || {
            let _span = create_span("span");
            Context::current().span().record_error(&Refused);
        }),
        ("record_exception", || {
            let _span = create_span("span");
            record_exception(&Refused);
        }),
        ("the current span", || {
            let _span = create_span("span");
            get_current_span().record_exception(&Refused);
        }),
    ];
    for (api, record) in apis {
        let spans = testing::capture(record);
        let span = spans.single("span");
        let event = &span.data().events.events[0];
        assert_eq!(event.name, "exception", "{api}");
        let message = |event: &opentelemetry::trace::Event| {
            let mut attributes = event.attributes.iter();
            let message =
                attributes.find(|attribute| attribute.key.as_str() == "exception.message");
            message.map(|attribute| attribute.value.to_string())
        };
        let safe = "postgres://<REDACTED>@db/orders refused";
        assert_eq!(message(event).as_deref(), Some(safe), "{api}");
        assert!(!format!("{:?}", span.data()).contains(SECRET), "{api}");
    }
}

#[test]
fn harmless_text_is_unchanged() {
    let spans = testing::capture(|| {
        let span = create_span("stage");
        span.set_attribute("token.count", 12);
        span.set_attribute("token_present", true);
        span.set_attribute("secrets.key_name", "db/password");
        span.set_attribute("dagster.asset_key", "orders");
    });
    spans
        .single("stage")
        .assert_attribute("token.count", 12)
        .assert_attribute("token_present", true)
        .assert_attribute("secrets.key_name", "db/password")
        .assert_attribute("dagster.asset_key", "orders");
}
