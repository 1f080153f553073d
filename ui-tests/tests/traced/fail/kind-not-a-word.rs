use floe_telemetry::traced;

#[traced(kind = "client")]
fn create() {}

fn main() {}
