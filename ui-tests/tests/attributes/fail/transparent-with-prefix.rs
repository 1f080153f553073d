use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
#[floe(transparent, prefix = "table")]
struct TableId(String);

fn main() {}
