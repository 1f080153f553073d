//! Runs the shapes of functions in another edition, with the package `tests/edition-2021`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod conformance;

#[path = "../../edition-2021/only.rs"]
mod only;
