//! A caller sends a floe identity and a tenant in its baggage, over real HTTP.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use floe_telemetry::config::ExporterKind;
use floe_telemetry::{FloeSpanAttributes, Mode, TelemetryConfig, TelemetryProvider, traced};
use floe_telemetry_http::HttpServerLayer;
use floe_tests::{ReceivedSpan, Receiver, Value};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::{PROVIDER, config};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\n\
    host: shop.example\r\n\
    baggage: floe.namespace=evil,floe.product.name=evil,tenant=acme\r\n\
    baggage: floe.product.version=6.6.6,floe.mode=prod,service.name=evil\r\n\
    connection: close\r\n\r\n";

#[traced(name = "answer")]
async fn answer() -> &'static str {
    "ok"
}

/// Returns the spans of a service that has answered the request.
async fn spans(configure: impl FnOnce(TelemetryConfig) -> TelemetryConfig) -> Vec<ReceivedSpan> {
    let receiver = Receiver::http();
    let mut config = configure(config(&receiver));
    config.exporters.metrics = Some(vec![ExporterKind::None]);
    let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route("/", get(answer)).layer(HttpServerLayer::new());
    let server = tokio::spawn(axum::serve(listener, app).into_future());
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    server.abort();
    telemetry.shutdown(Duration::from_secs(20)).unwrap();
    let spans = receiver.spans();
    assert_eq!(spans.len(), 2, "the request and the function");
    for span in &spans {
        assert_eq!(span.resource["service.name"], text("shop"));
    }
    spans
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// Returns those attributes of a resource or a span that baggage could have set.
fn identity(attributes: &BTreeMap<String, Value>) -> Vec<(&str, &Value)> {
    let all = attributes.iter().map(|(key, value)| (&**key, value));
    all.filter(|(key, _)| key.starts_with("floe.") || *key == "tenant" || *key == "service.name")
        .collect()
}

#[tokio::test]
async fn baggage_of_a_caller_is_recorded_only_if_its_key_is_listed() {
    let _only = PROVIDER.lock().await;
    // The configuration lists no key.
    for span in spans(|config| config).await {
        assert_eq!(identity(&span.attributes), []);
        assert_eq!(identity(&span.resource), [("service.name", &text("shop"))]);
    }

    // The configuration lists the key of the tenant.
    let trusts_tenants = |mut config: TelemetryConfig| {
        config.baggage_attributes = vec!["tenant".to_owned()];
        config
    };

    for span in spans(trusts_tenants).await {
        assert_eq!(identity(&span.attributes), [("tenant", &text("acme"))]);
    }

    // The process has its own identity, and accepts no other one.
    let own = FloeSpanAttributes::new("sales", "shop", "1.0.0", Mode::Dev);
    let trusts_nobody = |config: TelemetryConfig| {
        let mut config = config.with_identity(&own);
        config.baggage_attributes.clear();
        config
    };

    let values = ["sales", "shop", "1.0.0", "dev"].map(text);
    let expected = |attributes: &BTreeMap<String, Value>| {
        let keys = ["floe.namespace", "floe.product.name", "floe.product.version", "floe.mode"];
        keys.map(|key| attributes[key].clone()) == values
    };

    for span in spans(trusts_nobody).await {
        assert!(expected(&span.attributes), "{:?}", span.attributes);
        assert!(expected(&span.resource), "{:?}", span.resource);
        assert!(!span.attributes.contains_key("tenant"));
    }

    // If the processes of a platform pass the identity on, spans have the caller's identity, and the resource keeps
    // that of its process.
    for span in spans(|config| config.with_identity(&own)).await {
        assert_eq!(span.attributes["floe.namespace"], text("evil"));
        assert!(expected(&span.resource), "{:?}", span.resource);
    }
}
