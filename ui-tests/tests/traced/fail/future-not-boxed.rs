use std::future::{Ready, ready};

use floe_telemetry::traced;

#[traced(future)]
fn handle() -> Ready<u8> {
    ready(1)
}

fn main() {}
