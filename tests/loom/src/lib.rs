//! Lock-free state that threads share, under every interleaving.
//!
//! The files of the recorder are compiled here a second time, unchanged, with the atomics, the lock
//! and the cells of [loom](https://docs.rs/loom), which runs each test once for every interleaving.

#[cfg(test)]
mod recorder {
    #[path = "../../../../floe-telemetry/src/recorder/pending.rs"]
    mod pending;
    mod pending_updates;
    #[path = "../../../../floe-telemetry/src/recorder/ring.rs"]
    mod ring;
    mod ring_orders;

    mod sync {
        pub(super) use std::sync::PoisonError;

        pub(super) use loom::cell::UnsafeCell;
        pub(super) use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
        pub(super) use loom::sync::{Arc, Mutex, MutexGuard};
    }

    mod record {
        /// A model of a span's record: the names of the threads that updated it.
        #[derive(Debug, Default, Eq, PartialEq)]
        pub(super) struct SpanRecord(pub(super) Vec<&'static str>);

        impl SpanRecord {
            pub(super) fn blank() -> Self {
                Self::default()
            }
        }
    }
}
