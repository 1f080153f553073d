use floe_telemetry::traced;

#[traced(boxed = "yes")]
async fn create() {}

fn main() {}
