//! The end of a process.

/// How a dbt process ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Exit {
    /// It returned an exit code.
    Code(i32),
    /// A signal ended it.
    Signal(i32),
}
