use floe_telemetry::traced;

#[traced(error_if = true)]
fn create() -> Result<(), String> {
    Ok(())
}

fn main() {}
