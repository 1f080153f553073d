use floe_telemetry::traced;

#[traced]
fn other_result() -> impl Fn(&str) -> usize {
    |text| text
}

#[traced]
fn other_parameter() -> impl Fn(&str) -> usize {
    |text: u8| usize::from(text)
}

// The compiler's message has what to write.
#[traced]
async fn later() -> impl Fn(&str) -> usize {
    |text| text.len()
}

fn main() {}
