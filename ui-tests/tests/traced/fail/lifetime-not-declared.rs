use floe_telemetry::traced;

#[traced]
async fn later(x: &'b str) -> &'b str {
    x
}

#[traced]
fn now(x: &'b str) -> &'b str {
    x
}

#[traced]
async fn inside(x: &'b str) -> Result<Option<&'b str>, Box<dyn Send + 'b>> {
    Ok(Some(x))
}

fn main() {}
