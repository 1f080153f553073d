//! What `kept` has for the table, on systems without it: nothing.

use std::sync::atomic::AtomicU64;

use super::Attributes;

pub(crate) const BLOCK: usize = 64 * 1024;

pub(crate) const PLACE: usize = 64;

pub(crate) const fn describe(_: &'static Attributes) {}

pub(crate) const fn places() -> Option<&'static [AtomicU64; BLOCK / 8]> {
    None
}

pub(crate) const fn separate(_: *const ()) {}

pub(crate) const fn forked() {}
