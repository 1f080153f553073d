#![deny(unused_must_use)]
use floe_telemetry::traced;

#[traced]
async fn create() {}

fn main() {
    create();
}
