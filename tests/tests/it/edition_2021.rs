//! Runs the tests of the macros in another edition, with the package `tests/edition-2021`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod conformance;
mod derive;
mod derive_shapes;
mod derive_values;
mod derive_words;
mod futures;
mod interop;
mod names;
mod open_span;
mod outcome;
mod relations;
mod returned_future;
mod traced;

#[path = "../../edition-2021/only.rs"]
mod only;
