use floe_telemetry::traced;

#[traced(skip)]
fn create() {}

fn main() {}
