use floe_telemetry::traced;

#[traced(name = 3)]
fn create() {}

fn main() {}
