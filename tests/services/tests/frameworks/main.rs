//! Requests and calls through each framework.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod actix;
mod client;
mod exchanges;
mod grpc;
mod hyper;
mod server;
