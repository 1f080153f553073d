//! The configuration of a process's telemetry: plain data that is validated when it is loaded.
//!
//! | source | takes precedence over |
//! |---|---|
//! | a value set in code after [`apply_env`](crate::TelemetryConfig::apply_env) | everything |
//! | `OTEL_*` and `FLOE_*` variables | the document and the defaults |
//! | the file of `OTEL_CONFIG_FILE`, in place of the `OTEL_*` variables | the document and the defaults |
//! | YAML, from the file of `FLOE_CONFIG_FILE` or in code | the defaults |
//!
//! The structures are `#[non_exhaustive]`, because options are added in minor releases. Begin with
//! a constructor or `Default`, then assign fields:
//!
//! ```
//! use floe_telemetry::TelemetryConfig;
//! use floe_telemetry::config::SamplingRule;
//!
//! let mut config = TelemetryConfig::new("orders");
//! config.sampling.rules = vec![SamplingRule::new("health.*", 0.0)];
//! config.batch_processor.max_queue_size = 4096;
//! config.validate()?;
//! # Ok::<(), floe_telemetry::Error>(())
//! ```
//!
//! [The manual](https://docs.rs/floe-telemetry/latest/floe_telemetry/_manual/configuration/index.html) describes every section and lists the variables.

#![cfg_attr(not(feature = "yaml"), allow(dead_code, reason = "only documents use some items"))]

mod auth;
mod batch;
#[cfg(feature = "yaml")]
pub(crate) mod config_file;
mod context_mode;
mod decisive;
mod detection;
#[cfg(feature = "yaml")]
mod document;
pub(crate) mod endpoint;
pub(crate) mod env;
mod exceptions;
mod explain;
mod exporters;
pub(crate) mod feature;
mod file_sampler;
pub(crate) mod filter;
pub(crate) mod limits;
pub(crate) mod logging;
pub(crate) mod metrics;
mod mistake;
mod named;
mod otlp;
mod panics;
#[cfg_attr(not(feature = "patterns"), path = "config/no_pattern.rs")]
mod pattern;
mod propagator;
mod redaction;
mod refusals;
mod resource;
mod sampling;
mod secret;
mod section;
mod selection;
mod source;
pub(crate) mod telemetry;
#[cfg(feature = "yaml")]
#[doc(hidden)]
pub mod yaml;

pub(crate) use self::auth::check_header_name;
pub use self::auth::{AuthType, TelemetryAuth};
pub use self::batch::{
    BatchLogRecordProcessorConfig, BatchProcessorConfig, BatchSpanProcessorConfig,
};
pub use self::context_mode::ContextMode;
pub use self::detection::{RegisteredDetector, ResourceDetector};
pub(crate) use self::endpoint::{server, without_credentials};
pub(crate) use self::env::{context, is_disabled, is_explained, is_set, say_held, warn};
pub use self::exceptions::ExceptionSignal;
pub use self::exporters::{ExporterKind, ExportersConfig, RegisteredExporter};
pub(crate) use self::feature::needed;
pub use self::limits::SpanLimits;
pub use self::logging::{LogExportConfig, LogOutput, LoggingConfig};
pub use self::metrics::{
    ConfiguredView, HistogramKind, MetricTemporality, MetricsConfig, PrometheusConfig,
    ViewedInstrument,
};
pub(crate) use self::named::sorted;
pub use self::otlp::{Compression, Headers, OtlpConfig, OtlpOptions, OtlpProtocol, Signal};
pub use self::panics::PanicOutput;
pub(crate) use self::pattern::compile as compile_pattern;
pub use self::propagator::Propagator;
pub use self::redaction::{RedactionConfig, RedactionLevel};
pub(crate) use self::refusals::Decisive;
pub use self::resource::ResourceAttributes;
pub use self::sampling::{RuleKind, RuleLevel, Sampler, SamplingConfig, SamplingRule};
pub use self::secret::Secret;
#[doc(hidden)]
pub use self::selection::Selection;
pub use self::telemetry::DEFAULT_BACKEND;
pub(crate) use self::telemetry::TelemetryConfig;
#[cfg(feature = "subscriber")]
pub(crate) use self::{
    env::{has_log_levels, rust_log},
    filter::{Directive, parse_levels},
};
#[doc(hidden)]
pub use crate::suggest;
