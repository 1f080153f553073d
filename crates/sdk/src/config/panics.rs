//! The output of panics.

use super::named::choice;

choice! {
    /// The writer of a panic's message to standard error.
    #[derive(Default)]
    PanicOutput {
        /// The panic hook of the program (default). The standard library's hook writes the message unredacted.
        #[default]
        Hook = "hook",
        /// This crate, in place of the earlier panic hook. It writes the thread, the location and the redacted message,
        /// and a backtrace if `RUST_BACKTRACE` requests one. A message in a log line on standard error is not repeated.
        Redacted = "redacted",
    }
}
