//! Functions of one line, about which neither the compiler nor clippy says anything.

#![deny(warnings, missing_docs, unused, clippy::all, clippy::pedantic, unsafe_code, unreachable_pub)]
#![deny(elided_lifetimes_in_paths, missing_debug_implementations, unused_qualifications)]

use std::fmt::Display;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use floe_telemetry::{FloeAttributes, traced};
use futures_core::Stream;

/// A table.
#[derive(Clone, Debug, Default, FloeAttributes)]
#[floe(prefix = "table")]
pub struct Table {
    /// What it is called.
    pub name: String,
    /// How many rows it has.
    #[floe(key = "db.rows")]
    pub rows: u64,
}

/// How it is read.
#[derive(Clone, Copy, Debug, FloeAttributes)]
#[floe(rename_all = "snake_case")]
pub enum Mode {
    /// From the beginning.
    Whole,
    /// What is new.
    Incremental,
}

/// Nothing.
#[traced]
pub fn unit() {}

/// Nothing, later.
#[traced]
pub async fn unit_later() { ready(()).await; }

/// Never.
#[traced]
pub fn never() -> ! { std::process::exit(1) }

/// Never, later.
#[traced]
pub async fn never_later() -> ! { loop { ready(()).await } }

/// One more.
#[traced]
#[must_use]
pub fn number(n: u8) -> u8 { n + 1 }

/// One more, and whether that is too many.
#[traced(attributes(n), error_if = |n| *n > 9)]
#[must_use]
pub fn number_with(n: u8) -> u8 { n + 1 }

/// One more, later.
#[traced(attributes(n))]
pub async fn number_later(n: u8) -> u8 { ready(n).await + 1 }

/// A number.
///
/// # Errors
///
/// If it is none.
#[traced(attributes(%text))]
pub fn parsed(text: impl Display) -> Result<u8, std::num::ParseIntError> { text.to_string().parse() }

/// A number, later.
///
/// # Errors
///
/// If it is none.
#[traced(attributes(text), metrics)]
pub async fn parsed_later(text: &str) -> Result<u8, std::num::ParseIntError> { ready(text).await.parse() }

/// What is first.
#[traced]
#[must_use]
pub fn first<'a>(list: &'a [String], _: &str) -> Option<&'a String> { list.first() }

/// What is first, to change it.
#[traced(attributes(len = list.len()))]
pub fn first_mut(list: &mut [String]) -> Option<&mut String> { list.first_mut() }

/// One more in the list.
#[traced]
#[must_use]
pub fn pushed(mut list: Vec<u8>, n: u8) -> Vec<u8> { list.push(n); list }

/// What is not looked at.
#[traced(attributes(kept))]
#[must_use]
pub fn ignored(_: u8, _why: &str, kept: bool) -> bool { kept }

/// The parts of a pair.
#[traced(attributes(left))]
#[must_use]
pub fn parts((left, right): (u8, u8), [first, ..]: [u8; 2]) -> u8 { left + right + first }

/// What is only counted.
#[traced(floe_attributes = table, name = format!("read {}", table.name))]
#[must_use]
pub fn counted(table: &Table) -> usize { table.name.len() }

/// What is only recorded.
#[traced(attributes(mode), attributes_fn = |mode, rows| [("rows", *rows), ("mode", *mode as u64)])]
pub fn recorded(mode: Mode, rows: u64) {}

/// Numbers.
#[traced]
pub fn numbers(n: u8) -> impl Iterator<Item = u8> { 0..n }

/// A number, later.
#[traced]
pub fn future(n: u8) -> impl Future<Output = u8> { ready(n) }

/// A number in a box, later.
#[traced(attributes(n))]
#[must_use]
pub fn boxed(n: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> { Box::pin(ready(n)) }

/// Whatever it is given.
#[traced]
pub fn stream<S: Stream<Item = u8>>(numbers: S) -> impl Stream<Item = u8> { numbers }

/// Methods with an attribute of their own.
impl Table {
    /// The name.
    #[traced]
    #[must_use]
    pub fn name(&self) -> &str { &self.name }

    /// The name, to change it.
    #[traced(attributes(self.rows))]
    pub fn name_mut(&mut self) -> &mut String { &mut self.name }

    /// The rows, later.
    #[traced]
    pub async fn rows(self: Arc<Self>) -> u64 { ready(self.rows).await }

    /// The name alone.
    #[traced]
    #[must_use]
    pub fn into_name(self) -> String { self.name }
}

#[traced]
impl Table {
    /// One of this name.
    #[must_use]
    pub fn named(name: &str) -> Self { Self { name: name.to_owned(), ..Self::default() } }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool { self.rows == 0 }

    /// Whether it has rows, later.
    pub async fn has_rows(&self) -> bool { ready(self).await.rows > 0 }
}

/// What can be done later.
pub trait Later {
    /// One more, later.
    #[traced]
    #[expect(async_fn_in_trait, reason = "without a span the compiler says so")]
    async fn add(&self, n: u8) -> u8 { ready(n).await + 1 }
}
