//! Entry points of the plain OpenTelemetry API, whose spans are exported by our provider.

use std::time::SystemTime;

use floe_telemetry::{TelemetryProvider, get_tracer};
use floe_tests::remote_in;
use opentelemetry::trace::{Event, Link, Span as _, Status, Tracer as _, TracerProvider as _};
use opentelemetry::{InstrumentationScope, KeyValue};

use crate::Entry;

pub(crate) const ENTRIES: &[Entry] = &[
    ("plain name", |c| get_tracer("plain").start(c.text()).end()),
    ("plain update_name", |c| {
        get_tracer("plain").start("first").update_name(c.text());
    }),
    ("plain attribute", |c| {
        get_tracer("plain").start("s").set_attribute(KeyValue::new("url", c.text()));
    }),
    ("plain attributes of the builder", |c| {
        let tracer = get_tracer("plain");
        let attributes = [KeyValue::new("url", c.text()), KeyValue::new("api_key", c.number())];
        tracer.span_builder("s").with_attributes(attributes).start(&tracer).end();
    }),
    ("plain events of the builder", |c| {
        let tracer = get_tracer("plain");
        let attributes = vec![KeyValue::new("url", c.text())];
        let event = Event::new(c.text(), SystemTime::now(), attributes, 0);
        tracer.span_builder("s").with_events(vec![event]).start(&tracer).end();
    }),
    ("plain links of the builder", |c| {
        let tracer = get_tracer("plain");
        let link = Link::new(remote_in(7, true), vec![KeyValue::new("url", c.text())], 0);
        tracer.span_builder("s").with_links(vec![link]).start(&tracer).end();
    }),
    ("plain event", |c| {
        get_tracer("plain").start("s").add_event(c.text(), vec![KeyValue::new("url", c.text())]);
    }),
    ("plain link", |c| {
        let attributes = vec![KeyValue::new("url", c.text())];
        get_tracer("plain").start("s").add_link(remote_in(7, true), attributes);
    }),
    ("plain status", |c| {
        get_tracer("plain").start("s").set_status(Status::error(c.text()));
    }),
    ("name of a scope", |c| get_tracer(c.text()).start("s").end()),
    ("version of a scope", |c| {
        in_scope(InstrumentationScope::builder("plain").with_version(c.text()).build());
    }),
    ("address of a scope's schema", |c| {
        let url = format!("https://floe:{}@schemas.example/1", c.secret());
        let scope = InstrumentationScope::builder(c.marker().to_owned()).with_schema_url(url);
        in_scope(scope.build());
    }),
    ("attributes of a scope", |c| {
        let attributes = [KeyValue::new("url", c.text()), KeyValue::new("token", c.number())];
        let scope = InstrumentationScope::builder("plain").with_attributes(attributes);
        in_scope(scope.build());
    }),
];

fn in_scope(scope: InstrumentationScope) {
    TelemetryProvider::tracer_provider().tracer_with_scope(scope).start("s").end();
}
