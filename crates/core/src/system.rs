//! Functions of the system that the SDK provides, so that code that only annotates does not compile them.

use std::sync::OnceLock;

/// The functions that the SDK provides.
#[derive(Clone, Copy, Debug)]
pub struct System {
    /// Whether the limits of the process leave memory for more than buffers of spans.
    pub has_headroom: fn() -> bool,
}

static SYSTEM: OnceLock<System> = OnceLock::new();

/// Sets the functions. Later calls have no effect.
pub fn set_system(system: System) {
    let _ = SYSTEM.set(system);
}

pub(crate) fn has_headroom() -> bool {
    SYSTEM.get().is_none_or(|system| (system.has_headroom)())
}
