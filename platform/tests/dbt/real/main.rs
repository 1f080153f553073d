//! `floe trace-dbt` with real dbt, with the feature `real-services`. `.ci/services pipeline` installs dbt, and names
//! its folder in `PIPELINE_DBT`. `.ci/services pipeline measure` measures what the trace costs, `PIPELINE_RUNS` times.

#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests, some of which print what they measure"
)]

mod command;
#[allow(dead_code, reason = "shared with the tests of recorded events")]
#[path = "../setup.rs"]
mod setup;
mod words;
