//! The output of panics.

use super::named::choice;

choice! {
    /// The writer of a panic to standard error.
    #[derive(Default)]
    PanicOutput {
        /// The panic hook of the program (default). The standard library's hook writes the message unredacted.
        #[default]
        Hook = "hook",
        /// This crate instead of the earlier panic hook: thread, location and redacted message, and a backtrace if
        /// `RUST_BACKTRACE` requests one. If a log line on standard error contains the message, it is not written twice.
        Redacted = "redacted",
    }
}
