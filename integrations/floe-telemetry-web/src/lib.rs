//! Spans, metrics and log records of [`floe_telemetry`] from Rust in a browser: a page that is compiled to
//! `wasm32-unknown-unknown` sends them to a receiver of OTLP/HTTP with `fetch`.
//!
//! ```ignore
//! use std::time::Duration;
//!
//! use floe_telemetry::{TelemetryConfig, traced};
//! use wasm_bindgen::prelude::wasm_bindgen;
//!
//! #[traced(attributes(table))]
//! fn render(table: &str) {}
//!
//! #[wasm_bindgen(start)]
//! fn start() -> Result<(), wasm_bindgen::JsError> {
//!     let config = TelemetryConfig::new("shop-page").with_otlp_endpoint("https://collector.example.com");
//!     floe_telemetry_web::init(config)?.flush_every(Duration::from_secs(5))?;
//!     render("orders");
//!     Ok(())
//! }
//! ```
//!
//! On other targets the crate is empty.

#![forbid(unsafe_code)]

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod fetch;
#[cfg(any(test, all(target_family = "wasm", target_os = "unknown")))]
mod queue;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod web;

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub use self::web::{Web, init};
