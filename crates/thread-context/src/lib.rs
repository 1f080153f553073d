#![cfg_attr(feature = "publish", doc = include_str!("../README.md"))]
//! Without the default feature `publish`, the interface for `floe-telemetry-core` does nothing.
//! Without the feature `publish`, which is on by default, the interface that `floe-telemetry-core` uses does nothing.

#[cfg_attr(not(feature = "publish"), path = "unpublished.rs")]
mod published;

#[cfg(feature = "publish")]
mod process;

#[cfg(feature = "publish")]
pub use self::process::publish;
pub use self::published::*;
