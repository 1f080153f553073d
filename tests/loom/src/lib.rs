//! Lock-free state that threads share, under every interleaving.
//!
//! These files of the runtime are compiled here a second time, unchanged, with the atomics, the lock
//! and the cells of [loom](https://docs.rs/loom), which runs each test once for every interleaving:
//!
//! - `recorder/ring.rs`, the queue between a thread and the collector,
//! - `recorder/idle.rs`, the rings that a thread leaves to the next one,
//! - `recorder/pending.rs`, the updates of a span by other threads,
//! - `recorder/wakeup.rs`, with which an exporter wakes the collector,
//! - `collector/watermarks.rs`, by which a flush knows that all spans before it were fetched.
//!
//! Models replace the rest. A buffer has one ring with room for two items instead of three rings, a span's
//! record is a list of names, and `collector/flush.rs` models the registration of threads, the turns of the
//! collector, flush and shutdown: it checks the design of that code and the files above, but not the code
//! itself, which `tests/tests/global` runs.

//!
//! Miri runs the same tests with the primitives of the standard library and of `recorder/sync.rs`, once for each
//! seed of its scheduler, and checks the `unsafe` code of the ring (`.ci/sanitizers miri`).

#[cfg(all(test, not(miri)))]
mod primitives {
    pub(crate) use loom::{model, sync, thread};
}

#[cfg(all(test, miri))]
mod primitives {
    pub(crate) use std::{sync, thread};

    pub(crate) fn model(test: impl Fn()) {
        test();
    }
}

#[cfg(test)]
mod collector {
    mod flush;
    #[path = "../../../../crates/sdk/src/collector/watermarks.rs"]
    mod watermarks;
}

#[cfg(test)]
mod recorder {
    mod buffer;
    mod handover;
    #[expect(dead_code, reason = "rings are always allocated, and the models have a lock of loom")]
    #[path = "../../../../crates/core/src/recorder/idle.rs"]
    mod idle;
    #[expect(dead_code, reason = "the id of the span is for the cell of its thread")]
    #[path = "../../../../crates/core/src/recorder/pending.rs"]
    mod pending;
    mod pending_updates;
    #[path = "../../../../crates/core/src/recorder/ring.rs"]
    mod ring;
    mod ring_orders;
    #[expect(unreachable_pub, reason = "the SDK has one")]
    #[path = "../../../../crates/core/src/recorder/wakeup.rs"]
    mod wakeup;
    mod wakeup_orders;

    pub(crate) use self::buffer::{Buffer, Item, Writer, new_buffer};

    #[cfg(miri)]
    #[path = "../../../../crates/core/src/recorder/sync.rs"]
    mod sync;

    #[cfg(not(miri))]
    mod sync {
        pub(super) use std::sync::PoisonError;

        pub(super) use loom::cell::UnsafeCell;
        pub(super) use loom::sync::atomic::{
            AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering, fence,
        };
        pub(super) use loom::sync::{Arc, Mutex, MutexGuard};
    }

    mod record {
        /// A model of a span's record: the words that threads have added to it.
        #[derive(Debug, Default, Eq, PartialEq)]
        pub(super) struct SpanRecord(pub(super) Vec<&'static str>);

        impl SpanRecord {
            pub(super) fn blank() -> Self {
                Self::default()
            }
        }
    }
}
