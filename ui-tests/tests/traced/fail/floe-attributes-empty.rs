use floe_telemetry::traced;

#[traced(floe_attributes = ())]
fn create() {}

fn main() {}
