#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod owner;
mod segment;

#[cfg(target_os = "linux")]
mod open_spans;

mod journal;

pub use self::journal::{Batch, Journal, Recovered, Refused, recover};
pub use self::segment::Kind;
