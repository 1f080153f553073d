//! `floe run --orchestrator dagster` with Dagster itself, with the feature `real-services`. `.ci/services pipeline`
//! installs Dagster, dbt and the packages of the image in `deploy/`, and names their folders in `PIPELINE_DAGSTER`,
//! `PIPELINE_DBT` and `PIPELINE_IMAGE`.

#![cfg(target_os = "linux")]
#![allow(
    dead_code,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    unreachable_pub,
    reason = "tests, with helpers of other tests"
)]

mod deployment;
mod models;
#[path = "../../it/product.rs"]
mod product;
mod run;
#[path = "../setup.rs"]
mod setup;
