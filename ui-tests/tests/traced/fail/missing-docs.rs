#![deny(missing_docs)]
//! What is said of a function as a whole is on its header.

use floe_telemetry::traced;

#[traced]
pub fn now(text: &str) -> usize {
    text.len()
}

#[traced(attributes(text))]
pub async fn later(text: &str) -> usize {
    text.len()
}

#[traced]
pub async fn nothing() {}

fn main() {}
