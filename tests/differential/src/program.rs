//! A program of spans: the operations that it calls in OpenTelemetry's API.

use std::time::{Duration, SystemTime};

use floe_telemetry::config::Sampler;
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanContext, SpanKind};

/// Programs that run one after the other, with the same settings.
#[derive(Clone, Debug)]
pub struct Case {
    pub settings: Settings,
    pub programs: Vec<Program>,
}

#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub sampler: Sampler,
    /// The ratio, for samplers that use one.
    pub ratio: f64,
    /// The limit for attributes of a span, an event or a link.
    pub attributes: u32,
}

#[derive(Clone, Debug)]
pub struct Program {
    /// The operations of the program. An operation that needs a span has no effect before the program has started one.
    pub operations: Vec<Operation>,
    /// Whether the program appends a number to each key, so that no key occurs twice.
    pub numbers_keys: bool,
    /// Whether the program drops its spans before the contexts that are still attached.
    pub drops_spans_first: bool,
}

/// Selects a started span or an attached context: 0 is the last one, 1 the one before it, and numbers beyond the first
/// one wrap around.
#[derive(Clone, Copy, Debug)]
pub struct Pick(pub u8);

impl Pick {
    /// Returns the selected index of a list with this length, or `None` for an empty list.
    #[must_use]
    pub fn of(self, length: usize) -> Option<usize> {
        let back = usize::from(self.0).checked_rem(length)?;
        Some(length - 1 - back)
    }
}

#[derive(Clone, Debug)]
pub enum Operation {
    Start(Box<Start>),
    /// Moves a span into a new context, which is otherwise a copy of the current one, or empty.
    Share {
        span: Pick,
        in_current: bool,
    },
    Attach(Parent),
    /// Drops the guard of an attached context.
    Detach(Pick),
    Update(Pick, Update),
    /// Drops a span, or the program's reference to its context.
    Drop(Pick),
}

#[derive(Clone, Debug)]
pub struct Start {
    /// The index of the tracer.
    pub tracer: usize,
    pub parent: Parent,
    pub kind: Option<SpanKind>,
    pub time: Option<Time>,
    pub attributes: Option<Vec<KeyValue>>,
    pub events: Option<Vec<(Time, Vec<KeyValue>)>>,
    pub links: Option<Vec<(Target, Vec<KeyValue>)>>,
}

#[derive(Clone, Debug)]
pub enum Parent {
    /// The current context.
    Current,
    Of(Pick),
    /// A context with a span of another process.
    Remote(SpanContext),
    /// A context without a span.
    Empty,
}

/// The target of a link.
#[derive(Clone, Debug)]
pub enum Target {
    Span(Pick),
    /// A span of another process.
    Remote(SpanContext),
}

#[derive(Clone, Debug)]
pub enum Update {
    SetAttribute(KeyValue),
    SetAttributes(Vec<KeyValue>),
    AddEvent(Option<Time>, Vec<KeyValue>),
    AddLink(Target, Vec<KeyValue>),
    RecordError,
    SetStatus(Code),
    UpdateName,
    End,
    EndAt(Time),
    /// Sets this number of attributes. The next variants do the same for events and links.
    ManyAttributes(usize),
    ManyEvents(usize),
    ManyLinks(usize),
}

/// A status. The program adds a number to the description of an error.
#[derive(Clone, Copy, Debug)]
pub enum Code {
    Unset,
    Ok,
    Error,
    ErrorWithoutDescription,
}

/// Nanoseconds after `Time::BASE`. Times that a program sets are before `Time::LIMIT`, and times that the clock gives
/// are after it.
#[derive(Clone, Copy, Debug)]
pub struct Time(pub u32);

impl Time {
    const BASE: Duration = Duration::from_secs(1_500_000_000);
    const LIMIT: Duration = Duration::from_secs(1_500_000_010);

    #[must_use]
    pub fn at(self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Self::BASE + Duration::from_nanos(self.0.into())
    }

    /// Returns the nanoseconds since 1970 of a time that the program has set, and `None` for a time of the clock.
    #[must_use]
    pub fn set_by_program(time: SystemTime) -> Option<u128> {
        let since =
            time.duration_since(SystemTime::UNIX_EPOCH).ok().filter(|since| *since < Self::LIMIT);
        since.map(|since| since.as_nanos())
    }
}
