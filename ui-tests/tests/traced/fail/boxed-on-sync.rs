use floe_telemetry::traced;

#[traced(boxed)]
fn create() {}

fn main() {}
