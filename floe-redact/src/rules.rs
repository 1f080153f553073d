//! The tables: what is known about secrets, as data.

pub(crate) mod tokens;
