#![doc = include_str!("../README.md")]

mod check;
mod lookup;
mod nearest;
mod problem;
mod row;
#[rustfmt::skip]
#[allow(clippy::enum_glob_use, reason = "each row has the names of several variants")]
mod table;

pub use check::{check, check_kind, check_text};
pub use lookup::{SCHEMA_URL, VERSION, attribute, attributes};
pub use nearest::{edits, misspelled, nearest};
pub use problem::Problem;
pub use row::{Deprecation, Kind, Row};
