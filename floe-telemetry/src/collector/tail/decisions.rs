//! Recent decisions of tail sampling, which apply to spans that end after their trace was decided.

use std::collections::VecDeque;

use opentelemetry::TraceId;
use rustc_hash::FxHashMap;

use super::reason::Reason;

/// The decision for a trace.
#[derive(Clone, Copy, Debug)]
pub(super) enum Decision {
    /// Sampled for a reason, whatever head sampling has decided.
    Sampled(Reason),
    /// As head sampling has decided.
    Head,
}

/// The most recent decisions, up to a limit.
#[derive(Debug)]
pub(super) struct Decisions {
    limit: usize,
    known: FxHashMap<TraceId, Decision>,
    /// The oldest decision first.
    order: VecDeque<TraceId>,
}

impl Decisions {
    pub(super) fn with_limit(limit: usize) -> Self {
        Self {
            limit,
            known: FxHashMap::default(),
            order: VecDeque::new(),
        }
    }

    pub(super) fn remember(&mut self, id: TraceId, decision: Decision) {
        if self.known.insert(id, decision).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    pub(super) fn of(&self, id: TraceId) -> Option<Decision> {
        self.known.get(&id).copied()
    }
}
