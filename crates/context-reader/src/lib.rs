//! The contexts of a running process, read from outside.
//!
#![doc = include_str!("../README.md")]
mod context;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod memory;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod open_spans;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod process;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod stopped;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod variable;

pub use self::context::{Context, OpenSpan, Span, Thread};
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub use self::process::{Process, publishing};
