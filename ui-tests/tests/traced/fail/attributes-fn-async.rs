use floe_telemetry::traced;

#[traced(attributes_fn = async |table| table)]
fn create(table: &str) {
    let _ = table;
}

fn main() {}
