//! `floe run --orchestrator dagster` with stand-ins for Dagster, steps, and the sensor. `real` has tests with Dagster.

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

mod program;
mod sensor;
mod setup;
mod steps;
