#![deny(unused_mut)]
use floe_telemetry::traced;

#[traced]
fn create(mut table: String) {
    drop(table);
}

#[traced]
async fn later(mut table: String) {
    drop(table);
}

fn main() {
    create(String::new());
    drop(later(String::new()));
}
