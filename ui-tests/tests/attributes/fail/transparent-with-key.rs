use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
#[floe(transparent)]
struct TableId(#[floe(key = "table.id")] String);

fn main() {}
