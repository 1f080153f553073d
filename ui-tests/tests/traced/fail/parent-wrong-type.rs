use floe_telemetry::traced;

#[traced(parent = table)]
fn create(table: &str) {
    let _ = table;
}

fn main() {}
