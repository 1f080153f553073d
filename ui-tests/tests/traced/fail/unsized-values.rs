use floe_telemetry::traced;
use std::fmt::Debug;

#[traced]
fn returned() -> str {
    *"x"
}

#[traced]
async fn object() -> dyn Debug {
    1
}

#[traced]
fn taken(x: str) {}

#[traced]
async fn slice(x: [u8]) {}

fn main() {}
