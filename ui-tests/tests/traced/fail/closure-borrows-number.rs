use std::thread::{self, JoinHandle};

use floe_telemetry::traced;

// A forgotten `move` of a number, with the compiler's suggestion.
#[traced]
fn scaled(factor: u8) -> impl Iterator<Item = u8> {
    (0..3).map(|n| n * factor)
}

#[traced(attributes(n))]
fn doubled(n: u8) -> JoinHandle<u8> {
    thread::spawn(|| n * 2)
}

#[traced]
fn later(n: u8) -> impl Future<Output = u8> {
    async { n }
}

fn main() {}
