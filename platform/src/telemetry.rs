//! The telemetry of a command: its configuration, start and shutdown.
//!
//! Most spans of the platform come from `#[traced]` on functions.

use std::io;
use std::time::Duration;

use floe_plugin::backend;
use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_telemetry::config::{DEFAULT_BACKEND, ExporterKind, LoggingConfig, SamplingConfig};
use floe_telemetry::exporter::ConsoleExporter;
use floe_telemetry::logs::configure_logging_with_writer;
use floe_telemetry::opentelemetry::Context;
use floe_telemetry::{
    FloeSpanAttributes, TelemetryConfig, TelemetryProvider, propagation, sanitize_url,
};

use crate::artifacts::identity;
use crate::identity::Identity;
use crate::manifest::{Exporter, LogFormat, Manifest};

pub(crate) const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// The default capacity of an exporter's queue, in spans. It holds the trace of thousands of assets, because a run may
/// record that trace within seconds, faster than exporters send.
const MAX_QUEUE_SIZE: usize = 100_000;

/// The maximum number of bytes of telemetry that wait for export. The memory is not allocated in advance.
const MAX_MEMORY_BYTES: usize = 512 * 1024 * 1024;

/// Returns the configuration that the artifacts contain: the settings of the manifest, with the product's identity.
///
/// # Errors
/// Two settings contradict each other, or one is not valid; the error names the place.
pub fn config(identity: &Identity, manifest: &Manifest) -> Result<TelemetryConfig, Error> {
    let tracing = &manifest.observability.tracing;
    let logging = &manifest.observability.logging;
    let exporter = tracing.exporter.as_ref().map(|exporter| exporter.value);
    let product = product(identity);
    let mut config = TelemetryConfig::new(&identity.name);
    config.enabled = tracing.enabled && exporter != Some(Exporter::None);
    config.backend = backend_name(identity, manifest)?;
    config.otlp_protocol = tracing.protocol;
    if let Some(endpoint) = &tracing.endpoint
        && config.backend != DEFAULT_BACKEND
    {
        config.otlp_endpoint = Some(str::to_owned(endpoint));
    }
    logging.level.as_str().clone_into(&mut config.logging.log_level);
    config.logging.json_output = logging.format == LogFormat::Json;
    let resource = &mut config.resource_attributes;
    resource.service_version = Some(identity.version.clone());
    resource.deployment_environment = Some(product.mode.as_str().to_owned());
    let mut config = config.with_identity(&product);
    runtime(&mut config, identity, manifest)?;
    Ok(config)
}

/// Replaces the sections of a configuration that the manifest has.
macro_rules! choose {
    ($config:ident, $chosen:ident: $($section:ident)*) => {$(
        if let Some(chosen) = &$chosen.$section {
            $config.$section.clone_from(chosen);
        }
    )*};
}

fn runtime(
    config: &mut TelemetryConfig,
    identity: &Identity,
    manifest: &Manifest,
) -> Result<(), Error> {
    let telemetry = &manifest.telemetry;
    let otlp = telemetry.otlp.as_ref();
    config.max_memory_bytes = MAX_MEMORY_BYTES;
    config.batch_processor.max_queue_size = MAX_QUEUE_SIZE;
    choose! {
        config, telemetry: sampling batch_processor log_batch_processor redaction exporters metrics limits panic_output
        propagators
    }
    if let Some(otlp) = otlp {
        config.otlp.clone_from(&otlp.value);
    }
    sample(&mut config.sampling);
    // All runs of a product have the same instance id, although each is a process of its own, because Prometheus would
    // start new series for a new id.
    let Identity { namespace, name, environment, .. } = identity;
    let instance = || format!("{namespace}/{name}/{environment}");
    config.metrics.service_instance_id.get_or_insert_with(instance);
    config.authentication = telemetry.authentication.as_ref().map(|it| it.value.clone());
    let refused = |place: Place| {
        move |error: floe_telemetry::Error| Error::input(place, format!("telemetry: {error}"))
    };
    config.validate().map_err(refused(Place::file(&identity.manifest)))?;
    let authentication = telemetry.authentication.as_ref().map(|it| it.position);
    if let Some(place) = authentication.or_else(|| otlp.map(|it| it.position)) {
        // The steps of Dagster read the configuration from the artifacts, which must contain no credentials.
        let place = Place::yaml(&identity.manifest, place);
        if check_written(config).is_err() {
            let message = "telemetry: expected a reference to the credential, `${env:NAME}` or `${file:PATH}`, found a credential, which the artifacts would contain";
            return Err(Error::input(place, message));
        }
    }
    Ok(())
}

