//! One-line functions, for which neither the compiler nor clippy must report anything in this
//! edition.

#[rustfmt::skip]
pub mod one_line;
