use floe_telemetry::traced;

#[traced(links = )]
fn create() {}

fn main() {}
