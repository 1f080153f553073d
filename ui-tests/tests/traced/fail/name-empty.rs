use floe_telemetry::traced;

#[traced(name = "")]
fn create() {}

fn main() {}
