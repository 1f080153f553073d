use floe_telemetry::traced;

#[traced(attributes_fn = describe(table))]
fn create(table: &str) {
    let _ = table;
}

fn main() {}
