use floe_telemetry::traced;

#[traced(links = [table])]
fn create(table: &str) {
    let _ = table;
}

fn main() {}
