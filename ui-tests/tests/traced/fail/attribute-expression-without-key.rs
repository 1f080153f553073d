use floe_telemetry::traced;

#[traced(attributes(table.len()))]
fn create(table: &str) {
    let _ = table;
}

fn main() {}
