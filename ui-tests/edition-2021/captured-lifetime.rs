use std::future::Future;

use floe_telemetry::traced;

// It says nothing of the lifetime that the future has, which this edition asks for.
#[traced]
fn length(text: &str) -> impl Future<Output = usize> {
    async move { text.len() }
}

#[traced(attributes(text))]
async fn length_later(text: &str) -> usize {
    text.len()
}

fn main() {
    drop(length_later("a"));
}
