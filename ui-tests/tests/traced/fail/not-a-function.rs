use floe_telemetry::traced;

#[traced]
pub struct Catalog {
    table: String,
}

fn main() {}
