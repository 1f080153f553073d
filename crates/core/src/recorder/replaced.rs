//! Spans of `tracing` in whose place an integration records its own.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The crates and the names of the spans.
static REPLACED: Mutex<Vec<(&'static str, &'static str)>> = Mutex::new(Vec::new());

fn replaced() -> MutexGuard<'static, Vec<(&'static str, &'static str)>> {
    REPLACED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Leaves out the spans of this name that a crate opens from now on, as far as none was recorded before.
pub fn replace(library: &'static str, name: &'static str) {
    let mut replaced = replaced();
    if !replaced.contains(&(library, name)) {
        replaced.push((library, name));
    }
}

/// Whether spans of this name and target are left out.
pub fn is_replaced(target: &str, name: &str) -> bool {
    let library = target.split("::").next().unwrap_or_default();
    replaced().contains(&(library, name))
}
