use floe_telemetry::traced;

#[traced(attributes = table)]
fn create(table: &str) {
    let _ = table;
}

fn main() {}
