use std::pin::Pin;

use floe_telemetry::traced;
use futures_core::Stream;

#[traced(error_if = |item| item.is_none())]
fn list() -> Pin<Box<dyn Stream<Item = u8>>> {
    todo!()
}

#[traced(error_if = |item| item.is_none())]
fn items(items: Pin<Box<dyn Stream<Item = u8>>>) -> impl Stream<Item = u8> {
    items
}

fn main() {}
