//! Every shape of function that someone once had trouble with, in each edition: the package
//! `edition-2021` compiles most of these files, too. A comment at the head of each says which scenario
//! (by its number in the survey of peers) is proved where.

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
mod odd;
mod outcomes;
mod quiet;
mod scenarios;
mod table;
