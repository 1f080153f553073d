//! The `floe` binary, run on the folder of a product: its output, its exit code and the files it writes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod audit;
mod backend;
mod bad_product;
mod bad_yaml;
mod checks;
mod cluster;
mod dbt_product;
mod demos;
mod errors;
mod failing_model;
mod find;
mod folder;
mod full_output;
mod fuzz;
mod logs;
mod manifest_settings;
mod other_programs;
mod output;
mod paths;
mod plugin_docs;
mod plugins;
mod product;
mod refused;
mod repeat;
#[path = "../contract/service.rs"]
mod service;
mod services;
mod silent_demo;

mod trace;
mod versions;

use floe::compile::Definition;
use floe::pipeline::{self, RunId};
use floe_telemetry::testing::{self, Spans};

use crate::product::Product;

pub(crate) fn spans_of(product: &Product) -> Spans {
    let definition = Definition::read(&product.path(""), None, None).unwrap();
    testing::capture(|| pipeline::run(&definition, &RunId::new()))
}

pub(crate) fn exporting_to(endpoint: &str) -> [(&str, &str); 2] {
    [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")]
}
