//! Requests and calls through each framework, and the processes of this package.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod actix;
mod client;
mod exchanges;
mod grpc;
mod hyper;
mod server;
