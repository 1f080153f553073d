//! Exporters and a sampler of other crates, selected by the configuration.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "tests")]

mod exporter;
mod hanging;
