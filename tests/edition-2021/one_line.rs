//! One-line functions, for which neither the compiler nor clippy must report anything.

#![deny(warnings, missing_docs, unused, clippy::all, clippy::pedantic, unsafe_code, unreachable_pub)]
#![deny(elided_lifetimes_in_paths, missing_debug_implementations, unused_qualifications)]
#![deny(clippy::shadow_same)]

use std::cmp::Ordering;
use std::fmt::{Debug, Display};
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use floe_telemetry::opentelemetry::Context;
use floe_telemetry::{FloeAttributes, traced};

/// A table with a name and rows.
#[derive(Clone, Debug, Default, FloeAttributes)]
#[floe(prefix = "table")]
pub struct Table {
    /// The name of the table.
    pub name: String,
    /// The number of rows.
    #[floe(key = "table.rows")]
    pub rows: u64,
}

/// The way to read a table.
#[derive(Clone, Copy, Debug, FloeAttributes)]
#[floe(rename_all = "snake_case")]
pub enum Mode {
    /// All rows.
    Whole,
    /// New rows only.
    Incremental,
}

/// Returns nothing.
#[traced]
pub fn unit() {}

/// Returns nothing, asynchronously.
#[traced]
pub async fn unit_later() { ready(()).await; }

/// Never returns.
#[traced]
pub fn never() -> ! { std::process::exit(1) }

/// Never returns, asynchronously.
#[traced]
pub async fn never_later() -> ! { loop { ready(()).await } }

/// Adds one.
#[traced]
#[must_use]
pub fn number(n: u8) -> u8 { n + 1 }

/// Adds one, and ends its span as an error if the result is too large.
#[traced(attributes(n), error_if = |n| *n > 9)]
#[must_use]
pub fn number_with(n: u8) -> u8 { n + 1 }

/// Adds one, asynchronously.
#[traced(attributes(n))]
pub async fn number_later(n: u8) -> u8 { ready(n).await + 1 }

/// Parses a number.
///
/// # Errors
///
/// The text is not a number.
#[traced(attributes(%text))]
pub fn parsed(text: impl Display) -> Result<u8, std::num::ParseIntError> { text.to_string().parse() }

/// Parses a number, asynchronously.
///
/// # Errors
///
/// The text is not a number.
#[traced(attributes(text), metrics)]
pub async fn parsed_later(text: &str) -> Result<u8, std::num::ParseIntError> { ready(text).await.parse() }

/// Returns the first item.
#[traced]
#[must_use]
pub fn first<'a>(list: &'a [String], _: &str) -> Option<&'a String> { list.first() }

/// Returns the first item, by mutable reference.
#[traced(attributes(len = list.len()))]
pub fn first_mut(list: &mut [String]) -> Option<&mut String> { list.first_mut() }

/// Appends one item.
#[traced]
#[must_use]
pub fn pushed(mut list: Vec<u8>, n: u8) -> Vec<u8> { list.push(n); list }

/// Ignores its argument.
#[traced(attributes(kept))]
#[must_use]
pub fn ignored(_: u8, _why: &str, kept: bool) -> bool { kept }

/// Destructures a pair.
#[traced(attributes(left))]
#[must_use]
pub fn parts((left, right): (u8, u8), [first, ..]: [u8; 2]) -> u8 { left + right + first }

/// Uses its argument in an attribute expression only.
#[traced(floe_attributes = table, name = format!("read {}", table.name))]
#[must_use]
pub fn counted(table: &Table) -> usize { table.name.len() }

/// Records its arguments and does not use them otherwise.
#[traced(attributes(mode), attributes_fn = |mode, rows| [("rows", *rows), ("mode", *mode as u64)])]
pub fn recorded(mode: Mode, rows: u64) {}

/// Records an argument that is otherwise unused.
#[traced(attributes(_table), attributes_fn = |_table| [("bytes", _table.len())])]
pub fn underscore(_table: &str) {}

/// Uses its argument in an attribute only, asynchronously.
#[traced(attributes(text))]
pub async fn used_by_the_attribute(text: String) {}

/// Uses its argument as the parent only.
#[traced(parent = cx)]
pub fn used_as_the_parent(cx: Context) {}

/// Uses its argument in the name only.
#[traced(name = format!("stage {number}"))]
pub fn used_by_the_name(number: Box<u8>) {}

/// Uses its argument in computed attributes only.
#[traced(attributes_fn = |list| [("n", list.is_empty())])]
pub fn used_by_a_closure(list: Vec<u8>) {}

/// Clones its argument for a link.
#[traced(links = [cx.clone()])]
pub fn linked(cx: &Context) { let _ = cx; }

