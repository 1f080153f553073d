use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
struct Pair(u8, #[floe(skip)] String);

fn main() {}
