//! What threads share without a lock, in every order that they can come in.
//!
//! The files of the recorder are compiled here a second time, as they are, with the atomics, the lock
//! and the cells of [loom](https://docs.rs/loom), which runs each test once for every order.

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
        /// Stands for a span's record: the names of those who updated it.
        #[derive(Debug, Default, Eq, PartialEq)]
        pub(super) struct SpanRecord(pub(super) Vec<&'static str>);

        impl SpanRecord {
            pub(super) fn blank() -> Self {
                Self::default()
            }
        }
    }
}
