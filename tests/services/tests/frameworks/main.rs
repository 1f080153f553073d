//! Requests and calls through each framework.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod actix;
mod client;
mod exchanges;
mod grpc;
mod hyper;
mod layers;
mod routes;
mod server;
mod trace_id;

use floe_telemetry_http::HttpClientMiddleware;
use floe_test_services::InContext;
