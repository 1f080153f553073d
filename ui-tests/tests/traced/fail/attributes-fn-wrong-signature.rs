use floe_telemetry::traced;

fn describe(table: &str) -> [(&'static str, u64); 1] {
    [("bytes", table.len() as u64)]
}

#[traced(attributes_fn = describe)]
fn create(table: &str, rows: u64) {
    let _ = (table, rows);
}

#[traced(attributes_fn = |table| table.len())]
fn drop_table(table: &str) {
    let _ = table;
}

fn main() {}