/// Sets the sampling ratios that the manifest does not set, because the runtime would record every trace. With a
/// parent-based sampler, the trace of a failed run is exported in every environment, however long the run took.
fn sample(sampling: &mut SamplingConfig) {
    sampling.dev.get_or_insert(1.0);
    sampling.staging.get_or_insert(0.5);
    sampling.prod.get_or_insert(0.1);
    sampling.keep_errors |= sampling.is_parent_based();
}

/// Checks that the configuration stays valid when it is written and read back.
fn check_written(config: &TelemetryConfig) -> Result<(), floe_telemetry::Error> {
    let json = serde_json::to_string(config).unwrap_or_default();
    TelemetryConfig::from_yaml(&json).map(drop)
}

/// Returns the name of the backend that the manifest selects, else the default for the manifest's exporter and endpoint.
fn backend_name(identity: &Identity, manifest: &Manifest) -> Result<String, Error> {
    let tracing = &manifest.observability.tracing;
    let chosen =
        manifest.plugins.telemetry_backend.as_ref().map(|selection| selection.kind.value.as_str());
    let Some(exporter) = &tracing.exporter else {
        let sends = tracing.endpoint.is_some();
        let default = if sends { "otlp" } else { DEFAULT_BACKEND };
        return Ok(chosen.unwrap_or(default).to_owned());
    };
    match (exporter.value, chosen) {
        (Exporter::None, _) => Ok(chosen.unwrap_or(DEFAULT_BACKEND).to_owned()),
        (Exporter::Console, None | Some(DEFAULT_BACKEND)) => Ok(DEFAULT_BACKEND.to_owned()),
        (Exporter::Otlp, None) => Ok("otlp".to_owned()),
        (Exporter::Otlp, Some(chosen)) if chosen != DEFAULT_BACKEND => Ok(chosen.to_owned()),
        (_, chosen) => {
            let message = format!(
                "the exporter contradicts `plugins.telemetry_backend`, which is {}: expected only one of these settings",
                chosen.unwrap_or(DEFAULT_BACKEND)
            );
            let place = Place::yaml(&identity.manifest, exporter.position);
            Err(Error::input(place, message))
        }
    }
}

pub(crate) fn product(identity: &Identity) -> FloeSpanAttributes {
    let Identity { namespace, name, version, environment, .. } = identity;
    FloeSpanAttributes::new(namespace, name, version, *environment)
}

/// Returns the context of a command: the trace of the program that started this one, and the identity of the product as
/// baggage for the processes and services that the command calls.
pub(crate) fn context(config: &TelemetryConfig) -> Context {
    let inherited = propagation::from_environment();
    let Some(product) = identity(&config.resource_attributes) else {
        return inherited;
    };
    let _inherited = inherited.attach();
    propagation::set_floe_baggage(&product)
}

/// Applies the environment variables to the configuration.
///
/// # Errors
/// The configuration is not valid.
pub fn with_environment(mut config: TelemetryConfig) -> Result<TelemetryConfig, Error> {
    // A sampler that is not parent-based was chosen explicitly: it takes precedence over the default `keep_errors`.
    let sampler = std::env::var("OTEL_TRACES_SAMPLER").unwrap_or_default();
    if !sampler.is_empty() && !sampler.starts_with("parentbased_") {
        config.sampling.keep_errors = false;
    }
    config.apply_env()?;
    Ok(config)
}

