use floe_telemetry::traced;

#[traced(kind = cleint)]
fn create() {}

fn main() {}
