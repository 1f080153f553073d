//! Lock-free state that threads share, under every interleaving.
//!
//! The files of the runtime are compiled here a second time, unchanged, with the atomics, the lock
//! and the cells of [loom](https://docs.rs/loom), which runs each test once for every interleaving.

#[cfg(test)]
mod collector {
    mod flush;
    #[path = "../../../../floe-telemetry/src/collector/watermarks.rs"]
    mod watermarks;
}

#[cfg(test)]
mod recorder {
    mod buffer;
    #[path = "../../../../floe-telemetry/src/recorder/pending.rs"]
    mod pending;
    mod pending_updates;
    #[path = "../../../../floe-telemetry/src/recorder/ring.rs"]
    mod ring;
    mod ring_orders;
    #[path = "../../../../floe-telemetry/src/recorder/wakeup.rs"]
    mod wakeup;
    mod wakeup_orders;

    pub(crate) use self::buffer::{Buffer, Item, Writer, new_buffer};

    mod sync {
        pub(super) use std::sync::PoisonError;

        pub(super) use loom::cell::UnsafeCell;
        pub(super) use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
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
