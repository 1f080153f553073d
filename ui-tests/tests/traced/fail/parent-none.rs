use floe_telemetry::traced;

#[traced(parent = None)]
fn create() {}

fn main() {}
