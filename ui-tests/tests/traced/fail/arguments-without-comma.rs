use floe_telemetry::traced;

#[traced(name = "a" kind = client)]
fn create() {}

fn main() {}
