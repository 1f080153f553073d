//! The program as its users meet it: called on folders, judged by what it prints and leaves.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod audit;
mod backend;
mod bad_product;
mod bad_yaml;
mod choices;
mod customer_360;
mod failing_model;
mod helm;
mod logs;
mod marts;
mod product;
mod refused;
mod repeat;
mod schema;
mod shop;
mod silent_demo;
mod trace;
mod versions;
