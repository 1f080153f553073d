#![no_implicit_prelude]
#![allow(dead_code, non_camel_case_types)]

mod core {}
mod std {}
mod floe {}
mod opentelemetry {}
struct Option;
struct Result;
struct String;
struct Vec;
struct Box;
struct str;
struct bool;

fn call() {}
fn enter() {}

#[::floe_telemetry::traced(attributes(span))]
fn names(span: i64, cx: i64, result: i64, err: i64, guard: i64, tracer: i64, __x: i64) -> i64 {
    span + cx + result + err + guard + tracer + __x
}

#[::floe_telemetry::traced]
async fn types(_: Option) -> Result {
    Result
}

#[derive(::floe_telemetry::FloeAttributes)]
struct Row {
    list: i64,
}

fn main() {
    names(1, 2, 3, 4, 5, 6, 7);
}
