use floe_telemetry::traced;

#[traced(nmae = "a", kind = internl, attributes(tabel))]
fn create(table: &str) -> usize {
    table.len()
}

fn caller() -> usize {
    create("the function is still there")
}

fn main() {}
