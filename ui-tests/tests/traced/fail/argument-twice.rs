use floe_telemetry::traced;

#[traced(name = "a", kind = client, name = "b")]
fn create() {}

fn main() {}
