use floe_telemetry::traced;

#[traced]
fn sync() -> String {
    3
}

#[traced]
async fn later() -> String {
    3
}

#[traced]
async fn nothing() -> String {
    let _ = 3;
}

#[traced]
async fn early(short: bool) -> Result<u8, ()> {
    if short {
        return 3;
    }
    Ok(3)
}

fn main() {}
