//! Child processes, and the signals that end this one.

pub mod child;
pub mod foreground;
pub mod interrupt;

pub(crate) mod group;
pub(crate) mod python;
