use floe_telemetry::traced;

#[traced(skip, root)]
fn create() {}

fn main() {}
