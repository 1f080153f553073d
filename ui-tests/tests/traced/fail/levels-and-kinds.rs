#![allow(unused)]
//! Words of `tracing`, and other values.

use floe_telemetry::traced;

#[traced(level = "debug")]
fn text() {}

#[traced(level = Level::DEBUG)]
fn path() {}

#[traced(level = "warning")]
fn longer() {}

#[traced(level = 2, kind = 3)]
fn numbers() {}

#[traced(level = 6)]
fn another_number() {}

#[traced(level = verbose)]
fn misspelt() {}

#[traced(kind = SpanKind::Client)]
fn kind() {}

#[traced(level = "INFO")]
impl Work {
    fn work() {}
    fn more() {}
}

#[traced(level = inof)]
impl Work {
    fn other() {}
}

#[traced(kind = "server")]
fn quoted() {}

struct Work;

fn main() {}
