use std::future::{Future, ready};
use std::pin::Pin;

use floe_telemetry::traced;
use futures_core::future::BoxFuture;

#[traced]
fn opaque() -> impl Future<Output = u8> {
    async { "text" }
}

#[traced(attributes(n))]
fn named(n: u8) -> BoxFuture<'static, u8> {
    Box::pin(ready(n.to_string()))
}

#[traced]
fn boxed() -> Pin<Box<dyn Future<Output = u8>>> {
    Box::pin(async { "text" })
}

#[traced]
fn result() -> impl Future<Output = Result<u8, String>> {
    async { Ok("text") }
}

#[traced]
fn nothing() -> impl Future<Output = u8> {}

fn main() {}
