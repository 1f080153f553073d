//! The state of OpenTelemetry's current `Context`, as far as this thread knows it. `context.rs` changes it.

use std::cell::Cell;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum State {
    /// The `Context` was not accessed so far, and may be gone.
    Unknown,
    Usual,
    /// The recorder accesses the `Context`.
    Busy,
    /// Contexts or guards were put aside.
    Aside,
    Gone,
}

thread_local! {
    /// It has no destructor, so it stays accessible until the thread ends.
    pub(super) static STATE: Cell<State> = const { Cell::new(State::Unknown) };
}

/// Whether the panic that a hook sees is one of OpenTelemetry that the recorder catches. Where a panic aborts, it must be
/// seen.
#[inline]
pub fn is_expected_panic() -> bool {
    cfg!(panic = "unwind") && STATE.get() == State::Busy
}
