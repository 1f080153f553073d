//! The provider: configuration, the collector of finished spans, metrics, logs, and the exporters.
//!
//! Programs and libraries depend on [`floe-telemetry`](https://docs.rs/floe-telemetry), which re-exports this crate. It
//! is an implementation detail, and any release may change it.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod channel;
mod collector;
mod error;
mod init;
mod layers;
mod lock;
mod logs;
mod parts;
mod provider;
mod regular_file;
mod surroundings;
#[cfg(target_os = "linux")]
mod system;
mod unheard;

pub mod config;
pub mod detection;
pub mod exporter;
pub mod metrics;
pub mod propagation;
#[doc(hidden)]
pub mod suggest;

use floe_telemetry_core::__sdk::{
    caught, char_boundary, clock, environment, internal_log, program_signals, recorder, redaction,
};
use floe_telemetry_core::{attributes, callsite, keys};

pub use self::{
    collector::{EndingSpan, SpanProcessor, Statistics},
    config::telemetry::TelemetryConfig,
    error::Error,
    init::{builder, init, init_or_noop, init_with},
    logs::{RecorderLogger, RecorderLoggerProvider},
    provider::{ExporterFactory, TelemetryProvider, TelemetryProviderBuilder},
};

#[doc(hidden)]
pub use floe_telemetry_core::{__floe_linked, __floe_location, __private};

#[doc(hidden)]
#[path = "interface.rs"]
pub mod __parts;

#[doc(hidden)]
#[path = "fuzzing.rs"]
pub mod __fuzzing;
