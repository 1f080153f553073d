//! Every shape of function that has caused a defect in this or another library. Most shapes are
//! written once and compiled in each mode of annotation (`modes.rs`), and all of them in each
//! edition: the package `edition-2021` compiles them too.

#![allow(
    clippy::needless_lifetimes,
    clippy::panic,
    clippy::ptr_arg,
    clippy::unwrap_used,
    reason = "the shapes are tested"
)]

mod arguments;
mod bodies;
mod functions;
mod futures;
mod hygiene;
mod methods;
mod modes;
mod outcomes;
mod quiet;
mod table;
mod types;
