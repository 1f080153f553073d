//! Entry points of other signals: metric attributes, and the baggage of requests.

use std::collections::HashMap;

use floe_telemetry::metrics::Metric;
use floe_telemetry::{MetricRecorder, TelemetryConfig, propagation};
use opentelemetry::baggage::{BaggageExt as _, KeyValueMetadata};
use opentelemetry::{Array, Context, KeyValue, StringValue, Value};

use crate::Entry;
use crate::child::plant;
use floe_tests::Canary;

static METRICS: MetricRecorder = MetricRecorder::new("canaries");

pub(crate) const METRIC_ENTRIES: &[Entry] = &[
    ("label of a counter", |c| {
        METRICS.increment("counted", 1, &[KeyValue::new("url", c.text())]);
    }),
    ("label of a gauge", |c| {
        METRICS.set_gauge("level", 1, &[KeyValue::new("url", c.text())]);
    }),
    ("label of a histogram", |c| {
        METRICS.record_histogram("took", 0.5, &[KeyValue::new("url", c.text())]);
    }),
    ("label under a secret key", |c| {
        let labels = [
            KeyValue::new("url", c.text()),
            KeyValue::new("api_key", c.secret().to_owned()),
            KeyValue::new("password", c.number()),
        ];
        METRICS.increment("labelled", 1, &labels);
    }),
    ("label whose name is in another one", |c| {
        let labels = [("name", "api_key"), ("value", c.secret()), ("marker", c.marker())]
            .map(|(key, value)| KeyValue::new(key, value.to_owned()));
        METRICS.increment("paired", 1, &labels);
    }),
    ("name of a label", |c| {
        METRICS.increment("named", 1, &[KeyValue::new(c.text(), "orders")]);
    }),
    ("array as a label", |c| {
        let texts = Array::String(vec![StringValue::from(c.text())]);
        METRICS.increment("listed", 1, &[KeyValue::new("urls", Value::Array(texts))]);
    }),
    ("description of a metric", |c| {
        let name = format!("metric.{}", c.marker());
        let text = c.text();
        METRICS.increment(Metric::new(&name).with_description(&text), 1, &[]);
    }),
    ("name of a metric", |c| {
        METRICS.increment(Metric::new(&format!("{}.{}", c.marker(), token(c))), 1, &[]);
    }),
    ("unit of a metric", |c| {
        let name = format!("counted.{}", c.marker());
        let unit = token(c);
        METRICS.increment(Metric::new(&name).with_unit(&unit), 1, &[]);
    }),
];

/// Returns a token whose characters are all valid in a metric name.
fn token(canary: &Canary) -> String {
    ["gl", "pat-q7X", canary.secret()].concat()
}

pub(crate) const BAGGAGE_ENTRIES: &[Entry] = &[
    ("value of baggage", |c| send("note", &c.text(), "")),
    ("value of baggage under a secret key", |c| {
        let members = [
            KeyValueMetadata::new("marker", c.marker().to_owned(), ""),
            KeyValueMetadata::new("api_key", c.secret().to_owned(), ""),
        ];
        sent(&Context::new().with_baggage(members));
    }),
    ("property of baggage", |c| {
        send("note", c.marker(), &format!("password={}", c.secret()));
    }),
];

fn send(key: &'static str, value: &str, metadata: &str) {
    let member = KeyValueMetadata::new(key, value.to_owned(), metadata);
    sent(&Context::new().with_baggage([member]));
}

/// Prints the headers of a request that is sent in this context.
fn sent(context: &Context) {
    let mut headers = HashMap::new();
    let _current = context.clone().attach();
    propagation::inject_context(&mut headers);
    println!("{headers:?}");
}

pub(crate) fn child(entries: &[Entry]) {
    propagation::setup_propagators();
    plant(TelemetryConfig::new("canaries"), |builder| builder, entries.iter().copied());
}
