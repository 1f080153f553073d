//! The interface for the other crates of this project, such as the SDK, the bridge from `tracing`, and the test tools.
//! It is grouped by the modules of its items, and may change with every version.

pub mod attributes {
    pub use crate::attributes::distinct::keep_distinct;
}

pub mod bounded_text {
    pub use crate::bounded_text::Bounded;
}

pub mod caught {
    pub use crate::caught::caught;
}

pub mod char_boundary {
    pub use crate::char_boundary::{CUT, beginning, floor};
}

pub mod clock {
    pub use crate::clock::{Instant, Ticks, UnixNanos, WallClock, monotonic_now, wall_now};
}

pub mod environment {
    pub use crate::environment::{names, variable, variable_os};
}

pub mod internal_log {
    pub use crate::internal_log::{
        LOG_LEVELS, Text, has_written_to_stderr, internal_log, is_on_stderr, is_shown, write,
        write_line, write_line_within,
    };
    #[cfg(feature = "redact")]
    pub use crate::waiting_messages::{WaitingMessages, later};
}

pub mod link_list {
    #[cfg(windows)]
    pub use crate::link_list::Bound;
    pub use crate::link_list::LinkList;
}

pub mod metrics {
    pub use crate::metrics::current::Current;
}

pub mod program_signals {
    #[cfg(all(unix, not(miri)))]
    pub use crate::program_signals::{SignalAction, SignalHandler};
    pub use crate::program_signals::{Unsignalled, blocked, is_of_library, spawn};
}

pub mod standard_error {
    pub use crate::standard_error::{write_if_room, write_within};
}

#[cfg(feature = "redact")]
pub mod propagation {
    pub use crate::propagation::formats::{by_name, install};
}

pub mod recorder {
    /// Used by the test tools.
    pub use crate::recorder::captures::CaptureScope;
    /// Used by the SDK, exporters, log records and the bridge from `tracing`.
    pub use crate::recorder::context;
    /// Used by integrations and by the bridge from `tracing`.
    pub use crate::recorder::replaced::{is_replaced, replace};
    /// Used by the bridge from `tracing` and by log records.
    pub use crate::recorder::{
        bridged::{BridgedSpan, EnteredSpan},
        current::{IdHash, span_context_within},
        fork::CopiedLock,
        opening::Parent,
    };
    /// Used by the SDK, exporters, log records and the bridge from `tracing`.
    pub use crate::recorder::{
        buffer::Buffer,
        exception::Exception,
        fork::{forks, say_not_exported},
        ids::{random_bits, renew as renew_ids},
        lost::LOST,
        measure::Measures,
        open::take_unrecorded,
        record::{Code, More, Origin, SpanRecord},
        sampling::{Rule, Sampling, Then},
        wakeup::WakeUp,
    };
}

#[cfg(feature = "redact")]
pub mod redaction {
    pub use crate::redaction::{
        MAX_MESSAGE_CHARS, authority_start, sanitize_error, sanitize_lines, sanitize_sent_value,
        set_redactors, shown,
    };
}
