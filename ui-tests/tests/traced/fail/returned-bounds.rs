use std::future::{Future, ready};

use floe_telemetry::traced;

#[traced]
fn cloned() -> impl Future<Output = u8> + Clone + Send + 'static {
    ready(1)
}

fn main() {}
