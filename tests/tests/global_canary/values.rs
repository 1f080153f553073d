//! Entry points of our own spans: names, attributes, events, links, statuses, trace states and the identity.

use std::borrow::Cow;

use floe_telemetry::attributes::{AttributeList, AttributeValue};
use floe_telemetry::{
    FloeAttributes, FloeSpanAttributes, Mode, create_span, create_span_with, get_current_span,
    span, traced,
};
use floe_tests::{Canary, Shape};
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{Link, TraceId, TraceState};
use opentelemetry::trace::{SpanContext, SpanId, Status, TraceContextExt as _, TraceFlags};
use opentelemetry::{Array, Context, KeyValue, Value};

use crate::Entry;

pub(crate) const ENTRIES: &[Entry] = &[
    ("name by an expression", named),
    ("name of create_span", |c| drop(create_span(c.text()))),
    ("name of create_span_with", |c| {
        create_span_with(c.text(), |_| ());
    }),
    ("update_name", |c| {
        create_span("first").update_name(c.text());
    }),
    ("attribute of a String", |c| text(&c.text())),
    ("attribute of a Cow", |c| cow(Cow::Owned(c.text()))),
    ("attribute of an Option", |c| optional(Some(c.text()))),
    ("attribute of several texts", |c| {
        texts(&[c.text(), c.text()]);
    }),
    ("attribute by Display", |c| {
        display(format_args!("{}", c.text()));
    }),
    ("attribute by Debug", |c| debug(&[c.text()])),
    ("attribute of a static text", |c| {
        constant(Constant(Box::leak(c.text().into())));
    }),
    ("attributes_fn", |c| function(&c.text())),
    ("attribute set later", |c| {
        create_span("set").set_attribute("url", c.text());
    }),
    ("attribute of the current span", |c| {
        let _span = create_span("set");
        get_current_span().set_attribute("url", c.text());
    }),
    ("value of a secret key", |c| {
        under_a_secret_key(c, c.secret().to_owned());
    }),
    ("integer of a secret key", |c| {
        under_a_secret_key(c, c.number());
    }),
    #[expect(clippy::cast_precision_loss, reason = "fifteen digits are exact")]
    ("float of a secret key", |c| {
        under_a_secret_key(c, c.number() as f64);
    }),
    ("integers of a secret key", |c| {
        under_a_secret_key(c, Value::Array(Array::I64(vec![c.number(), 1])));
    }),
    #[expect(clippy::cast_precision_loss, reason = "fifteen digits are exact")]
    ("floats of a secret key", |c| {
        under_a_secret_key(c, Value::Array(Array::F64(vec![c.number() as f64])));
    }),
    ("texts of a secret key", |c| {
        let texts = vec![c.secret().to_owned().into(), "b".into()];
        under_a_secret_key(c, Value::Array(Array::String(texts)));
    }),
    ("value whose name is in another attribute", |c| {
        set_config("password", c.secret(), c.marker());
    }),
    ("number whose name is in another attribute", |c| {
        let _span = span("kv")
            .attribute("value", c.number())
            .attribute("name", "password")
            .attribute("marker", c.marker().to_owned())
            .start();
    }),
    ("texts whose name is in another attribute", |c| {
        let span = create_span(c.marker().to_owned());
        span.set_attribute("setting.key", "api_key");
        span.set_attribute("setting.values", [c.secret()].as_slice());
    }),
    ("value of an event whose name is in another attribute", |c| {
        let attributes = [("key", "api_key"), ("val", c.secret()), ("marker", c.marker())]
            .map(|(key, value)| KeyValue::new(key, value.to_owned()));
        create_span("event").add_event("e", attributes.to_vec());
    }),
    ("argument of a command", |c| {
        let arguments = ["shop", "--password", c.secret(), "-v"].map(str::to_owned);
        create_span(c.marker().to_owned())
            .set_attribute("process.command_args", arguments.to_vec());
    }),
    ("key of an attribute", |c| {
        create_span("set").set_attribute(c.text(), 1);
    }),
    ("floe_attributes", |c| {
        identity(&FloeSpanAttributes::new("sales", "orders", c.text(), Mode::Dev));
    }),
    ("derived fields", |c| {
        derived(&Derived {
            field: &c.text(),
            number: c.number(),
            display: c.text(),
            debug: vec![c.text()],
            hidden: c.secret(),
            inner: Inner { url: c.text() },
            texts: vec![c.text()],
        });
    }),
    ("derived fields of the current span", |c| {
        let inner = Inner { url: c.text() };
        create_span("set").set_attributes(&inner);
    }),
    ("name of an event", |c| {
        create_span("event").add_event(c.text(), vec![]);
    }),
    ("attribute of an event", |c| {
        create_span("event").add_event("e", vec![KeyValue::new("url", c.text())]);
    }),
    ("telling key of an event", |c| {
        let numbers = Value::Array(Array::I64(vec![c.number()]));
        let attributes = vec![
            KeyValue::new("token", c.secret().to_owned()),
            KeyValue::new("api_key", c.number()),
            KeyValue::new("password", numbers),
        ];
        create_span("event").add_event(c.marker().to_owned(), attributes);
    }),
    ("status", |c| {
        create_span("status").set_status(Status::error(c.text()));
    }),
    ("attribute of a link", |c| {
        linked(&Link::new(remote(TraceState::NONE), vec![KeyValue::new("url", c.text())], 0));
    }),
    ("trace state of a link", |c| {
        create_span(c.marker().to_owned()).add_link(remote(state(c)));
    }),
    ("trace state of a parent", |c| {
        let parent = Context::new().with_remote_span_context(remote(state(c)));
        let _attached = parent.attach();
        drop(create_span(c.marker().to_owned()));
    }),
    ("trace state in a header", |c| {
        let id = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned();
        let headers = [
            ("traceparent".to_owned(), id),
            ("tracestate".to_owned(), format!("vendor={}", url(c))),
        ];
        from_headers(&headers.into_iter().collect(), c.marker());
    }),
    ("identity in baggage", |c| {
        let _attached = Context::current_with_baggage([
            KeyValue::new("floe.namespace", c.text()),
            KeyValue::new("floe.product.name", c.text()),
        ])
        .attach();
        drop(create_span("baggage"));
    }),
    // The canary is in the configuration of the child process.
    (RESOURCE, |_| drop(create_span("resource"))),
];

