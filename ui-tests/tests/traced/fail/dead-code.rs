#![deny(dead_code)]
use floe_telemetry::traced;

#[traced]
fn create() {}

#[traced]
async fn later() {}

fn main() {}
