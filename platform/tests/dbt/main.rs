//! `floe trace-dbt` with a program in dbt's place that plays recorded events. `real` has the tests with real dbt.
//!
//! The events beside this file were recorded with dbt-core 1.11.16 and dbt-duckdb 1.11.1 on the project beside them.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod killed;
mod log_file;
mod nodes;
mod program;
#[allow(dead_code, reason = "shared with the tests of real dbt")]
mod setup;
