//! What every span has, as small as it can be.

use opentelemetry::trace::Status;
use opentelemetry::{SpanId, TraceFlags, TraceId};

use crate::callsite::CallSite;
use crate::clock::Ticks;

/// OpenTelemetry's status without its text, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Code {
    #[default]
    Unset,
    Error,
    Ok,
}

/// What every span has. It is as large as a line of the cache, and is copied into the thread's ring
/// when the span ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    pub(crate) parent: SpanId,
    pub(crate) start: Ticks,
    pub(crate) end: Ticks,
    pub(crate) callsite: Option<&'static CallSite>,
    pub(crate) parent_is_remote: bool,
    pub(crate) flags: TraceFlags,
    pub(crate) code: Code,
    /// How many attributes in the thread's ring belong to the span and its events.
    pub(super) attributes: u8,
    /// How many pieces of what is rare.
    pub(super) rare: u8,
}

impl Head {
    pub(crate) const BLANK: Self = Self {
        trace_id: TraceId::INVALID,
        span_id: SpanId::INVALID,
        parent: SpanId::INVALID,
        start: Ticks::ZERO,
        end: Ticks::ZERO,
        callsite: None,
        parent_is_remote: false,
        flags: TraceFlags::SAMPLED,
        code: Code::Unset,
        attributes: 0,
        rare: 0,
    };
}

impl From<Code> for Status {
    fn from(code: Code) -> Self {
        match code {
            Code::Unset => Self::Unset,
            Code::Error => Self::error(""),
            Code::Ok => Self::Ok,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_as_large_as_a_line_of_the_cache() {
        assert_eq!(size_of::<Head>(), 64);
    }
}
