//! Every argument of the derive, with strict lints and shadowed names of the standard library.

#![no_implicit_prelude]
#![deny(warnings, missing_docs, unused, unsafe_code, unreachable_pub, missing_debug_implementations)]
#![allow(dead_code)]

use ::std::prelude::rust_2024::derive;

/// Shadows a name.
#[derive(Debug)]
pub struct Option;
/// Shadows a name.
#[derive(Debug)]
pub struct String;
/// Shadows a name.
#[allow(non_camel_case_types)]
#[derive(Debug)]
pub struct str;
/// Shadows a name.
pub mod core {}
/// Shadows a name.
pub mod std {}
/// Shadows a name.
pub mod floe_telemetry {}
/// Shadows a name.
#[allow(non_snake_case)]
pub fn Some() {}

/// A level.
#[derive(Debug, ::floe_telemetry::FloeAttributes)]
#[floe(rename_all = "lowercase")]
pub enum Level {
    /// Low.
    Low,
    /// High.
    #[floe(rename = "very high")]
    High,
}

/// An id.
#[derive(Debug, ::floe_telemetry::FloeAttributes)]
#[floe(transparent)]
pub struct Id(u64);

/// A job.
#[derive(Debug, ::floe_telemetry::FloeAttributes)]
#[floe(prefix = "job")]
pub struct Job<'a, T> {
    /// Its id.
    id: Id,
    /// How.
    #[floe(debug)]
    level: Level,
    /// What.
    what: T,
    /// Ran.
    #[floe(flatten)]
    done: ::core::option::Option<Rows<'a>>,
}

/// Rows.
#[derive(Debug, ::floe_telemetry::FloeAttributes)]
pub struct Rows<'a> {
    /// Which.
    #[floe(key = TABLE)]
    table: &'a ::core::primitive::str,
    /// How many.
    #[floe(display)]
    count: ::core::option::Option<u64>,
    /// What for.
    #[floe(redact)]
    token: ::core::option::Option<u8>,
    /// Old.
    #[deprecated]
    old: bool,
}

/// A key.
pub const TABLE: &::core::primitive::str = "rows.table";

/// All.
#[derive(Debug, ::floe_telemetry::FloeAttributes)]
pub struct All<'a, T, const N: usize> {
    /// One.
    #[floe(flatten)]
    job: ::core::option::Option<Job<'a, T>>,
    /// Numbers.
    numbers: [i64; N],
    #[floe(skip)]
    _body: (),
}

fn main() {}
