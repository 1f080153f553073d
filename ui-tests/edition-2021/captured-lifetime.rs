use std::future::Future;

use floe_telemetry::traced;

// The return type does not name the lifetime of the future, which this edition requires.
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
