use floe_telemetry::traced;

#[traced(error_if = |result: &Option<u8>| result.is_none())]
fn create() -> Result<(), String> {
    Ok(())
}

#[traced(error_if = Option::is_none)]
fn drop_table() -> Result<(), String> {
    Ok(())
}

#[traced(error_if = error_of)]
fn rename() -> Result<(), String> {
    Ok(())
}

fn error_of(result: &Result<(), String>) -> Option<&String> {
    result.as_ref().err()
}

fn main() {}
