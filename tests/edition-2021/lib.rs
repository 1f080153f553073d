//! Nothing but functions of one line: what matters is that this edition has nothing to say about them.

#[rustfmt::skip]
pub mod one_line;