const RESOURCE: &str = "attribute of the resource";

/// Returns the text of a resource attribute, which is on every span.
pub(crate) fn resource_text() -> String {
    let at = crate::tables().position(|(entry, _)| entry == RESOURCE).unwrap();
    Canary::new(RESOURCE, Shape::ALL[at % Shape::ALL.len()]).text()
}

fn remote(state: TraceState) -> SpanContext {
    let trace = TraceId::from(7);
    let span = SpanId::from(9);
    SpanContext::new(trace, span, TraceFlags::SAMPLED, true, state)
}

/// Returns a URL with the secret for a trace state, which cannot contain a canary of every shape.
fn url(c: &Canary) -> String {
    format!("postgres://floe:{}@db.example/x", c.secret())
}

fn state(c: &Canary) -> TraceState {
    TraceState::from_key_value([("vendor", url(c))]).unwrap()
}

#[traced(name = format!("load {}", c.text()))]
fn named(c: &Canary) {
    let _ = c;
}

#[traced(attributes(key, value, marker))]
fn set_config(key: &str, value: &str, marker: &str) {
    let _ = (key, value, marker);
}

#[traced(attributes(value = text))]
fn text(text: &str) {
    let _ = text;
}

#[traced(attributes(value))]
fn cow(value: Cow<'_, str>) {
    let _ = value;
}

#[traced(attributes(value))]
fn optional(value: Option<String>) {
    let _ = value;
}

#[traced(attributes(value))]
fn texts(value: &[String]) {
    let _ = value;
}

#[traced(attributes(%value))]
fn display(value: std::fmt::Arguments<'_>) {
    let _ = value;
}

#[traced(attributes(?value))]
fn debug(value: &[String]) {
    let _ = value;
}

#[traced(attributes_fn = |value| [("value", *value)])]
fn function(value: &str) {
    let _ = value;
}

struct Constant(&'static str);

impl FloeAttributes for Constant {
    const KEYS: &'static [&'static str] = &[];

    fn record(&self, list: &mut AttributeList) {
        list.push("value".into(), AttributeValue::Static(self.0));
    }
}

#[traced(floe_attributes = constant)]
fn constant(constant: Constant) {
    let _ = constant;
}

/// Sets an attribute whose whole value is redacted. Therefore the marker is in the span's name.
fn under_a_secret_key(c: &Canary, value: impl Into<Value>) {
    let span = create_span(c.marker().to_owned());
    let value = value.into();
    for key in ["db.password", "api_key", "http.request.header.authorization"] {
        span.set_attribute(key, value.clone());
    }
}

#[traced(floe_attributes = identity)]
fn identity(identity: &FloeSpanAttributes) {
    let _ = identity;
}

#[derive(FloeAttributes)]
#[floe(prefix = "derived")]
struct Derived<'a> {
    field: &'a str,
    #[floe(key = "derived.credential")]
    number: i64,
    #[floe(display)]
    display: String,
    #[floe(debug)]
    debug: Vec<String>,
    #[floe(redact)]
    hidden: &'a str,
    #[floe(flatten)]
    inner: Inner,
    texts: Vec<String>,
}

#[derive(FloeAttributes)]
struct Inner {
    url: String,
}

#[traced(floe_attributes = value)]
fn derived(value: &Derived<'_>) {
    let _ = value;
}

#[traced(links = link)]
fn linked(link: &Link) {
    let _ = link;
}

#[traced(name = marker.to_owned(), parent = headers)]
fn from_headers(headers: &std::collections::HashMap<String, String>, marker: &str) {
    let _ = (headers, marker);
}
