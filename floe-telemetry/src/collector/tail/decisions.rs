//! What was decided for traces, for those of their spans that come later.

use std::collections::VecDeque;

use opentelemetry::TraceId;
use rustc_hash::FxHashMap;

use super::reason::Reason;

/// What was decided for a trace.
#[derive(Clone, Copy, Debug)]
pub(super) enum Decision {
    Keep(Reason),
    NotSampled,
}

impl From<Option<Reason>> for Decision {
    fn from(reason: Option<Reason>) -> Self {
        reason.map_or(Self::NotSampled, Self::Keep)
    }
}

/// The last decisions.
#[derive(Debug)]
pub(super) struct Decisions {
    most: usize,
    known: FxHashMap<TraceId, Decision>,
    /// In the order in which they were made.
    order: VecDeque<TraceId>,
}

impl Decisions {
    pub(super) fn at_most(most: usize) -> Self {
        Self {
            most,
            known: FxHashMap::default(),
            order: VecDeque::new(),
        }
    }

    pub(super) fn remember(&mut self, id: TraceId, decision: Decision) {
        if self.known.insert(id, decision).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    pub(super) fn of(&self, id: TraceId) -> Option<Decision> {
        self.known.get(&id).copied()
    }
}
