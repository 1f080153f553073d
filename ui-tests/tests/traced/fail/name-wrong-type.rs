use floe_telemetry::traced;

#[traced(name = rows + 1)]
fn create(rows: u64) {
    let _ = rows;
}

fn main() {}