/// Returns the endpoint or the name of the backend to which spans are exported; `None` without an OTLP exporter.
pub fn destination(config: &TelemetryConfig) -> Option<String> {
    let chosen = config.exporters.traces.as_deref();
    if !config.enabled || chosen.is_some_and(|it| !it.contains(&ExporterKind::Otlp)) {
        return None;
    }
    let endpoint = config.otlp.traces.endpoint.as_ref().or(config.otlp_endpoint.as_ref());
    let default = || match (&*config.backend, chosen) {
        (DEFAULT_BACKEND, None) => None,
        (DEFAULT_BACKEND, Some(_)) => {
            let protocol = config.otlp.traces.protocol.or(config.otlp_protocol);
            Some(protocol.unwrap_or_default().default_endpoint().to_owned())
        }
        (backend, _) => Some(backend.to_owned()),
    };
    endpoint.map(|it| sanitize_url(it).into_owned()).or_else(default)
}

/// Leaves printing the trace to the command. If the command sets how much it prints (`is_requested`), removes the
/// exporter `console`. If spans have no destination, removes the default exporter, which prints.
pub fn draw_only(config: &mut TelemetryConfig, is_requested: bool) {
    let is_local = destination(config).is_none();
    match &mut config.exporters.traces {
        Some(chosen) if is_requested => chosen.retain(|it| *it != ExporterKind::Console),
        none @ None if is_local => *none = Some(Vec::new()),
        _ => {}
    }
}

/// Initializes the telemetry of this process. `terminal` draws the trace. The configuration and the environment
/// determine whether logs are printed to standard error.
///
/// # Errors
/// The configuration is not valid, its backend cannot be used, or a provider exists already.
pub fn start(
    mut config: TelemetryConfig,
    terminal: Option<ConsoleExporter>,
) -> Result<TelemetryProvider, Error> {
    log(&config.logging)?;
    // An empty list would be reported as a mistake of the user.
    if config.exporters.traces.as_ref().is_some_and(Vec::is_empty) {
        config.exporters.traces = Some(vec![ExporterKind::None]);
    }
    let mut builder = backend::builder(config)?;
    if let Some(terminal) = terminal {
        builder = builder.with_span_exporter(terminal.deferred());
    }
    Ok(builder.initialize()?)
}

const LOG_VARIABLES: [&str; 2] = ["FLOE_LOG_LEVEL", "FLOE_LOG_JSON"];

/// The log targets of the libraries that exporters and plugins use as network clients.
const CLIENTS: [&str; 9] =
    ["h2", "hyper", "hyper_util", "lettre", "rustls", "tonic", "tower", "ureq", "ureq_proto"];

/// Configures logging. Log records are passed to the exporters of logs, if any. They are also printed to standard error
/// if one of [`LOG_VARIABLES`] is set or `config` is not the default. A subscriber that is already set is kept.
fn log(config: &LoggingConfig) -> Result<(), Error> {
    let mut config = config.clone();
    let is_requested = config != LoggingConfig::default()
        || LOG_VARIABLES.iter().any(|name| std::env::var_os(name).is_some());
    // Excludes the records of network clients below `WARN`, unless the configuration names their targets.
    let (level, targets) = match config.log_level.split_once(',') {
        Some((level, targets)) => (level, format!(",{targets}")),
        None => (&*config.log_level, String::new()),
    };
    let is_level = |quieter: &&str| quieter.eq_ignore_ascii_case(level);
    if !["OFF", "ERROR", "CRITICAL"].iter().any(is_level) {
        let clients = CLIENTS.join("=WARN,");
        config.log_level = format!("{level},{clients}=WARN{targets}");
    }
    let configured = if is_requested {
        configure_logging_with_writer(&config, io::stderr)
    } else {
        configure_logging_with_writer(&config, io::sink)
    };
    match configured {
        Err(error) if !error.is_state() => Err(error.into()),
        _ => Ok(()),
    }
}

/// Delivers the telemetry that was recorded, and stops recording.
///
/// # Errors
/// Telemetry could not be delivered.
pub fn stop(telemetry: &TelemetryProvider) -> Result<(), Error> {
    Ok(telemetry.shutdown(SHUTDOWN_TIMEOUT)?)
}
