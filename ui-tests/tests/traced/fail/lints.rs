#![deny(dead_code, missing_docs, unused_must_use, unused_mut, unused_variables)]
//! Lints about a function as a whole are reported at its header, those of an argument at the argument.

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

#[traced]
fn dead() {}

#[traced]
async fn dead_later() {}

#[traced]
fn unused(table: String) {}

#[traced]
async fn unused_later(table: String) {}

#[traced]
fn needless_mut(mut table: String) {
    drop(table);
}

#[traced]
async fn needless_mut_later(mut table: String) {
    drop(table);
}

fn main() {
    unused(String::new());
    needless_mut(String::new());
    drop((unused_later(String::new()), needless_mut_later(String::new())));
    nothing();
}
