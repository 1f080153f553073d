#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod schema;
mod wire;

mod json;

pub use self::json::{logs, metrics, traces};
pub use self::wire::Malformed;
