use floe_telemetry::traced;

#[traced(parent)]
fn create() {}

fn main() {}
