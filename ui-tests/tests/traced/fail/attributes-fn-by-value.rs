use floe_telemetry::traced;

#[traced(attributes_fn = |table: String| [("bytes", table.len())])]
fn create(table: String) {
    drop(table);
}

fn main() {}
