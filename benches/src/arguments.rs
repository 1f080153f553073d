//! The command line of a benchmark: `--flag` and `--name value`.

use std::fmt::Debug;
use std::str::FromStr;

/// Whether `--name` was given.
#[must_use]
pub fn flag(name: &str) -> bool {
    std::env::args().any(|argument| argument == name)
}

/// Whether to run a minimum of measurements.
#[must_use]
pub fn quick() -> bool {
    flag("--quick")
}

/// The value after `--name`.
///
/// # Panics
///
/// The value cannot be parsed.
#[must_use]
pub fn value<T: FromStr<Err: Debug>>(name: &str) -> Option<T> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.next()?;
    let value = arguments.next()?;
    Some(value.parse().expect("a value of the right type"))
}
