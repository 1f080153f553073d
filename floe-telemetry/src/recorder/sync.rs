//! What threads meet at in [`late`](super::late). `tests/loom` has another of the same name.

pub(super) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
pub(super) use std::sync::{Mutex, MutexGuard, PoisonError};
