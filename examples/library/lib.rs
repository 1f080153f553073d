//! A library that annotates its functions and leaves the rest to the program: without a provider, each
//! annotated call costs two loads, one of them thread-local.
//!
//! ```sh
//! cargo test -p floe-telemetry-example-library
//! ```
//!
//! `tests/spans.rs` asserts its spans.

use std::num::ParseIntError;

use floe_telemetry::{set_attribute, traced};

/// Returns the sum of a comma-separated list of numbers.
///
/// # Errors
///
/// A part of the list is not a number.
#[traced(name = "orders.total", attributes(bytes = list.len()))]
pub fn total(list: &str) -> Result<u64, ParseIntError> {
    let mut total = 0;
    for part in list.split(',') {
        total += parse(part)?;
    }

    set_attribute("total", total);
    Ok(total)
}

#[traced(level = debug)]
fn parse(part: &str) -> Result<u64, ParseIntError> {
    part.trim().parse()
}
