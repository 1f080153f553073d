//! A program without log lines and spans of `tracing` has no subscriber.

/// The program has none.
pub(crate) type ProgramLayer = std::convert::Infallible;
