//! Bridges `tracing` and OpenTelemetry: a [layer](tracing_layer) records spans and events like `#[traced]` spans,
//! [`OpenTelemetrySpanExt`] changes the recorded spans, and [`with_current_span`] represents OpenTelemetry's current
//! span.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod current_span;
mod entered;
mod events;
mod fields;
mod layer;
mod options;
mod sites;
mod span_ext;
mod spans;

use floe_telemetry_core::__sdk::{caught, clock, recorder};
use floe_telemetry_core::{attributes, callsite, keys};

pub use self::current_span::{WithCurrentSpan, with_current_span};
#[doc(hidden)]
pub use self::events::mark_exported;
pub use self::options::{TracingLayer, tracing_layer};
pub use self::span_ext::{OpenTelemetrySpanExt, SetParentError, get_otel_context};
