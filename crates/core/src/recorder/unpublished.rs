//! What `published` has, without the feature `thread-context`: nothing.

use opentelemetry::trace::SpanContext;
use opentelemetry::{Context, SpanId, TraceId};

use super::recording::Recording;
use crate::callsite::CallSite;

#[derive(Clone, Copy, Debug)]
pub(super) struct Site;

impl Site {
    pub(super) const NONE: Self = Self;

    pub(super) const fn of(_: Option<&'static CallSite>) -> Self {
        Self
    }

    pub(super) const fn published(_: TraceId, _: SpanId) -> Self {
        Self
    }

    pub(super) const fn in_context(_: &Context) -> Self {
        Self
    }
}

pub(super) const fn forked() {}

pub(super) const fn list(_: &Recording, _: Site) {}

#[derive(Debug)]
pub struct Published;

impl Published {
    pub(super) const fn recording(_: &Recording) -> Self {
        Self
    }

    pub(super) const fn context(_: &Context, _: Site) -> Self {
        Self
    }

    pub(super) const fn below_current(_: SpanId, _: Option<&'static CallSite>) -> Self {
        Self
    }

    pub(super) const fn below(_: &SpanContext, _: SpanId, _: Site) -> Self {
        Self
    }
}

pub(super) const fn unsampled_id() -> SpanId {
    SpanId::INVALID
}
