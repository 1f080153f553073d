use floe_telemetry::traced;

#[traced(crate = "telemetry")]
fn create() {}

fn main() {}
