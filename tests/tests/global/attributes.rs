//! Attributes that the configuration adds to every span: those of the process, of listed baggage keys, and of the floe
//! identity.

use std::collections::BTreeMap;

use floe_telemetry::{
    FloeAttributes, FloeSpanAttributes, Mode, TelemetryConfig, create_span, propagation, traced,
};
use opentelemetry::baggage::BaggageExt;
use opentelemetry::{Context, KeyValue};

use super::pipeline::{Pipeline, spans};

type Attributes = BTreeMap<String, String>;

#[traced]
fn plain() {}

#[traced(attributes(team = "own"))]
fn with_team() {}

fn texts<'a>(attributes: impl IntoIterator<Item = &'a KeyValue>) -> Attributes {
    let texts = attributes
        .into_iter()
        .map(|attribute| (attribute.key.to_string(), attribute.value.to_string()));
    texts.collect()
}

fn run(config: TelemetryConfig, code: impl FnOnce()) -> Vec<Attributes> {
    let spans = spans(config, code);
    let spans = spans.iter().map(|span| texts(&span.attributes));
    let spans = spans.map(|mut attributes| {
        attributes.retain(|key, _| !key.starts_with("code."));
        attributes
    });
    spans.collect()
}

fn attributes<const N: usize>(attributes: [(&str, &str); N]) -> Attributes {
    let attributes = attributes.map(|(key, value)| (key.to_owned(), value.to_owned()));
    attributes.into()
}

fn received() -> Context {
    Context::current_with_baggage([
        KeyValue::new("floe.namespace", "evil"),
        KeyValue::new("tenant", "acme"),
        KeyValue::new("team", "of the caller"),
    ])
}

#[alone]
fn every_span_carries_the_attributes_of_the_process() {
    let mut config = TelemetryConfig::new("orders");
    config.span_attributes = [("team", "checkout"), ("dsn", "postgres://floe:hunter2@db/orders")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    let spans = run(config, || {
        plain();
        with_team();
        drop(create_span("by hand"));
    });
    let dsn = ("dsn", "postgres://<REDACTED>@db/orders");
    assert_eq!(spans[0], attributes([("team", "checkout"), dsn]));
    assert_eq!(spans[1], attributes([("team", "own"), dsn]));
    assert_eq!(spans[2], spans[0]);
}

#[alone]
fn listed_keys_of_baggage_become_attributes() {
    let mut config = TelemetryConfig::new("orders");
    config.span_attributes = [("team".to_owned(), "checkout".to_owned())].into();
    config.baggage_attributes = ["tenant", "team", "absent"].map(str::to_owned).into();
    let spans = run(config, || {
        plain();
        let _attached = received().attach();
        plain();
        with_team();
        std::thread::scope(|scope| {
            let cx = Context::current();
            scope.spawn(move || {
                let _attached = cx.attach();
                plain();
            });
        });
    });
    assert_eq!(spans[0], attributes([("team", "checkout")]));
    let tenant = ("tenant", "acme");
    assert_eq!(spans[1], attributes([("team", "of the caller"), tenant]));
    assert_eq!(spans[2], attributes([("team", "own"), tenant]));
    assert_eq!(spans[3], spans[1], "on another thread");
    // The list of keys ends with its provider.
    let spans = run(TelemetryConfig::new("orders"), || {
        let _attached = received().attach();
        plain();
    });
    assert_eq!(spans, [attributes([])]);
}

#[alone]
fn the_identity_is_read_from_the_process_and_from_baggage() {
    let own = FloeSpanAttributes::new("sales", "orders", "1.2.0", Mode::Prod);
    let other = FloeSpanAttributes::new("retail", "returns", "2.0.0", Mode::Dev);
    let config = TelemetryConfig::new("orders").with_identity(&own);
    let spans = run(config, || {
        plain();
        let headers = {
            let _attached = propagation::set_floe_baggage(&other).attach();
            propagation::inject_headers()
        };
        let _attached = propagation::extract_context(&headers).attach();
        plain();
    });
    assert_eq!(spans, [texts(&own.to_otel_dict()), texts(&other.to_otel_dict())]);
}

/// No span, metric or resource has an attribute that was not configured.
#[alone]
fn nothing_of_floe_is_sent() {
    let pipeline = Pipeline::http(|config| config.metrics.from_spans = true);
    {
        let _attached = received().attach();
        plain();
    }
    let receiver = pipeline.end();
    let span = receiver.span("plain");
    let of_floe = |key: &&String| key.starts_with("floe.");
    assert_eq!(span.attributes.keys().find(of_floe), None);
    let resource: Vec<_> = span.resource.keys().map(String::as_str).collect();
    let expected = [
        "service.instance.id",
        "service.name",
        "telemetry.sdk.language",
        "telemetry.sdk.name",
        "telemetry.sdk.version",
    ];
    assert_eq!(resource, expected);
    receiver.point("traces.span.metrics.calls");
    for point in receiver.points() {
        assert_eq!(point.resource.keys().find(of_floe), None);
        assert_eq!(point.attributes.keys().find(of_floe), None);
    }
}
