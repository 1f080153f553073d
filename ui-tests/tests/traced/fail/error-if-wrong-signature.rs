use floe_telemetry::traced;

#[traced(error_if = |result: &Option<u8>| result.is_none())]
fn create() -> Result<(), String> {
    Ok(())
}

#[traced(error_if = Order::is_lost)]
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

struct Order;

impl Order {
    fn is_lost(&self) -> bool {
        true
    }
}

fn main() {}
