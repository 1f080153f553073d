//! Messages of the library's threads.

use crate::caught::caught;

/// Calls `log`, which writes a message with `tracing`. The subscriber is code of the program, and its panic must
/// not end the thread.
pub fn guarded_message(log: impl FnOnce()) {
    let _ = caught(log);
}
