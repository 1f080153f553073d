use floe_telemetry::traced;

#[traced(nmae = "iceberg.create_table")]
fn create() {}

fn main() {}
