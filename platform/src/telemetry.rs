//! How a command is observed: what the telemetry is configured with, and its beginning and end.
//!
//! Everything else about telemetry is an attribute on the function that it is about.

use std::time::Duration;

use floe_telemetry::config::OtlpProtocol;
use floe_telemetry::exporter::ConsoleExporter;
use floe_telemetry::{Mode, TelemetryConfig, TelemetryProvider};

use crate::environment::Environment;
use crate::error::Error;
use crate::identity::Identity;
use crate::manifest::{Manifest, Protocol};

/// How long the end of a command may wait for a collector.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the artifacts say: the manifest's choices under the product's identity.
pub fn config(identity: &Identity, manifest: &Manifest) -> TelemetryConfig {
    let tracing = &manifest.observability.tracing;
    let mode = mode(identity.environment);
    let mut config = TelemetryConfig::new(&identity.name);
    config.enabled = tracing.enabled;
    config.otlp_protocol = match tracing.protocol {
        Protocol::Grpc => OtlpProtocol::Grpc,
        Protocol::Http => OtlpProtocol::Http,
    };
    if let Some(endpoint) = &tracing.endpoint {
        config.otlp_endpoint = endpoint.to_string();
    }
    if let Some(backend) = &manifest.plugins.telemetry_backend {
        backend.kind.as_str().clone_into(&mut config.backend);
    }
    let resource = &mut config.resource_attributes;
    resource.service_version.clone_from(&identity.version);
    resource.deployment_environment = mode;
    resource.floe_namespace.clone_from(&identity.namespace);
    resource.floe_product_version.clone_from(&identity.version);
    resource.floe_mode = mode;
    config
}

fn mode(environment: Environment) -> Mode {
    match environment {
        Environment::Dev => Mode::Dev,
        Environment::Staging => Mode::Staging,
        Environment::Prod => Mode::Prod,
    }
}

/// Starts the telemetry of this process: a picture on the standard output, and OTLP wherever the
/// manifest or the environment wants it.
///
/// # Errors
/// When a variable of the environment is not as it must be.
pub fn start(mut config: TelemetryConfig) -> Result<TelemetryProvider, Error> {
    config.apply_env().map_err(|error| failed(&error))?;
    TelemetryProvider::builder(config)
        .with_span_exporter(ConsoleExporter::stdout().holding())
        .initialize()
        .map_err(|error| failed(&error))
}

/// Delivers what was recorded. A collector that cannot be reached is no failure of the command.
///
/// # Errors
/// What could not be delivered, as a text.
pub fn stop(telemetry: &TelemetryProvider) -> Result<(), Error> {
    telemetry.shutdown(PATIENCE).map_err(|error| failed(&error))
}

fn failed(error: &floe_telemetry::Error) -> Error {
    if error.is_config() {
        return Error::Setting(error.to_string());
    }
    Error::Telemetry(error.to_string())
}
