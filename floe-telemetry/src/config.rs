//! What the telemetry of a process is configured with: plain data, valid once it is loaded.
//!
//! | source | wins over |
//! |---|---|
//! | a value set in code after [`apply_env`](TelemetryConfig::apply_env) | everything |
//! | `OTEL_*` and `FLOE_*` variables | the manifest and the defaults |
//! | YAML | the defaults |
//!
//! The variables that are read are listed at [`TelemetryConfig::from_env`].

mod auth;
mod batch;
mod debug;
mod env;
mod logging;
mod redaction;
mod resource;
mod sampling;

use serde::{Deserialize, Serialize};

pub use self::auth::{AuthType, TelemetryAuth};
pub use self::batch::BatchSpanProcessorConfig;
#[cfg(feature = "_otlp")]
pub(crate) use self::env::otlp_headers;
pub(crate) use self::env::{context_variable, is_disabled, wants_no_color};
pub use self::logging::LoggingConfig;
pub(crate) use self::redaction::Policies;
pub use self::redaction::{RedactionConfig, RedactionLevel};
pub use self::resource::ResourceAttributes;
pub use self::sampling::SamplingConfig;
use crate::error::Error;
use crate::plugin;

/// The endpoint that OTLP over gRPC has by default.
pub const DEFAULT_OTLP_ENDPOINT: &str = "http://localhost:4317";

/// The backend that is used when none is chosen.
pub const DEFAULT_BACKEND: &str = "console";

/// How OTLP is spoken.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum OtlpProtocol {
    /// gRPC.
    #[default]
    Grpc,
    /// HTTP with protobuf bodies.
    Http,
}

impl OtlpProtocol {
    /// `gRPC` or `HTTP`, for people.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Grpc => "gRPC",
            Self::Http => "HTTP",
        }
    }
}

/// The configuration of a [`TelemetryProvider`](crate::TelemetryProvider).
///
/// ```
/// use floe_telemetry::TelemetryConfig;
///
/// let config = TelemetryConfig::from_yaml("
/// resource_attributes:
///   service_name: customer-360
///   service_version: 1.2.0
///   deployment_environment: staging
///   floe_namespace: sales
///   floe_product_name: customer-360
///   floe_product_version: 1.2.0
///   floe_mode: staging
/// otlp_endpoint: http://collector:4317
/// ")?;
/// assert_eq!(config.batch_processor.max_queue_size, 2048);
/// assert_eq!(config.sampling_ratio(), 0.5);
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
#[derive(Clone, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data with a published schema"
)]
pub struct TelemetryConfig {
    /// `false`: nothing is recorded and nothing is sent. Default `true`.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Where OTLP is sent. Default `http://localhost:4317`, which stands for the backend's own
    /// endpoint if it has one. Another value than the default switches OTLP export on, whatever the
    /// backend. (For a backend of this machine, write `http://127.0.0.1:4317`.)
    #[serde(default = "default_endpoint")]
    pub otlp_endpoint: String,
    /// `grpc` (default) or `http`.
    #[serde(default)]
    pub otlp_protocol: OtlpProtocol,
    /// Which share of the traces is recorded.
    #[serde(default)]
    pub sampling: SamplingConfig,
    /// Who sends.
    pub resource_attributes: ResourceAttributes,
    /// The credential that is sent with OTLP.
    #[serde(default)]
    pub authentication: Option<TelemetryAuth>,
    /// Queue and batch sizes.
    #[serde(default)]
    pub batch_processor: BatchSpanProcessorConfig,
    /// Logging.
    #[serde(default)]
    pub logging: LoggingConfig,
    /// What is taken out of everything that is recorded.
    #[serde(default)]
    pub redaction: RedactionConfig,
    /// The name of a [`TelemetryBackendPlugin`](crate::plugin::TelemetryBackendPlugin): `console`
    /// (default) prints and sends nothing, `jaeger` sends OTLP to Jaeger, `otlp` to the endpoint;
    /// or one of another crate.
    #[serde(default = "default_backend")]
    pub backend: String,
}

const fn yes() -> bool {
    true
}

fn default_endpoint() -> String {
    DEFAULT_OTLP_ENDPOINT.to_owned()
}

fn default_backend() -> String {
    DEFAULT_BACKEND.to_owned()
}

impl TelemetryConfig {
    /// The defaults, for a service of this name.
    ///
    /// The name is checked when the provider is initialised.
    pub fn new(service_name: impl Into<String>) -> Self {
        Self {
            enabled: true,
            otlp_endpoint: default_endpoint(),
            otlp_protocol: OtlpProtocol::default(),
            sampling: SamplingConfig::default(),
            resource_attributes: ResourceAttributes::new(service_name),
            authentication: None,
            batch_processor: BatchSpanProcessorConfig::default(),
            logging: LoggingConfig::default(),
            redaction: RedactionConfig::default(),
            backend: default_backend(),
        }
    }

    /// Reads YAML (or JSON, which is YAML too) and validates it.
    ///
    /// # Errors
    ///
    /// The text is not YAML, a key is unknown, missing or of the wrong type (with line and
    /// column), or a value is not accepted.
    pub fn from_yaml(yaml: &str) -> Result<Self, Error> {
        // The snippet that the parser can add would quote the user's file, credentials and all.
        let options = serde_saphyr::options! { with_snippet: false };
        let config: Self = serde_saphyr::from_str_with_options(yaml, options)
            .map_err(|error| Error::config(format!("telemetry configuration: {error}")))?;
        config.validate()?;
        Ok(config)
    }

    /// The share of traces that is recorded in the environment this configuration is for.
    #[must_use]
    pub fn sampling_ratio(&self) -> f64 {
        self.sampling
            .ratio(self.resource_attributes.deployment_environment)
    }

    /// Checks all values.
    ///
    /// # Errors
    ///
    /// The first value that is not accepted: its key, what was found, what is accepted.
    pub fn validate(&self) -> Result<(), Error> {
        self.resource_attributes.validate()?;
        self.sampling.validate()?;
        self.batch_processor.validate()?;
        self.logging.validate()?;
        self.redaction.validate()?;
        if let Some(authentication) = &self.authentication {
            authentication.validate()?;
        }
        plugin::backend(&self.backend)?;
        validate_endpoint("otlp_endpoint", &self.otlp_endpoint)
    }
}

/// An endpoint is an absolute `http` URL with a host.
pub(crate) fn validate_endpoint(key: &str, endpoint: &str) -> Result<(), Error> {
    let authority = endpoint
        .strip_prefix("http://")
        .map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let host = authority.map(|authority| authority.rsplit('@').next().unwrap_or_default());
    let problem = match host {
        None => "it must begin with `http://`",
        Some(_) if authority.is_some_and(|authority| authority.contains('@')) => {
            "a credential does not belong here but under `authentication`"
        }
        Some(host) if host.is_empty() || host.starts_with(':') => "it has no host",
        Some(host) if host.contains(|c: char| c.is_whitespace() || c.is_control()) => {
            "the host has a space in it"
        }
        Some(host) if !port_is_valid(host) => "the port must be a number from 1 to 65535",
        Some(_) => return Ok(()),
    };
    Err(Error::config(format!(
        "{key}: `{endpoint}` is not an endpoint: {problem}, for example `http://collector:4317`"
    )))
}

fn port_is_valid(host: &str) -> bool {
    // An IPv6 address has colons of its own, inside brackets.
    let after_address = host.rsplit(']').next().unwrap_or(host);
    match after_address.split_once(':') {
        None => true,
        Some((_, port)) => port.parse::<u16>().is_ok_and(|port| port != 0),
    }
}
