use floe_telemetry::traced;

#[traced(attributes(rows, tabel))]
fn create(table: &str, rows: u64) {
    let _ = (table, rows);
}

fn main() {}
