use floe_telemetry::traced;

#[traced(call_only)]
async fn load() {}

fn main() {}
