use floe_telemetry::traced;

#[traced(attributes_fn = |table| [("table", *table)])]
fn create() {}

fn main() {}