/// Does not use its argument.
#[traced]
pub fn unused(#[cfg_attr(all(), allow(unused_variables, reason = "unused on purpose"))] text: String) {}

/// Does not use its argument, asynchronously.
#[traced]
pub async fn unused_later(#[cfg_attr(all(), expect(unused_variables, reason = "the name documents it"))] text: String) {}

/// Appends to lists that nothing reads.
#[traced]
pub fn never_read(mut list: Vec<u8>, (mut other, n): (Vec<u8>, u8)) { list.push(n); other.push(n); }

/// Changes one of two texts.
#[traced]
pub async fn changed_later(mut text: String, other: String) -> usize { text.push('a'); text.len() + other.len() }

/// Returns a type in parentheses.
#[traced]
#[must_use]
pub fn parentheses(text: &str) -> &(impl Display + ?Sized) { text }

/// Returns a future, asynchronously.
#[traced(attributes(n))]
pub async fn starts(n: u8) -> std::future::Ready<u8> { ready(ready(n)).await }

/// Returns a number that must be used.
#[traced]
#[must_use = "it is a number"]
pub async fn must_be_used() -> u8 { ready(1).await }

/// Does not use a number.
#[expect(unused_must_use, reason = "the attribute applies to the number, not to the future")]
pub async fn does_not_use() { must_be_used().await; }

/// Returns an iterator.
#[traced]
pub fn numbers(n: u8) -> impl Iterator<Item = u8> { 0..n }

/// Returns a future.
#[traced]
pub fn future(n: u8) -> impl Future<Output = u8> { ready(n) }

/// Returns a boxed future.
#[traced(attributes(n))]
#[must_use]
pub fn boxed(n: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> { Box::pin(ready(n)) }

/// Methods with attributes of their own.
#[forbid(unreachable_code)]
impl Table {
    /// Returns the name.
    #[traced]
    #[must_use]
    pub fn name(&self) -> &str { &self.name }

    /// Returns the name, by mutable reference.
    #[traced(attributes(self.rows))]
    pub fn name_mut(&mut self) -> &mut String { &mut self.name }

    /// Returns the number of rows, asynchronously.
    #[traced]
    pub async fn rows(self: Arc<Self>) -> u64 { ready(self.rows).await }

    /// Returns the name, by value.
    #[traced]
    #[must_use]
    pub fn into_name(self) -> String { self.name }
}

#[traced]
#[forbid(unreachable_code)]
impl Table {
    /// Returns a table with this name.
    #[must_use]
    pub fn named(name: &str) -> Self { Self { name: name.to_owned(), ..Self::default() } }

    /// Whether the table has no rows.
    #[must_use]
    pub const fn is_empty(&self) -> bool { self.rows == 0 }

    /// Whether the table has rows, asynchronously.
    pub async fn has_rows(&self) -> bool { ready(self).await.rows > 0 }
}

/// A permit. It panics when it is dropped, unless it was disarmed.
#[derive(Debug)]
pub struct Permit(pub usize);

impl Drop for Permit { fn drop(&mut self) { assert_eq!(self.0, 0); } }

#[traced]
impl Permit {
    /// Disarms the permit.
    #[must_use]
    pub fn disarm(mut self) -> usize { let held = self.0; self.0 = 0; held }

    /// Disarms the permit, asynchronously.
    pub async fn disarm_later(mut self) -> usize { let held = self.0; self.0 = 0; held }
}

#[allow(dead_code, clippy::panic, reason = "functions that are not exported have other lints")]
mod not_exported {
    use super::{Debug, traced};

    #[traced]
    fn returned(text: &String) -> &str { text }

    #[traced]
    fn returned_early(items: &mut Vec<u8>) -> &mut [u8] { if items.is_empty() { return items; } &mut items[1..] }

    #[traced]
    fn nothing() -> () { panic!("not written") }

    #[traced]
    fn not_written() -> impl Debug { panic!("not written") }

    #[allow(clippy::unnecessary_wraps, clippy::needless_pass_by_value, reason = "a test")]
    #[traced]
    fn wraps(text: String) -> Result<usize, String> { Ok(text.len()) }

    #[traced]
    #[allow(clippy::unused_async, reason = "a test")]
    async fn at_once() {}

    #[traced]
    #[allow(unconditional_recursion, reason = "a test")]
    fn endless() -> u8 { endless() }
}

/// A trait with a native `async fn`.
pub trait Later {
    /// Adds one, asynchronously.
    #[traced]
    #[allow(async_fn_in_trait, reason = "the lint applies without a span too")]
    async fn add(&self, n: u8) -> u8 { ready(n).await + 1 }
}

/// A rank, whose methods have the bodies that clippy requires.
#[derive(Debug, PartialEq, Eq)]
pub struct Rank(pub u8);

impl Ord for Rank {
    #[traced]
    fn cmp(&self, other: &Self) -> Ordering { self.0.cmp(&other.0) }
}

impl PartialOrd for Rank {
    #[traced]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> { Some(self.cmp(other)) }
}

impl Copy for Rank {}

#[expect(clippy::expl_impl_clone_on_copy, reason = "a derived method cannot have a span")]
impl Clone for Rank {
    #[traced]
    fn clone(&self) -> Self { *self }
}

/// Has a key that the semantic conventions renamed.
#[expect(deprecated, reason = "it is renamed")]
#[traced(attributes("http.method" = "GET"))]
pub fn renamed_key() {}

/// Has a key that the semantic conventions do not have.
#[expect(deprecated, reason = "it is misspelled")]
#[traced(attributes("db.systems.name" = "sqlite"))]
pub async fn unknown_key() { ready(()).await; }
