//! The spans and log records of a recording. All texts are redacted.

#![expect(clippy::exhaustive_structs, clippy::exhaustive_enums, reason = "data of OTLP")]

use std::fmt;
use std::sync::Arc;

use itertools::Itertools as _;
use serde_json::{Map, Value as Json};

/// A text. Equal texts usually share their memory.
pub type Text = Arc<str>;

/// The id of a trace: 16 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(pub u128);

/// The id of a span: 8 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(pub u64);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The kind of a span: its side of a communication.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Work inside a program, or an unspecified kind.
    #[default]
    Internal,
    /// The handling of a request.
    Server,
    /// The sending of a request.
    Client,
    /// The creation of a message.
    Producer,
    /// The handling of a message.
    Consumer,
}

impl Kind {
    /// Returns the kind with this number in OTLP.
    pub(crate) const fn of(number: i32) -> Self {
        match number {
            2 => Self::Server,
            3 => Self::Client,
            4 => Self::Producer,
            5 => Self::Consumer,
            _ => Self::Internal,
        }
    }

    /// Returns OpenTelemetry's word: `internal`, `server`, `client`, `producer` or `consumer`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }
}

/// The status of a span.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Status {
    /// No status was set.
    #[default]
    Unset,
    /// The program declared success.
    Ok,
    /// The span failed. The description may be empty.
    Error(Text),
}

/// The value of an attribute.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// No value.
    #[default]
    Empty,
    /// A text.
    Text(Text),
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// Bytes.
    Bytes(Box<[u8]>),
    /// A list.
    List(Box<[Value]>),
    /// Keys with values.
    Map(Box<[(Text, Value)]>),
}

impl Value {
    /// Returns the text, if the value is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the integer, if the value is one.
    #[must_use]
    pub const fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(*int),
            _ => None,
        }
    }
}

/// Writes a value for people: a text without quotes, lists in brackets, maps in braces, bytes as hexadecimal digits.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Double(value) => write!(f, "{value}"),
            Self::Bytes(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Self::List(values) => write!(f, "[{}]", values.iter().format(", ")),
            Self::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| format!("{key}: {value}"));
                write!(f, "{{{}}}", entries.format(", "))
            }
        }
    }
}

/// Bytes become hexadecimal digits, and numbers that JSON cannot express become `null`.
impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        match value {
            Value::Empty => Self::Null,
            Value::Bool(value) => Self::from(*value),
            Value::Int(value) => Self::from(*value),
            Value::Double(value) => Self::from(*value),
            Value::Text(text) => Self::from(&**text),
            Value::Bytes(_) => Self::from(value.to_string()),
            Value::List(values) => values.iter().map(Self::from).collect(),
            Value::Map(entries) => Self::from(json_of(entries)),
        }
    }
}

/// Returns attributes as JSON.
#[must_use]
pub fn json_of(attributes: &[(Text, Value)]) -> Map<String, Json> {
    attributes.iter().map(|(key, it)| (key.to_string(), Json::from(it))).collect()
}

pub(crate) fn value_of<'a>(attributes: &'a [(Text, Value)], key: &str) -> Option<&'a Value> {
    attributes.iter().find(|(it, _)| **it == *key).map(|(_, it)| it)
}

/// Attributes, in the order of the file.
pub type Attributes = Box<[(Text, Value)]>;

/// An event of a span.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    /// The time of the event, in nanoseconds since 1970.
    pub time: u64,
    /// The name.
    pub name: Text,
    /// The attributes.
    pub attributes: Attributes,
}

/// A link to another span.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Link {
    /// The trace of the other span.
    pub trace: TraceId,
    /// The other span.
    pub span: SpanId,
    /// The attributes of the link.
    pub attributes: Attributes,
}

/// A span.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Span {
    /// The trace.
    pub trace: TraceId,
    /// The id.
    pub id: SpanId,
    /// The id of the parent, which may be missing from the recording. `None` for the root of a trace.
    pub parent: Option<SpanId>,
    /// The name.
    pub name: Text,
    /// The kind.
    pub kind: Kind,
    /// The start, in nanoseconds since 1970.
    pub start: u64,
    /// The end, in nanoseconds since 1970; never before the start.
    pub end: u64,
    /// The status of the span.
    pub status: Status,
    /// The source of the span: an index in [`Recording::sources`].
    pub source: usize,
    /// The attributes.
    pub attributes: Attributes,
    /// The events, sorted by time.
    pub events: Box<[Event]>,
    /// The links.
    pub links: Box<[Link]>,
}

