#![doc = include_str!("../README.md")]
#![expect(clippy::needless_doctest_main, reason = "a file of the build")]

mod process;
mod published;

pub use self::process::publish;
pub use self::published::*;
