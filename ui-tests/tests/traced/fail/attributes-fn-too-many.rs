use floe_telemetry::traced;

#[traced(attributes_fn = |table, rows| [("table", table.len())])]
fn create(table: &str) {
    let _ = table;
}

fn main() {}
