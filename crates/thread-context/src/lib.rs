#![doc = include_str!("../README.md")]
#![expect(clippy::needless_doctest_main, reason = "the example is a build script")]

mod process;
mod published;

pub use self::process::publish;
pub use self::published::*;
