use std::future::{Future, IntoFuture};
use std::pin::Pin;

use floe_telemetry::traced;

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
async fn twice() -> impl Future<Output = u8> {
    async { 1 }
}

// The span of a function that stores a future ends before the future does, which is correct.
#[traced]
fn call(make: &dyn Fn() -> Pin<Box<dyn Future<Output = u8>>>) -> u8 {
    drop(make());
    1
}

fn main() {}
