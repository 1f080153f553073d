//! Parts of a span that depend on the configuration: the attributes of the process, of listed baggage keys and of the
//! floe identity, the source location, and the status of a success.

use std::collections::BTreeMap;

use floe_telemetry::{
    FloeSpanAttributes, FutureExt as _, Mode, TelemetryConfig, create_span, get_current_span,
    propagation, span, traced,
};
use futures_executor::block_on;
use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::Status;
use opentelemetry::{Context, KeyValue};
use tracing_subscriber::layer::SubscriberExt as _;

use super::pipeline::{Pipeline, spans};

type Attributes = BTreeMap<String, String>;

#[traced(metrics)]
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
    let of_spans = spans.iter().map(|span| texts(&span.attributes));

    let without_location = of_spans.map(|mut attributes| {
        attributes.retain(|key, _| !key.starts_with("code."));
        attributes
    });

    without_location.collect()
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
    assert_eq!(spans[3], spans[1], "equal on another thread");
    // The list of keys no longer applies once its provider has ended.
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

    let identity = |namespace, name, version, mode| {
        attributes([
            ("floe.namespace", namespace),
            ("floe.product.name", name),
            ("floe.product.version", version),
            ("floe.mode", mode),
        ])
    };
    assert_eq!(spans[0], identity("sales", "orders", "1.2.0", "prod"));
    assert_eq!(spans[1], identity("retail", "returns", "2.0.0", "dev"));
}

/// Without a configured identity, no span, metric or resource has an attribute that begins with `floe.`.
#[alone]
fn nothing_of_floe_is_sent() {
    let pipeline = Pipeline::http(|_| ());
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

fn with(yaml: &str) -> TelemetryConfig {
    let text = format!("resource_attributes: {{service_name: orders}}\n{yaml}");
    TelemetryConfig::from_yaml(&text).unwrap()
}

#[alone]
fn every_span_has_its_place_unless_the_configuration_omits_it() {
    for (yaml, has_place) in
        [("", true), ("code_attributes: true", true), ("code_attributes: false", false)]
    {
        let pipeline = Pipeline::http(|config| config.code_attributes = with(yaml).code_attributes);
        plain();
        let subscriber = tracing_subscriber::registry().with(floe_telemetry::tracing_layer());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info_span!("bridged").in_scope(|| {});
        });

        drop(create_span("guard"));
        let receiver = pipeline.end();
        // A bridged span always keeps its `target`, because filters read it.
        for (name, keys) in [
            ("plain", &["code.file.path", "code.function.name", "code.line.number"][..]),
            ("bridged", &["code.file.path", "code.line.number", "code.module.name", "target"]),
            ("guard", &["code.file.path", "code.line.number"]),
        ] {
            let found: Vec<_> = receiver.span(name).attributes.into_keys().collect();
            let keys = keys.iter().copied().filter(|key| has_place || !key.starts_with("code."));
            assert_eq!(found, keys.collect::<Vec<_>>(), "{yaml}: {name}");
        }
    }
}

#[traced]
fn succeeds() {}

#[traced]
async fn succeeds_later() {}

#[traced]
fn fails() -> Result<(), &'static str> {
    Err("no")
}

#[traced]
fn sets(status: Status) {
    get_current_span().set_status(status);
}

fn statuses(yaml: &str) -> Vec<(String, Status)> {
    let spans = spans(with(yaml), || {
        succeeds();
        block_on(succeeds_later());
        assert!(fails().is_err());
        sets(Status::Ok);
        sets(Status::error("by hand"));
        block_on(async {}.in_span(span("future")));
        drop(create_span("guard"));
    });

    spans.into_iter().map(|span| (span.name.into_owned(), span.status)).collect()
}

#[alone]
fn success_is_ok_or_unset() {
    for (yaml, success) in [
        ("", Status::Ok),
        ("status_on_success: true", Status::Ok),
        ("status_on_success: false", Status::Unset),
    ] {
        let expected = [
            ("succeeds", success.clone()),
            ("succeeds_later", success.clone()),
            ("fails", Status::error("no")),
            ("sets", Status::Ok),
            ("sets", Status::error("by hand")),
            ("future", success.clone()),
            ("guard", success),
        ]
        .map(|(name, status)| (name.to_owned(), status));
        assert_eq!(statuses(yaml), expected, "{yaml}");
    }
}
