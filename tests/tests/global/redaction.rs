//! Redaction follows the configuration.

use std::error::Error;
use std::io;

use floe_telemetry::attributes::{AttributeList, AttributeValue};
use floe_telemetry::config::RedactionConfig;
use floe_telemetry::config::RedactionLevel::{Credentials, Strict};
use floe_telemetry::{
    FloeAttributes, MetricRecorder, Mode, TelemetryConfig, TelemetryProvider, create_span,
    get_current_span, get_tracer, propagation, record_exception, traced,
};
use floe_tests::{TIMEOUT, remote_in};
use opentelemetry::baggage::{BaggageExt as _, KeyValueMetadata};
use opentelemetry::trace::{Span as _, Status, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::pipeline::{Pipeline, in_memory, spans};

/// Concatenated, so that a secret scanner does not report this file.
const EMAIL: &str = concat!("jane", "@", "example.com");

fn config(redaction: RedactionConfig) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("orders");
    config.redaction = redaction;
    config
}

fn exported(redaction: RedactionConfig, record: impl FnOnce()) -> SpanData {
    let (telemetry, memory) = in_memory(config(redaction));
    let span = create_span("span");
    record();
    drop(span);
    telemetry.shutdown(TIMEOUT).unwrap();
    memory.spans().remove(0)
}

fn attribute(span: &SpanData, key: &str) -> String {
    let mut attributes = span.attributes.iter();
    let found = attributes.find(|attribute| attribute.key.as_str() == key);
    found.unwrap().value.to_string()
}

fn set(key: &'static str, value: &'static str) {
    get_current_span().set_attribute(key, value);
}

fn status(span: &SpanData) -> &str {
    match &span.status {
        Status::Error { description } => description,
        _ => "",
    }
}

/// An exporter with an error text that only a pattern of the user matches.
#[derive(Debug)]
struct Failing;

impl SpanExporter for Failing {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Err(OTelSdkError::InternalFailure("refused CUST-123456".into()))
    }
}

#[alone]
fn the_level_decides_about_personal_data_and_unknown_text_of_errors() {
    let record = || {
        set("owner", EMAIL);
        set("session", "nightly");
        set("url", "postgres://u:p4ssw0rd@h/d");
        get_current_span()
            .set_status(Status::error(format!("{EMAIL} is locked, order 7f3a9c21d4e5")));
    };

    let level = |level| {
        let mut config = RedactionConfig::default();
        config.level = level;
        config
    };

    let hidden = "<REDACTED>@example.com";
    for (level, owner, session, message) in [
        (
            RedactionConfig::default(),
            EMAIL,
            "nightly",
            format!("{hidden} is locked, order 7f3a9c21d4e5"),
        ),
        (level(Credentials), EMAIL, "nightly", format!("{EMAIL} is locked, order 7f3a9c21d4e5")),
        (level(Strict), hidden, "nightly", format!("{hidden} is locked, order <REDACTED>")),
    ] {
        let span = exported(level.clone(), record);
        assert_eq!(attribute(&span, "owner"), owner, "{level:?}");
        assert_eq!(attribute(&span, "session"), session, "{level:?}");
        // Passwords of URLs are redacted at every level.
        assert_eq!(attribute(&span, "url"), "postgres://<REDACTED>@h/d");
        assert_eq!(status(&span), message, "{level:?}");
    }
}

#[alone]
fn patterns_and_keys_of_the_configuration_are_redacted() {
    let mut redaction = RedactionConfig::default();
    redaction.patterns = vec!["CUST-[0-9]{6}".to_owned()];
    redaction.keys = vec!["customer_ref".to_owned()];
    redaction.allowed_keys = vec!["page_token".to_owned()];
    let span = exported(redaction.clone(), || {
        let span = get_current_span();
        span.update_name("load CUST-123456");
        set("note", "for CUST-123456");
        set("x-customer-ref", "ab");
        set("page_token", "abc");
        span.set_attribute("key of CUST-123456", true);
        span.set_status(Status::error("customerRef=ab of CUST-123456, page_token=7"));
    });

    assert_eq!(span.name, "load <REDACTED>");
    assert_eq!(attribute(&span, "note"), "for <REDACTED>");
    assert_eq!(attribute(&span, "x-customer-ref"), "<REDACTED>");
    assert_eq!(attribute(&span, "page_token"), "abc");
    assert_eq!(attribute(&span, "key of <REDACTED>"), "true");
    assert_eq!(status(&span), "customerRef=<REDACTED> of <REDACTED>, page_token=7");

    // Error messages of exporters are redacted by the same configuration.
    let telemetry = TelemetryProvider::builder(config(redaction))
        .with_span_exporter(Failing)
        .initialize()
        .unwrap();
    drop(create_span("span"));
    let error = telemetry.shutdown(TIMEOUT).unwrap_err().to_string();
    assert!(error.contains("refused <REDACTED>"), "{error}");

    // Errors of the library and baggage are redacted, too. A mode that is not a plain word is not quoted at all.
    let error = "CUST-123456".parse::<Mode>().unwrap_err().to_string();
    assert!(!error.contains("CUST"), "{error}");
    let member = |key: &'static str, value: &'static str| KeyValueMetadata::new(key, value, "");
    let members = [member("note", "CUST-123456"), member("customer_ref", "ab")];
    let _current = Context::new().with_baggage(members).attach();
    let headers = propagation::inject_headers();
    let expected = "customer_ref=<REDACTED>,note=<REDACTED>";
    assert_eq!(headers["baggage"], expected);
}

