use floe_telemetry::traced;

#[traced(attributes(table, rows = 1, "table" = "orders"))]
fn create(table: &str) {
    let _ = table;
}

fn main() {}
