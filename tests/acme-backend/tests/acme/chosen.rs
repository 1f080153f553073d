//! The configuration selects a backend of another crate by its name.

// A crate that is never referenced is not linked.
use floe_tests_acme_backend as _;

use floe_telemetry::{TelemetryConfig, TelemetryProvider, backend, traced};
use floe_tests::{Receiver, Response, TIMEOUT};

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
    let telemetry = TelemetryProvider::builder(config(&receiver.endpoint())).initialize().unwrap();
    load();
    telemetry.shutdown(TIMEOUT).unwrap();
    let spans = receiver.spans();
    assert_eq!(spans[0].name, "orders.load");
    let request = &receiver.requests()[0];
    assert_eq!(request.path, "/v1/traces");
    assert_eq!(request.headers["x-acme-tenant"], "floe");
    // The credential of the configuration replaces the header of the backend.
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
