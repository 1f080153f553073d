//! The interface for the other crates of this project: the SDK, the bridge from `tracing`, and the test tools. It is
//! grouped by the modules of its items, and changes with every version.

pub mod attributes {
    pub use crate::attributes::distinct::keep_distinct;
}

pub mod bounded_text {
    pub use crate::bounded_text::Bounded;
}

pub mod caught {
    pub use crate::caught::{caught, panic_message};
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
    pub use crate::internal_log::{has_written_to_stderr, is_debugged, is_on_stderr, write_line};
    #[cfg(feature = "redact")]
    pub use crate::internal_log::{internal_log, write};
}

pub mod link_list {
    #[cfg(windows)]
    pub use crate::link_list::Bound;
    pub use crate::link_list::LinkList;
}

pub mod metrics {
    pub use crate::metrics::current::{current, switch};
    pub use crate::metrics::measured_span::measured_ids;
    pub use crate::metrics::metric::is_name;
}

pub mod program_signals {
    pub use crate::program_signals::{Unsignalled, blocked, spawn};
}

#[cfg(feature = "redact")]
pub mod propagation {
    pub use crate::propagation::formats::{Boxed, by_name, install};
}

pub mod recorder {
    pub use crate::recorder::{
        BridgedSpan, CONTEXT_OF, EnteredSpan, Entrance, IdHash, describe_error, exception_event,
        expect_no_provider, is_off, records_nothing, say_no_provider,
    };
    pub use crate::recorder::{
        Buffer, Code, Head, LOST, Limits, MARK, Measured, Measures, More, Origin, Parent,
        RateLimit, Ratio, Rule, SamplerDecision, Sampling, SpanRecord, SpanSampler, Then, WakeUp,
        close_surplus_buffers, context_is_alive, describe, forks, key_value_bytes, make_ids,
        matches_any, new_buffers, new_measures, random, random_bits, release_buffered,
        remember_panic, root, say_not_exported, set_collector, set_in_forks, span_context_within,
        start_provider, stop_provider, wake_collector, written_spans,
    };
    pub use crate::recorder::{CaptureScope, missed, start_captures, stop_captures};
}

#[cfg(feature = "redact")]
pub mod redaction {
    pub use crate::redaction::{
        MAX_MESSAGE_CHARS, sanitize_error, sanitize_lines, sanitize_sent_value, set_redactors,
        shown,
    };
}

pub mod system {
    pub use crate::system::set_headroom;
}
