use floe_telemetry::traced;

#[traced(name = , kind)]
fn create() {}

fn main() {}
