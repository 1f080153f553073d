//! The recorder's questions about the system, which the SDK answers: code that only annotates compiles nothing for
//! them.

use std::sync::OnceLock;

/// The answers.
#[derive(Clone, Copy, Debug)]
pub struct System {
    /// Whether the limits of the process leave memory for more than buffers of spans.
    pub has_headroom: fn() -> bool,
}

static SYSTEM: OnceLock<System> = OnceLock::new();

/// Sets the answers. Later calls have no effect.
pub fn set_system(system: System) {
    let _ = SYSTEM.set(system);
}

pub(crate) fn has_headroom() -> bool {
    SYSTEM.get().is_none_or(|system| (system.has_headroom)())
}
