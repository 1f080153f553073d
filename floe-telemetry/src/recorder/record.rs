//! A span as the caller's thread leaves it.

use std::borrow::Cow;
use std::panic::Location;
use std::sync::Arc;

use opentelemetry::trace::{Event, Link, SpanContext, SpanKind, Status};
use opentelemetry::{InstrumentationScope, KeyValue, SpanId};

use crate::attributes::AttributeList;
use crate::callsite::CallSite;
use crate::clock::Moment;

/// How many events and how many links a span may have (OpenTelemetry's defaults).
const MAX_EVENTS: usize = 128;
const MAX_LINKS: usize = 128;

/// What made the span.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// Not said yet.
    Nowhere,
    /// A function with `#[traced]`.
    CallSite(&'static CallSite),
    /// `create_span`.
    Here(&'static Location<'static>),
    /// The plain OpenTelemetry API.
    Scope(Arc<InstrumentationScope>),
}

/// A span, open or finished. Nothing in it is redacted yet.
///
/// It is large, so it stays in one box from its start until the collector has read it. The box
/// then goes back to the thread it came from, to be used again.
#[derive(Debug)]
pub(crate) struct SpanRecord {
    pub(crate) context: SpanContext,
    pub(crate) parent: SpanId,
    pub(crate) parent_is_remote: bool,
    pub(crate) origin: Origin,
    /// `None`: the call site's name.
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) kind: SpanKind,
    pub(crate) start: Moment,
    pub(crate) end: Moment,
    pub(crate) attributes: AttributeList,
    /// The floe identity that baggage carried when the span started.
    pub(crate) identity: Option<Arc<[KeyValue]>>,
    pub(crate) status: Status,
    /// The `testing::capture` that the span belongs to.
    #[cfg(feature = "testing")]
    pub(crate) capture: Option<u64>,
    /// What few spans have.
    pub(crate) more: Option<Box<More>>,
}

#[derive(Debug, Default)]
pub(crate) struct More {
    pub(crate) events: Vec<Event>,
    pub(crate) dropped_events: u32,
    pub(crate) links: Vec<Link>,
    pub(crate) dropped_links: u32,
}

impl SpanRecord {
    /// A span that says nothing yet.
    pub(crate) fn blank() -> Self {
        let now = Moment::now();
        Self {
            context: SpanContext::NONE,
            parent: SpanId::INVALID,
            parent_is_remote: false,
            origin: Origin::Nowhere,
            name: None,
            kind: SpanKind::Internal,
            start: now,
            end: now,
            attributes: AttributeList::default(),
            identity: None,
            status: Status::Unset,
            #[cfg(feature = "testing")]
            capture: None,
            more: None,
        }
    }

    /// Whether no span of this process is above it.
    #[cfg(feature = "provider")]
    pub(crate) fn is_root(&self) -> bool {
        self.parent == SpanId::INVALID || self.parent_is_remote
    }

    /// Frees what the span held, so that its box can be used again.
    #[cfg(feature = "provider")]
    pub(crate) fn clear(&mut self) {
        self.context = SpanContext::NONE;
        self.origin = Origin::Nowhere;
        self.name = None;
        self.attributes.clear();
        self.identity = None;
        self.status = Status::Unset;
        #[cfg(feature = "testing")]
        {
            self.capture = None;
        }
        self.more = None;
    }

    pub(super) fn add_event(&mut self, event: Event) {
        let more = self.more.get_or_insert_default();
        if more.events.len() < MAX_EVENTS {
            more.events.push(event);
        } else {
            more.dropped_events += 1;
        }
    }

    pub(super) fn add_link(&mut self, link: Link) {
        let more = self.more.get_or_insert_default();
        if more.links.len() < MAX_LINKS {
            more.links.push(link);
        } else {
            more.dropped_links += 1;
        }
    }

    /// OK is final, and nothing goes back to unset
    /// ([Set Status](https://opentelemetry.io/docs/specs/otel/trace/api/#set-status)).
    pub(super) fn set_status(&mut self, status: Status) {
        if status > self.status
            || matches!(
                (&status, &self.status),
                (Status::Error { .. }, Status::Error { .. })
            )
        {
            self.status = status;
        }
    }
}
