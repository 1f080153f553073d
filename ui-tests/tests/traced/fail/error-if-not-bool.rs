use floe_telemetry::traced;

#[traced(error_if = |result| result.as_ref().err())]
fn create() -> Result<(), String> {
    Ok(())
}

fn main() {}
