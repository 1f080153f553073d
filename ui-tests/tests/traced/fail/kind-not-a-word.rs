use floe_telemetry::traced;

#[traced(kind = 3)]
fn create() {}

fn main() {}
