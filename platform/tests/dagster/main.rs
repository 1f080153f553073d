//! `floe run --orchestrator dagster`: single steps and stand-ins for Dagster, and Dagster itself if `PIPELINE_DAGSTER`
//! is the folder of its program, and with the packages of the image `PIPELINE_IMAGE`, which `.ci/pipeline` sets.

#![cfg(target_os = "linux")]
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "tests, with helpers of other tests"
)]

#[path = "../it/product.rs"]
mod product;

mod deployment;
mod models;
mod program;
mod real;
mod sensor;
mod setup;
mod steps;
