use floe_telemetry::traced;

#[traced(= 3)]
fn create() {}

fn main() {}
