//! The `floe` binary, run on the folder of a product: its output, its exit code and the files it writes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod audit;
mod backend;
mod bad_product;
mod bad_yaml;
mod checks;
mod cluster;
mod customer_360;
mod dbt_product;
mod demos;
mod errors;
mod failing_model;
mod find;
mod full_output;
mod fuzz;
mod helm;
mod logs;
mod manifest_settings;
mod marts;
mod other_programs;
mod output;
mod paths;
mod plugin_docs;
mod plugin_list;
mod plugins;
mod product;
mod refused;
mod repeat;
#[path = "../contract/service.rs"]
mod service;
mod services;
mod shop;
mod silent_demo;
mod suspicious;
mod trace;
mod unusual;
mod versions;
