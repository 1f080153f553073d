use floe_telemetry::traced;

#[traced(floe_attributes = table)]
fn create(table: &str) {
    let _ = table;
}

fn main() {}
