//! Code of other crates whose messages do not reach the subscriber of the program.

use tracing::dispatcher::{Dispatch, has_been_set, with_default};

/// Calls `run` without the subscriber of the program. If there is none, no dispatcher is set, because it would count as
/// the program's subscriber from then on.
pub fn without_subscriber<T>(run: impl FnOnce() -> T) -> T {
    if has_been_set() { with_default(&Dispatch::none(), run) } else { run() }
}
