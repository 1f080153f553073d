use floe_telemetry::traced;

struct Table;

#[traced(attributes(rows = 3, table, name = &table))]
fn create(table: Table) {
    let _ = table;
}

fn main() {}
