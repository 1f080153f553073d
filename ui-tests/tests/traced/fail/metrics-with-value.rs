use floe_telemetry::traced;

#[traced(metrics(count))]
fn create() {}

fn main() {}
