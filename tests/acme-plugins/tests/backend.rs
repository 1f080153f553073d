//! The configuration selects a telemetry backend of another crate by its name.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use floe_plugin::backend::{self, Configured, TelemetryBackendPlugin, telemetry_backend};
use floe_telemetry::trace::TelemetryProviderBuilder;
use floe_telemetry::{TelemetryConfig, traced};
// A crate that is never referenced is not linked.
use floe_tests::{Receiver, Response, TIMEOUT};
use floe_tests_acme_plugins as _;

#[traced(name = "orders.load")]
fn load() {}

fn config(endpoint: &str) -> TelemetryConfig {
    let yaml = format!(
        "
resource_attributes:
  service_name: orders
authentication: {{ auth_type: bearer, bearer_token: hunter2-hunter2 }}
otlp_endpoint: {endpoint}
backend: acme
"
    );
    TelemetryConfig::from_yaml(&yaml).unwrap()
}

#[test]
fn a_backend_of_another_crate_is_chosen_by_its_name() {
    floe_tests::alone!();
    let receiver = Receiver::http();
    let telemetry = floe::telemetry::start(config(&receiver.endpoint()), None).unwrap();
    load();
    telemetry.shutdown(TIMEOUT).unwrap();
    let spans = receiver.spans();
    assert_eq!(spans[0].name, "orders.load");
    let request = &receiver.requests()[0];
    assert_eq!(request.path, "/v1/traces");
    assert_eq!(request.headers["x-acme-tenant"], "floe");
    assert_eq!(request.headers["authorization"], "Bearer hunter2-hunter2");
}

#[test]
fn validation_sends_the_configured_headers() {
    let receiver = Receiver::http();
    let config = config(&receiver.endpoint());
    let report = backend::validate_connection(&config).unwrap();
    assert!(report.is_ok(), "{report}");
    let tried = format!("an empty OTLP/HTTP request to `{}`", receiver.endpoint());
    assert_eq!(report.probe, tried);
    let request = &receiver.requests()[0];
    assert_eq!(request.headers["x-acme-tenant"], "floe");
    assert!(request.body.is_empty());
    assert!(receiver.spans().is_empty());

    receiver.respond(Response::Http { status: 401, headers: Vec::new() });
    let report = backend::validate_connection(&config).unwrap();
    assert_eq!(
        report.problem.unwrap(),
        "the receiver answered 401 Unauthorized; set a valid credential in `OTEL_EXPORTER_OTLP_HEADERS` (`authentication`)"
    );
}

#[test]
fn an_endpoint_that_is_closed_or_fails_is_reported() {
    // The listener is bound and dropped, so that the port is closed.
    let gone = Receiver::http().endpoint();
    let report = backend::validate_connection(&config(&gone)).unwrap();
    assert!(!report.is_ok(), "{report}");
    assert!(report.to_string().contains(&gone), "{report}");

    let silent = Receiver::http();
    silent.respond(Response::Hang);
    let report = backend::validate_connection(&config(&silent.endpoint())).unwrap();
    assert_eq!(report.problem.unwrap(), "no answer within 5s");
    assert!(report.duration < backend::CONNECTION_TIMEOUT, "{:?}", report.duration);
}

/// A backend that cannot be used is an error only for a configuration that selects it.
struct Unusable(&'static str, fn(TelemetryProviderBuilder) -> Configured);

telemetry_backend!(Unusable("twin", Ok));
telemetry_backend!(Unusable("twin", Ok));
telemetry_backend!(Unusable("panics", |_| panic!("no endpoint")));
telemetry_backend!(Unusable("refuses", |_| Err("no region at token=abcdefgh12345".into())));
telemetry_backend!(Unusable("nowhere", |provider| {
    Ok(provider.configure(|config| config.otlp_endpoint = Some("acme".to_owned())))
}));

impl TelemetryBackendPlugin for Unusable {
    fn name(&self) -> &str {
        self.0
    }

    fn version(&self) -> &'static str {
        "0.1.0"
    }

    fn configure(&self, provider: TelemetryProviderBuilder) -> Configured {
        (self.1)(provider)
    }
}

#[track_caller]
fn check(backend: &str, expected: &str) {
    let mut config = TelemetryConfig::new("orders");
    backend.clone_into(&mut config.backend);
    let found = backend::builder(config).unwrap_err();
    assert!(found.is_config());
    // The port of the example is that of the protocol which the program is built for.
    assert_eq!(found.to_string().split(", for example").next(), Some(expected));
}

#[test]
fn each_unusable_backend_is_one_clear_error() {
    let file = file!();
    let twin =
        include_str!("backend.rs").lines().position(|it| it.contains("(\"twin\"")).unwrap() + 1;
    check(
        "twin",
        &format!(
            "backend: several backends have the same name: twin 0.1.0 ({file}:{twin}) and twin 0.1.0 ({file}:{}), expected different names",
            twin + 1
        ),
    );
    check("panics", "backend `panics`: it panicked");
    check("refuses", "backend `refuses`: no region at token=<REDACTED>");
    check(
        "nowhere",
        "backend `nowhere`: otlp_endpoint: `acme` is not an endpoint: it must begin with `http://` or `https://`",
    );
    check(
        "acne",
        "backend: unknown backend `acne`, expected `acme`, `console`, `jaeger`, `nowhere`, `otlp`, `panics`, `refuses` or `twin`; did you mean `acme`?",
    );
}
