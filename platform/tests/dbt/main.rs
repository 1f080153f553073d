//! `floe trace-dbt`: with a program in dbt's place that plays recorded events, and with real dbt if `PIPELINE_DBT`
//! is the folder of its program, which `.ci/pipeline` sets. With `PIPELINE_RUNS`, what it costs is measured.
//!
//! The events beside this file were recorded with dbt-core 1.11.16 and dbt-duckdb 1.11.1 on the project beside them.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests, some of which print what they measure"
)]

mod dbt_ol;
mod fusion;
mod killed;
mod lineage;
mod log_file;
mod nodes;
mod postgres;
mod program;
mod real;
mod setup;
