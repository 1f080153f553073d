use floe_telemetry::traced;

#[traced("iceberg.create_table")]
fn create() {}

fn main() {}
