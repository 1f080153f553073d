use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
struct Pair(u8, String);

fn main() {}
