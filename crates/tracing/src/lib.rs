//! A `tracing` layer that records spans and events of `tracing` with the crate's recorder.
//!
//! Programs and libraries depend on [`floe-telemetry`](https://docs.rs/floe-telemetry), which re-exports all of it.
//! This crate is its implementation, and any release may change it.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod current_span;
mod entered;
mod events;
mod fields;
mod layer;
mod options;
mod scratch;
mod sites;
mod span_ext;
mod spans;
mod threads;

use floe_telemetry_core::__sdk::{caught, clock, recorder};
use floe_telemetry_core::{attributes, callsite, keys};

pub use self::current_span::{WithCurrentSpan, with_current_span};
pub use self::options::{TracingLayer, tracing_layer};
pub use self::span_ext::{OpenTelemetrySpanExt, SetParentError, get_otel_context};
