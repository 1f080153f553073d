//! The reason why tail sampling samples a trace.

use crate::clock::WallClock;
use crate::config::TailSampling;
use crate::keys;
use crate::recorder::{Code, SpanRecord, Threshold, with_threshold};

/// The reason why a trace is sampled. A later variant takes precedence.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Reason {
    Slow,
    Error,
}

impl Reason {
    /// The reason to sample the trace of this span, if the span gives one.
    pub(super) fn of(
        record: &SpanRecord,
        config: &TailSampling,
        clock: &WallClock,
    ) -> Option<Self> {
        if config.errors && record.head.code == Code::Error {
            return Some(Self::Error);
        }
        let bound = config.slower_than.filter(|_| record.is_root())?;
        (record.duration(clock) > bound).then_some(Self::Slow)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Slow => "slow",
            Self::Error => "error",
        }
    }

    /// Sets the sampling threshold of a span to 0: it represents only itself, because traces with a reason are
    /// always sampled
    /// ([probability sampling](https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/)).
    /// The root of a trace that only this reason has sampled gets it as an attribute.
    pub(super) fn mark(self, record: &mut SpanRecord) {
        if record.is_root() && !record.head.flags.is_sampled() {
            let attributes = &mut record.attributes;
            attributes.set(keys::FLOE_SAMPLING_REASON, self.name());
        }
        let state = &mut record.more_mut().trace_state;
        *state = with_threshold(state, Some(Threshold::ALWAYS));
    }
}
