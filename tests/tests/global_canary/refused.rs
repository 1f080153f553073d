//! Messages about a configuration: errors, `Debug`, and serialized configurations.

use std::env;

use floe_telemetry::config::{OtlpProtocol, TelemetryAuth};
use floe_telemetry::{Mode, TelemetryConfig, TelemetryProvider, sanitize_error_message};
use floe_tests::{Canary, Outputs, Program, Shape};

use crate::{Proof, judged};

/// The name of a message, the shape of the canary, the expected text, and a function that makes the message.
type Message = (&'static str, Shape, Proof, fn(&Canary) -> String);

const MESSAGES: &[Message] = &[
    ("YAML that is not YAML", Shape::KeyValue, Some("line 2"), |c| {
        yaml(&format!("backend: otlp\nenabled: [{}\n", c.text()))
    }),
    ("unknown key in YAML", Shape::KeyValue, None, |c| yaml(&format!("'{}': 1", c.text()))),
    ("wrong type in YAML", Shape::Url, None, |c| yaml(&format!("enabled: '{}'", c.text()))),
    ("unknown variant in YAML", Shape::Bearer, None, |c| {
        yaml(&format!("otlp_protocol: '{}'", c.text()))
    }),
    ("unknown backend in YAML", Shape::Json, None, |c| {
        let config = TelemetryConfig::from_yaml(&format!("{IDENTITY}backend: '{}'", c.text()));
        let builder = TelemetryProvider::builder(config.unwrap());
        let error = builder.initialize().unwrap_err();
        format!("{error} {error:?}")
    }),
    ("level of the log in YAML", Shape::Token, None, |c| {
        yaml(&format!("{IDENTITY}logging: {{ log_level: '{}' }}", c.text()))
    }),
    ("environment in YAML", Shape::AccessKey, None, |c| {
        yaml(&IDENTITY.replace("_mode: dev", &format!("_mode: '{}'", c.text())))
    }),
    ("key of baggage in YAML", Shape::KeyValue, None, |c| {
        yaml(&format!("{IDENTITY}baggage_attributes: ['{}']", c.text()))
    }),
    ("endpoint in YAML", Shape::Url, None, |c| {
        yaml(&format!("{IDENTITY}otlp_endpoint: '{}'", c.text()))
    }),
    ("user of an endpoint in YAML", Shape::KeyValue, None, |c| {
        let endpoint = format!("http://floe:{}@{}.example:4317", c.secret(), c.marker());
        yaml(&format!("{IDENTITY}otlp_endpoint: '{endpoint}'"))
    }),
    ("environment that is parsed", Shape::KeyValue, Some("expected `dev`"), |c| {
        let error = c.text().parse::<Mode>().unwrap_err();
        format!("{error} {error:?}")
    }),
    ("Debug of a configuration", Shape::Url, None, |c| {
        let config = config(c);
        format!("{config:?} {config:#?}")
    }),
    ("Debug of a builder", Shape::KeyValue, None, |c| {
        let builder = TelemetryProvider::builder(config(c));
        format!("{builder:?} {builder:#?}")
    }),
    ("written configuration", Shape::KeyValue, None, |c| {
        let mut config = config(c);
        // An endpoint is used literally, so one with a credential is rejected.
        config.otlp_endpoint = Some(format!("http://{}.example:4317", c.marker()));
        config.resource_attributes.floe_namespace = Some("sales".to_owned());
        serde_json::to_string(&config).unwrap()
    }),
    ("message that is sanitized by hand", Shape::Json, None, |c| {
        sanitize_error_message(&c.text()).into_owned()
    }),
];

/// In the values, `{}` is the text of the canary, and `{secret}` and `{marker}` are its parts.
const VARIABLES: &[(&str, &str, Proof)] = &[
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://floe:{secret}@{marker}.example:4317", None),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "{}", None),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://{marker}.example:4317?api_key={secret}", None),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://floe:{secret}@{marker}.example", None),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "{}", None),
    ("OTEL_EXPORTER_OTLP_HEADERS", "Bearer {secret}", Some("OTEL_EXPORTER_OTLP_HEADERS")),
    ("OTEL_EXPORTER_OTLP_HEADERS", "not a name={secret}", Some("header")),
    ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20{secret}", Some("TelemetryConfig")),
    ("OTEL_SERVICE_NAME", "{}", None),
    ("OTEL_BSP_MAX_QUEUE_SIZE", "{}", None),
    ("OTEL_BSP_SCHEDULE_DELAY", "{}", None),
];

const IDENTITY: &str = "\
resource_attributes:
  service_name: orders
  service_version: 1.0.0
  deployment_environment: dev
  floe_namespace: sales
  floe_product_name: orders
  floe_product_version: 1.0.0
  floe_mode: dev
";

fn yaml(text: &str) -> String {
    let error = TelemetryConfig::from_yaml(text).unwrap_err();
    format!("{error} {error:?}")
}

/// Returns a configuration with the canary in its endpoint, an attribute and its credentials.
fn config(c: &Canary) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("orders");
    let query = format!("api_key={}", c.secret());
    config.otlp_endpoint = Some(format!("http://{}.example:4317/v1/traces?{query}", c.marker()));
    config.resource_attributes.floe_namespace = Some(c.text());
    let mut authentication = TelemetryAuth::bearer(c.secret());
    authentication.api_key = Some(c.secret().into());
    config.authentication = Some(authentication);
    config
}

pub(crate) fn check(program: &Program) {
    let mut wrong = Vec::new();
    for (entry, shape, proof, message) in MESSAGES {
        let canary = Canary::new(entry, *shape);
        let mut outputs = Outputs::default();
        outputs.add("text", message(&canary));
        wrong.extend(judged(entry, &canary, *proof, &outputs));
    }

    for (at, (variable, form, proof)) in VARIABLES.iter().enumerate() {
        let entry = format!("{variable}={form}");
        let canary = Canary::new(&entry, Shape::ALL[at % Shape::ALL.len()]);
        let value = form
            .replace("{secret}", canary.secret())
            .replace("{marker}", canary.marker())
            .replace("{}", &canary.text());
        let outputs = crate::outputs(program, &[(variable, &value)]);
        wrong.extend(judged(&entry, &canary, *proof, &outputs));
    }

    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Prints the configuration of the environment, and tries to start with it.
pub(crate) fn child() {
    let mut config = TelemetryConfig::new("orders");
    match config.apply_env() {
        Ok(()) => println!("{config:?}"),
        Err(error) => println!("{error} {error:?}"),
    }

    // A value of the code would replace a variable that cannot be obeyed.
    let is_set = |name| env::var_os(name).is_some();
    if !is_set("OTEL_EXPORTER_OTLP_ENDPOINT") {
        config.otlp_endpoint = Some("http://127.0.0.1:9".to_owned());
    }
    if !is_set("OTEL_EXPORTER_OTLP_PROTOCOL") {
        config.otlp_protocol = Some(OtlpProtocol::Http);
    }
    let builder = TelemetryProvider::builder(config);
    println!("{builder:?}");
    match builder.initialize() {
        Ok(telemetry) => println!("{telemetry:?}"),
        Err(error) => println!("{error} {error:?}"),
    }
}
