#![deny(missing_docs)]
//! Lints about a function as a whole are reported at its header.

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
