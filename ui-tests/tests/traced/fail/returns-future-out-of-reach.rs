use std::future::{Future, IntoFuture};
use std::pin::Pin;

use floe_telemetry::traced;
use futures_core::Stream;
use futures_core::stream::BoxStream;

#[traced]
fn result() -> Result<impl Future<Output = u8>, String> {
    Ok(async { 1 })
}

#[traced]
fn option() -> Option<Pin<Box<dyn Future<Output = u8>>>> {
    None
}

#[traced]
fn tuple() -> (u8, impl Future<Output = u8>) {
    (1, async { 1 })
}

#[traced]
fn into_future() -> impl IntoFuture<Output = u8> {
    async { 1 }
}

#[traced]
fn to_be_pinned() -> Result<Box<dyn Future<Output = u8> + Send>, String> {
    Err(String::new())
}

#[traced]
fn streams() -> Option<Vec<(u8, Pin<Box<dyn Stream<Item = u8>>>)>> {
    None
}

// The span of a function that stores a future ends before the future does, which is correct.
#[traced]
fn call(make: &dyn Fn() -> Pin<Box<dyn Future<Output = u8>>>) -> u8 {
    drop(make());
    1
}

#[traced]
fn boxed() -> Pin<Box<impl Future<Output = u8>>> {
    Box::pin(async { 1 })
}

#[traced]
fn named() -> BoxStream<'static, u8> {
    loop {}
}

#[traced]
fn stream() -> impl Stream<Item = u8> {
    empty()
}

fn empty() -> Pin<Box<dyn Stream<Item = u8>>> {
    loop {}
}

fn main() {}
