use std::future::Future;

use floe_telemetry::traced;

#[traced(boxed)]
fn create() -> impl Future<Output = u8> {
    async { 1 }
}

fn main() {}
