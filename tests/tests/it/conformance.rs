//! Every shape of function that someone once had trouble with. Most are written once and compiled in
//! each way to annotate them (`modes.rs`), and all of them in each edition: the package `edition-2021`
//! has them, too. A comment at the head of each file says which scenario (by its number in the survey
//! of peers) is proved where.

#![allow(
    clippy::needless_lifetimes,
    clippy::panic,
    clippy::ptr_arg,
    clippy::unwrap_used,
    reason = "the shapes are what is tested"
)]

mod arguments;
mod bodies;
mod functions;
mod futures;
mod hygiene;
mod methods;
mod modes;
mod odd;
mod outcomes;
mod quiet;
mod table;
mod types;
