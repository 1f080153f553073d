use floe_telemetry::traced;

struct Table;

#[traced(attributes(%table, key = ?table))]
fn create(table: Table) {
    let _ = table;
}

fn main() {}
