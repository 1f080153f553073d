use floe_telemetry::traced;

#[traced(attributes_fn = move |table| [table.len()])]
fn create(table: String) {
    drop(table);
}

fn main() {}
