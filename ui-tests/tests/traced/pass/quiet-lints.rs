#![deny(warnings, missing_docs, unused, unsafe_code, unreachable_pub, elided_lifetimes_in_paths)]
//! The macros cause no lint that is not caused without them.

use floe_telemetry::{FloeAttributes, traced};

/// A struct.
#[derive(Debug, FloeAttributes)]
pub struct Row<'a> {
    /// A field.
    pub table: &'a str,
}

#[traced]
fn unit() {}

#[traced]
fn one_line(a: u8) -> u8 { a }

#[traced]
async fn later(a: u8) -> u8 { a }

#[traced]
fn mutable(mut list: Vec<u8>) -> Result<Vec<u8>, String> {
    list.push(1);
    Ok(list)
}

#[traced(attributes(_table), attributes_fn = |_table| [("bytes", _table.len())])]
fn underscore(_table: &str) {}

fn main() {
    unit();
    one_line(1);
    drop(later(1));
    mutable(Vec::new()).unwrap();
    underscore("");
}
