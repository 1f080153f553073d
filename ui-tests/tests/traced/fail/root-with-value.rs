use floe_telemetry::traced;

#[traced(root = true)]
fn create() {}

fn main() {}
