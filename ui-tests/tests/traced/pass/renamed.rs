#![no_implicit_prelude]
#![allow(dead_code, non_camel_case_types)]
//! The runtime under another path, with modules that have the names of crates.

mod std {}
mod core {}
mod floe_telemetry {}
mod opentelemetry {}

mod telemetry {
    pub use ::floe_telemetry::*;
}

struct Ok;
struct Err;
struct Box;

#[telemetry::traced(crate = crate::telemetry, attributes(n), error_if = |n| *n == 3)]
async fn later(n: u8) -> u8 {
    n
}

#[telemetry::traced(crate = crate::telemetry, boxed)]
async fn boxed(n: u8) -> u8 {
    n
}

#[telemetry::traced(crate = crate::telemetry, root)]
fn opaque(n: u8) -> impl ::core::future::Future<Output = u8> {
    async move { n }
}

struct Store;

#[telemetry::traced(crate = crate::telemetry, links = [&::opentelemetry::trace::SpanContext::NONE])]
impl Store {
    fn load(&self) -> u8 {
        3
    }
}

fn main() {
    let _ = (later(1), boxed(2), opaque(3), Store.load());
}
