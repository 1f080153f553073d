//! Child processes, and the signals that end this process.

pub mod child;
pub mod foreground;
pub mod interrupt;

pub(crate) mod group;
pub(crate) mod python;
