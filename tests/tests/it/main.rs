//! Tests that need no process-wide state. One file per topic.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod auto_traits;
mod capture;
mod config;
mod config_errors;
mod conformance;
mod console;
mod conventions;
mod current_context;
mod derive;
mod derive_shapes;
mod derive_values;
mod derive_words;
mod documents;
mod exceptions;
mod future_ext;
mod futures;
mod fuzz;
mod interop;
mod logs;
mod names;
mod not_sampled;
mod open_span;
mod outcome;
mod propagation;
mod rayon;
mod relations;
mod returned_future;
mod returned_stream;
mod returned_value;
mod scopes;
mod trace_shapes;
mod traced;
mod tracing_bridge;
mod w3c;

// The seeds of `fuzz` contain the names of these detectors.
use floe_telemetry_detectors as _;
use floe_telemetry_otlp_file as _;
use floe_telemetry_prometheus as _;
