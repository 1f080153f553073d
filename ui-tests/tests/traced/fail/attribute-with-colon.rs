use floe_telemetry::traced;

#[traced(attributes(rows: table.len()))]
fn create(table: &str) {
    let _ = table;
}

fn main() {}
