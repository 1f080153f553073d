//! `floe`, a small data platform: it compiles a data product (YAML and SQL) into artifacts and runs it, asset by asset,
//! on an embedded SQL engine or by dbt.
//!
//! A product is a folder with a `floe.yaml` (see [`product`]). The rules of the platform are in a `manifest.yaml` (see
//! [`manifest`]). The entry points are [`compile::compile`] and [`pipeline::run`]; [`cli`] is the command line. The
//! plugins are in the crates `floe-plugins` and `floe-dbt`.

pub mod artifacts;
mod check_column;
pub mod cli;
pub mod compile;
pub mod dagster;
mod history;
pub mod identity;
pub mod manifest;
mod metrics;
pub mod pipeline;
pub mod product;
mod record;
pub mod telemetry;
mod text;
pub mod word;

// These register the exporters `otlp_file` and `prometheus`.
use floe_telemetry_otlp_file as _;
#[cfg(feature = "prometheus")]
use floe_telemetry_prometheus as _;

mod plugins {
    pub(crate) mod active;
    pub(crate) mod egress;
    pub(crate) mod generated;
}

pub use floe_plugins::error::Error;
pub use floe_plugins::place::Place;