#[derive(Debug, thiserror::Error)]
#[error("the load failed")]
struct Caused(#[source] io::Error);

/// The message of an error is the same in the attribute, the event, the event's stack trace, and the span's status.
#[alone]
fn an_error_has_the_same_redacted_text_in_each_place() {
    let refused = || io::Error::other("cannot reach postgres://u:p4ssw0rd@h/d");
    let redacted = "cannot reach postgres://<REDACTED>@h/d";
    // The status has the beginning of the redacted message as its description.
    let before = "a word. ".repeat(61);
    let long = || io::Error::other(format!("{before}api_key=x9K2 {}", "b".repeat(90)));
    let cases: [(Box<dyn Error>, String, String); 3] = [
        (Box::new(refused()), redacted.to_owned(), format!("0: {redacted}")),
        (
            Box::new(Caused(refused())),
            format!("the load failed: {redacted}"),
            format!("0: the load failed\n1: {redacted}"),
        ),
        (
            Box::new(long()),
            format!("{before}api_key=<REDACTED> {}", "b".repeat(90)),
            format!("0: {before}api_key=<REDACTED> {}", "b".repeat(90)),
        ),
    ];
    for (error, message, stacktrace) in cases {
        let span = exported(RedactionConfig::default(), || record_exception(&*error));
        let details = &span.events[0].attributes;
        let detail = |key: &str| {
            let mut details = details.iter();
            let found = details.find(|detail| detail.key.as_str() == key);
            found.unwrap().value.to_string()
        };

        assert_eq!(attribute(&span, "exception.message"), message);
        let description =
            if message.len() > 500 { format!("{}…", &message[..499]) } else { message.clone() };
        assert_eq!(status(&span), description);
        assert_eq!(detail("exception.message"), message);
        assert_eq!(detail("exception.stacktrace"), stacktrace);
    }
}

#[alone]
fn typed_values_are_judged_as_their_texts() {
    let pairs = || {
        let codes = opentelemetry::Value::Array(vec![4815, 4816].into());
        [
            KeyValue::new("pin", 4815),
            KeyValue::new("otp", 482_913.0),
            KeyValue::new("card.pin", codes),
            KeyValue::new("tokens", 17),
            KeyValue::new("has_password", true),
            KeyValue::new("rows", 4815),
        ]
    };

    let pipeline = Pipeline::http(|_| ());
    let span = create_span("typed");
    for pair in pairs() {
        span.set_attribute(pair.key, pair.value);
    }

    span.add_event("typed", pairs().to_vec());
    drop(span);
    MetricRecorder::new("typed").increment("seen", 1, &pairs());
    let receiver = pipeline.end();
    let span = receiver.span("typed");
    for place in [&span.attributes, &span.events[0].attributes, &receiver.point("seen").attributes]
    {
        for key in ["pin", "otp", "card.pin"] {
            assert_eq!(place[key], "<REDACTED>", "{key}: {place:?}");
        }

        assert_eq!(place["tokens"], 17);
        assert_eq!(place["rows"], 4815);
        assert_eq!(place["has_password"], true);
    }
}

#[test]
fn a_value_is_judged_under_the_name_in_another_attribute() {
    let sets = [
        ("secret", "key", "password", "value"),
        ("plain", "key", "color", "value"),
        ("of another record", "config.key", "password", "value"),
        ("sentence", "title", "Forgot your password", "content"),
    ];
    let pipeline = Pipeline::http(|_| ());
    for (name, key, named, value) in sets {
        let pairs = [KeyValue::new(value, "green77Qm"), KeyValue::new(key, named)];
        let mut span = get_tracer("pairs").start(name);
        for pair in &pairs {
            span.set_attribute(pair.clone());
        }
        span.add_event(name, pairs.to_vec());
        span.add_link(remote_in(7, true), pairs.to_vec());
    }

    let receiver = pipeline.end();
    for (name, key, named, value) in sets {
        let expected = if name == "secret" { "<REDACTED>" } else { "green77Qm" };
        let span = receiver.span(name);
        for place in [&span.attributes, &span.events[0].attributes, &span.links[0].attributes] {
            assert_eq!(place[key], named, "{name}: {place:?}");
            assert_eq!(place[value], expected, "{name}: {place:?}");
        }
    }
}

/// An attribute with a constant value and a key that is known only at run time.
struct Constant(&'static str);

impl FloeAttributes for Constant {
    const KEYS: &'static [&'static str] = &[];

    fn record(&self, list: &mut AttributeList) {
        list.push(self.0.into(), AttributeValue::Static("orders"));
    }
}

#[traced(floe_attributes = value)]
fn constant(value: &Constant) {
    let _ = value;
}

/// The cache for constant attributes is keyed by key and text, not by the position in the list.
#[alone]
fn constant_attributes_are_cached_by_key_and_text() {
    let keys = ["table", "password", "table", "db.password"];
    let spans = spans(config(RedactionConfig::default()), || {
        for key in keys {
            constant(&Constant(key));
        }
    });

    let values: Vec<_> = spans.iter().map(|span| span.attributes[0].value.to_string()).collect();
    assert_eq!(values, ["orders", "<REDACTED>", "orders", "<REDACTED>"]);
}
