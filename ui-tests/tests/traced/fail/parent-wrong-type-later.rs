use floe_telemetry::traced;

#[traced(parent = table)]
async fn create(table: String) {
    let _ = table;
}

fn main() {}
