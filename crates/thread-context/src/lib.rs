#![cfg_attr(feature = "publish", doc = include_str!("../README.md"))]
//!
//! Without the feature `publish`, which is on by default, there is only what `floe-telemetry-core` uses, with nothing in it.

#[cfg_attr(not(feature = "publish"), path = "unpublished.rs")]
mod published;

pub use self::published::*;
