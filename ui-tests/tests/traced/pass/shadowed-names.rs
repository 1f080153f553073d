#![no_implicit_prelude]
#![deny(warnings)]
#![allow(dead_code, non_camel_case_types)]
//! Names of the standard library, of crates and of the expansion, and the runtime under another path.

mod core {}
mod std {}
mod floe {}
mod floe_telemetry {}
mod opentelemetry {}

mod telemetry {
    pub use ::floe_telemetry::*;
}

struct Ok;
struct Err;
struct Option;
struct Result;
struct String;
struct Vec;
struct Box;
struct str;
struct bool;

fn call() {}
fn enter() {}

#[::floe_telemetry::traced]
async fn types(_: Option) -> Result {
    Result
}

#[telemetry::traced(crate = crate::telemetry, attributes(n), error_if = |n| *n == 3)]
async fn later(n: u8) -> u8 {
    n
}

#[telemetry::traced(crate = crate::telemetry, boxed)]
async fn boxed(n: u8) -> u8 {
    n
}

#[telemetry::traced(crate = crate::telemetry, root)]
fn opaque(n: u8) -> impl ::core::future::Future<Output = u8> {
    async move { n }
}

struct Store;

#[telemetry::traced(crate = crate::telemetry, links = [&::opentelemetry::trace::SpanContext::NONE])]
impl Store {
    fn load(&self) -> u8 {
        3
    }
}

#[derive(::floe_telemetry::FloeAttributes)]
#[floe(rename_all = "lowercase")]
enum Level {
    Low,
    #[floe(rename = "very high")]
    High,
}

#[derive(::floe_telemetry::FloeAttributes)]
#[floe(prefix = "row")]
struct Row<'a, T, const N: usize> {
    id: u64,
    level: Level,
    what: T,
    numbers: [i64; N],
    #[floe(key = KEY)]
    table: &'a ::core::primitive::str,
    #[floe(display)]
    count: ::core::option::Option<u64>,
    #[floe(debug)]
    range: ::core::ops::Range<u8>,
    #[floe(redact)]
    token: ::core::option::Option<u8>,
    #[floe(flatten)]
    more: ::core::option::Option<Flat>,
    #[floe(skip)]
    body: (),
}

#[derive(::floe_telemetry::FloeAttributes)]
struct Flat {
    #[deprecated]
    old: ::core::primitive::bool,
}

const KEY: &::core::primitive::str = "rows.table";

fn main() {}
