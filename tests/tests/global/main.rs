//! Tests of process-wide state: the provider, the environment, signals, the end. A test marked as `alone` runs in its
//! own process, and so does the code in `program!`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests"
)]

#[macro_use]
extern crate floe_tests_plain;

mod attributes;
mod boundaries;
mod c_host;
mod child_process;
mod connections;
mod context_states;
mod declarative;
mod delivery;
mod end_of_a_program;
mod environment;
mod exemplars;
mod exit;
mod explain;
mod file_sampler;
mod handles;
mod init;
mod json;
mod left_out;
mod lifecycle;
mod limits;
mod log_span_attributes;
mod logger_provider;
mod logs;
mod logs_delivery;
mod memory;
mod messages;
mod metrics;
mod metrics_facade;
mod no_exporter;
mod other_version;
mod pipeline;
mod prometheus;
mod propagators;
mod protocols;
mod proxy;
mod receiver_errors;
mod recipes;
mod redaction;
mod requests;
mod sampler;
mod sampling_keep;
mod sampling_rules;
mod scopes;
mod sdk_metrics;
mod signals;
mod span_metrics;
mod span_processor;
mod tracing;
mod transport;
mod variables;
mod views;
