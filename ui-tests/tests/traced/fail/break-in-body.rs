use floe_telemetry::traced;

#[traced]
async fn load(rows: u8) -> u8 {
    if rows > 1 {
        break;
    }
    rows
}

#[traced]
async fn store() {
    break;
}

#[traced]
fn create() {
    break;
}

fn main() {}
