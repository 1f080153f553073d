use std::pin::Pin;

use floe_telemetry::traced;

trait Stream {
    type Item;
}

#[traced(error_if = |item| item.is_none())]
fn list() -> Pin<Box<dyn Stream<Item = u8>>> {
    todo!()
}

fn main() {}
