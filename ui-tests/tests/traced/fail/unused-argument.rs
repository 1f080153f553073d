#![deny(unused_variables)]
use floe_telemetry::traced;

#[traced]
fn create(table: String) {}

#[traced]
async fn later(table: String) {}

fn main() {
    create(String::new());
    drop(later(String::new()));
}