/// The attributes with the status code of a call: two of HTTP, and two of RPC.
const STATUS_CODES: [&str; 4] = [
    "http.response.status_code",
    "http.status_code",
    "rpc.grpc.status_code",
    "rpc.response.status_code",
];

impl Span {
    /// Returns the duration of the span, in nanoseconds.
    #[must_use]
    pub const fn duration(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether the status is an error.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        matches!(self.status, Status::Error(_))
    }

    /// Whether the status is an error, or is unset and a gRPC or HTTP status code is an error.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        let first = |keys: &[&str]| keys.iter().find_map(|key| self.attribute(key));
        let failed = || {
            let [http, rpc] = [first(&STATUS_CODES[..2]), first(&STATUS_CODES[2..])];
            let http = http.and_then(|it| it.to_string().parse::<u16>().ok());
            let least = if self.kind == Kind::Client { 400 } else { 500 };
            let is_call = self.kind != Kind::Server;
            is_call && rpc.is_some_and(|it| !matches!(&*it.to_string(), "0" | "OK"))
                || http.is_some_and(|it| it >= least)
        };
        self.is_error() || self.status == Status::Unset && failed()
    }

    /// Returns the type of the error of a failed span and its status code, as far as attributes state them.
    pub(crate) fn failure(&self) -> String {
        let code = STATUS_CODES.into_iter().find_map(|key| self.attribute(key));
        let error = self.attribute("error.type").map(|it| format!("`{it}`"));
        let code = code.map(|it| format!("`{it}`")).filter(|it| error.as_ref() != Some(it));
        [error, code].into_iter().flatten().join(" and ")
    }

    /// Returns the value of an attribute.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        value_of(&self.attributes, key)
    }
}

/// The names of the ranges of severity numbers.
const LEVELS: [&str; 7] = ["", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/// A log record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    /// The trace of the record; 0 without a trace.
    pub trace: TraceId,
    /// The span of the record; 0 without a span.
    pub span: SpanId,
    /// The time of the occurrence, or else of the observation, in nanoseconds since 1970.
    pub time: u64,
    /// The severity number, 1 to 24; 0 without a severity.
    pub severity: u8,
    /// The name of the event; empty if the record is no event.
    pub event_name: Text,
    /// The body.
    pub body: Value,
    /// The attributes.
    pub attributes: Attributes,
    /// The source of the record: an index in [`Recording::sources`].
    pub source: usize,
}

impl Log {
    /// Returns the name of the severity's range: `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR` or `FATAL`; empty without a
    /// severity.
    #[must_use]
    pub fn level(&self) -> &'static str {
        let range = usize::from(self.severity.div_ceil(4));
        LEVELS.get(range).copied().unwrap_or_default()
    }
}

/// The source of spans: a resource and an instrumentation scope.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Source {
    /// The resource's `service.name`; empty without a service.
    pub service: Text,
    /// The attributes of the resource.
    pub resource: Attributes,
    /// The name of the instrumentation scope.
    pub scope: Text,
    /// The version of the instrumentation scope.
    pub version: Text,
}

/// A problem in the files that were read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Note {
    /// The first place of the problem, such as `file:12`, `file, byte 12`, or a trace and a span.
    pub place: String,
    /// The description of the problem.
    pub message: String,
    /// The number of occurrences.
    pub times: usize,
}

impl Note {
    pub(crate) fn of_span(span: &Span, message: String, times: usize) -> Self {
        let place = format!("trace {}, span {}", span.trace, span.id);
        Self { place, message, times }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)?;
        if self.times > 1 {
            write!(f, " ({} times)", self.times)?;
        }
        Ok(())
    }
}

/// All spans and log records that were read.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// The spans, in the order of the files.
    pub spans: Vec<Span>,
    /// The log records, in the order of the files.
    pub logs: Vec<Log>,
    /// The sources of spans and log records.
    pub sources: Vec<Source>,
    /// The problems in the files.
    pub notes: Vec<Note>,
}

impl Recording {
    /// Adds a span with its source.
    pub fn add_span(&mut self, mut span: Span, source: Source) {
        // The search is short, because there are few sources and usually the last one matches.
        let known = self.sources.iter().rposition(|it| *it == source);
        span.source = known.unwrap_or_else(|| {
            self.sources.push(source);
            self.sources.len() - 1
        });
        self.spans.push(span);
    }

    /// Returns the service that emitted a span, or an empty text.
    #[must_use]
    pub fn service(&self, span: &Span) -> &str {
        self.sources.get(span.source).map_or("", |source| &source.service)
    }
}
