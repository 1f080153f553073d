use floe_telemetry::traced;

#[traced(error_if = |result: &Option<u8>| result.is_none())]
fn create() -> Result<(), String> {
    Ok(())
}

fn main() {}
