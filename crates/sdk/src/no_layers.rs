//! Without log lines and spans of `tracing`, a program has no subscriber.

/// A layer of the program, of which there is none.
pub(crate) type ProgramLayer = std::convert::Infallible;
