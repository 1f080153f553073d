use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
struct TableId(String);

fn main() {}
