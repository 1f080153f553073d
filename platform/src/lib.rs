//! `floe`, a small data platform: it compiles a data product (YAML and SQL) into artifacts and runs
//! it, asset by asset, on an embedded SQL engine.
//!
//! A product is a folder with a `floe.yaml` (see [`product`]). The rules of the platform are in a
//! `manifest.yaml` (see [`manifest`]). The entry points are [`compile::compile`] and
//! [`pipeline::run`]; [`cli`] is the command line.

pub mod artifacts;
pub mod audit;
pub mod cli;
pub mod compile;
pub mod environment;
pub mod error;
#[doc(hidden)]
pub mod fuzzing;
pub mod helm;
pub mod identity;
pub mod manifest;
pub mod pipeline;
pub mod place;
pub mod plugin_list;
pub mod product;
pub mod scaffold;
pub mod schema;
pub mod selection;
pub mod telemetry;
pub mod word;

mod active;
mod atomic;
mod child;
mod columns;
mod confine;
mod correlation;
#[cfg(unix)]
mod dbt;
mod dbt_project;
mod egress;
mod generated;
mod graph;
mod history;
mod http;
mod input_file;
mod interrupt;
mod plugins;
mod process_group;
mod python;
mod quote;
mod reference;
mod run_id;
mod run_results;
mod service;
mod sql;
mod suite;
mod token;
mod value_type;
mod yaml;

// Registers the exporter `prometheus`.
use floe_telemetry_prometheus as _;
