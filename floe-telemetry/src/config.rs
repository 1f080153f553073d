//! What the telemetry of a process is configured with: plain data, valid once it is loaded.
//!
//! | source | wins over |
//! |---|---|
//! | a value set in code after [`apply_env`](TelemetryConfig::apply_env) | everything |
//! | `OTEL_*` and `FLOE_*` variables | the manifest and the defaults |
//! | YAML | the defaults |
//!
//! `docs/configuration.md` of the repository lists the variables.

mod auth;
mod batch;
mod debug;
mod document;
mod duration;
mod endpoint;
mod env;
mod errors;
mod exporters;
mod limits;
mod log_batch;
mod logging;
mod metrics;
mod otlp;
mod problems;
mod prometheus;
mod protocol;
mod redaction;
mod resource;
mod sampling;
mod secret;
#[cfg(feature = "_otlp")]
mod settings;
mod suggest;
mod text;

use serde::{Deserialize, Serialize};

pub use self::auth::{AuthType, TelemetryAuth};
pub use self::batch::BatchSpanProcessorConfig;
pub(crate) use self::endpoint::validate_endpoint;
pub(crate) use self::env::{is_disabled, wants_no_color, warn};
pub use self::errors::ErrorsConfig;
pub use self::exporters::{ExporterKind, ExportersConfig};
pub use self::limits::SpanLimits;
pub use self::log_batch::BatchLogRecordProcessorConfig;
#[cfg(feature = "logs")]
pub(crate) use self::logging::Levels;
pub use self::logging::LoggingConfig;
pub use self::metrics::{HistogramKind, MetricTemporality, MetricView, MetricsConfig};
pub use self::otlp::{Compression, Headers, OtlpConfig, OtlpOptions, Signal};
use self::problems::Problems;
pub use self::prometheus::PrometheusConfig;
pub use self::protocol::OtlpProtocol;
pub(crate) use self::redaction::Policies;
pub use self::redaction::{RedactionConfig, RedactionLevel};
pub use self::resource::ResourceAttributes;
pub(crate) use self::sampling::Keep;
pub use self::sampling::{HoldConfig, Sampler, SamplingConfig, SamplingRule};
#[cfg(feature = "_otlp")]
pub(crate) use self::settings::OtlpSettings;
pub(crate) use self::suggest::nearest;
use crate::error::Error;
use crate::propagation::Propagator;

/// The endpoint that OTLP over gRPC has by default.
pub const DEFAULT_OTLP_ENDPOINT: &str = "http://localhost:4317";

/// The backend that is used when none is chosen.
pub const DEFAULT_BACKEND: &str = "console";

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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Queue and batch sizes of spans.
    #[serde(default)]
    pub batch_processor: BatchSpanProcessorConfig,
    /// Queue and batch sizes of log records.
    #[serde(default, skip_serializing_if = "is_default")]
    pub log_batch_processor: BatchLogRecordProcessorConfig,
    /// Logging.
    #[serde(default)]
    pub logging: LoggingConfig,
    /// What is taken out of everything that is recorded.
    #[serde(default)]
    pub redaction: RedactionConfig,
    /// The name of a [`TelemetryBackendPlugin`](crate::backend::TelemetryBackendPlugin): `console`
    /// (default) prints and sends nothing, `jaeger` sends OTLP to Jaeger, `otlp` to the endpoint;
    /// or one of another crate.
    #[serde(default = "default_backend")]
    pub backend: String,
    /// How OTLP is sent: headers, compression, certificates, and what differs for a signal.
    #[serde(default, skip_serializing_if = "OtlpConfig::is_default")]
    pub otlp: OtlpConfig,
    /// The exporters of each signal.
    #[serde(default, skip_serializing_if = "is_default")]
    pub exporters: ExportersConfig,
    /// How often metrics are sent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub metrics: MetricsConfig,
    /// How much one span may carry.
    #[serde(default, skip_serializing_if = "is_default")]
    pub limits: SpanLimits,
    /// What is recorded of errors and panics.
    #[serde(default, skip_serializing_if = "is_default")]
    pub errors: ErrorsConfig,
    /// How a trace crosses the border of a process. Default `tracecontext` and `baggage`; empty:
    /// it does not.
    #[serde(
        default = "default_propagators",
        skip_serializing_if = "are_default_propagators"
    )]
    pub propagators: Vec<Propagator>,
}

/// What came later is not written unless it is set, so that artifacts stay what they were.
fn is_default<T: Default + PartialEq>(section: &T) -> bool {
    *section == T::default()
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

fn default_propagators() -> Vec<Propagator> {
    Propagator::ALL.to_vec()
}

fn are_default_propagators(propagators: &[Propagator]) -> bool {
    propagators == Propagator::ALL
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
            log_batch_processor: BatchLogRecordProcessorConfig::default(),
            logging: LoggingConfig::default(),
            redaction: RedactionConfig::default(),
            backend: default_backend(),
            otlp: OtlpConfig::default(),
            exporters: ExportersConfig::default(),
            metrics: MetricsConfig::default(),
            limits: SpanLimits::default(),
            errors: ErrorsConfig::default(),
            propagators: default_propagators(),
        }
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
    /// The values that are not accepted, all of them: the key, what was found, what is accepted.
    pub fn validate(&self) -> Result<(), Error> {
        let mut problems = Problems::default();
        self.check(&mut problems);
        problems.into_result()
    }

    fn check(&self, problems: &mut Problems) {
        if let Err(message) = endpoint::check(&self.otlp_endpoint) {
            problems.add("otlp_endpoint", message);
        }
        self.sampling.check(problems);
        self.resource_attributes.check(problems);
        if let Some(authentication) = &self.authentication {
            authentication.check(problems);
        }
        self.batch_processor.check(problems);
        self.log_batch_processor.check(problems);
        self.logging.check(problems);
        problems.add_error(self.redaction.validate());
        problems.add_error(crate::backend::find(&self.backend).map(drop));
        self.otlp.check(problems);
        self.exporters.check(problems);
        self.metrics.check(problems);
        self.limits.check(problems);
    }
}
