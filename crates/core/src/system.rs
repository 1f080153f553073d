//! The SDK's knowledge of the system, so that code that only annotates does not compile it.

use std::sync::OnceLock;

static HAS_HEADROOM: OnceLock<fn() -> bool> = OnceLock::new();

/// Sets the function that returns whether the limits of the process leave memory for more than buffers of spans. Only
/// the first call has an effect.
pub fn set_headroom(has_headroom: fn() -> bool) {
    let _ = HAS_HEADROOM.set(has_headroom);
}

pub(crate) fn has_headroom() -> bool {
    HAS_HEADROOM.get().is_none_or(|has_headroom| has_headroom())
}
