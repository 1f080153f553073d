//! Reads OTLP: JSON lines, JSON documents and protobuf, compressed with gzip or not.
//!
//! JSON lines are what floe-telemetry's exporter `otlp_file` and the Collector's file exporter write; protobuf is the
//! body of an OTLP request, or the Collector's file exporter with `format: proto`. What cannot be read becomes a
//! [`Note`] with its place, and the rest is read.

mod json;

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use floe_redact::REDACTED;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs};
use opentelemetry_proto::tonic::metrics::v1::ResourceMetrics;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span as ProtoSpan};
use prost::Message as _;
use rustc_hash::FxHashMap;
use serde::de::IgnoredAny;
use serde_json::Value as Json;

use crate::conventions::Conventions;
use crate::span::{
    Attributes, Event, Kind, Link, Log, Note, Recording, Source, Span, SpanId, Status, Text,
    TraceId, Value,
};
use crate::text::Texts;

/// The largest line or message, in bytes.
pub const LARGEST_MESSAGE: usize = 64 << 20;

/// How many different notes are kept.
const MOST_NOTES: usize = 100;

/// How deep lists and maps in a value may be.
const DEEPEST: usize = 32;

/// Reads OTLP into one [`Recording`].
///
/// All texts are redacted as floe-telemetry redacts them.
///
/// ```
/// use floe_trace::read::Reader;
///
/// let mut reader = Reader::new();
/// reader.read(
///     "example",
///     br#"{"resourceSpans": [{"scopeSpans": [{"spans": [{
///         "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "load",
///         "startTimeUnixNano": "1000", "endTimeUnixNano": "3000"}]}]}]}"#.as_slice(),
/// )?;
/// let recording = reader.finish();
/// assert_eq!(&*recording.spans[0].name, "load");
/// assert_eq!(recording.spans[0].duration(), 2000);
/// # Ok::<(), floe_trace::read::Unreadable>(())
/// ```
#[derive(Debug)]
pub struct Reader {
    recording: Recording,
    texts: Texts,
    notes: FxHashMap<String, usize>,
    sources: FxHashMap<Vec<u8>, u32>,
    /// An estimate of the memory of all records without their texts, in bytes.
    bytes: usize,
    max_bytes: usize,
    /// What is compared with the semantic conventions instead of being kept.
    conventions: Option<Conventions>,
    /// How many resources have been read.
    resources: usize,
    /// Where the current message is.
    place: Place,
}

/// A place in a file.
#[derive(Clone, Debug, Default)]
struct Place {
    file: String,
    /// `:12`, or `, byte 12`.
    at: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.file, self.at)
    }
}

/// Why a file contributes nothing.
#[derive(Debug)]
#[non_exhaustive]
pub enum Unreadable {
    /// It could not be read.
    Io(
        /// The name of the file.
        String,
        /// The error.
        io::Error,
    ),
    /// It is no OTLP.
    Format(
        /// What was expected, what was found, and where.
        String,
    ),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(file, error) => write!(f, "{file}: cannot be read: {error}"),
            Self::Format(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Unreadable {}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// Creates a reader that keeps at most about 1 GiB.
    #[must_use]
    pub fn new() -> Self {
        Self {
            recording: Recording::default(),
            texts: Texts::default(),
            notes: FxHashMap::default(),
            sources: FxHashMap::default(),
            bytes: 0,
            max_bytes: 1 << 30,
            conventions: None,
            resources: 0,
            place: Place::default(),
        }
    }

    /// Sets how much memory spans and log records may take, in bytes, as an estimate. What comes after is counted in
    /// a note. Default: 1 GiB.
    #[must_use]
    pub const fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Compares spans, log records and metrics with OpenTelemetry's semantic conventions instead of keeping them. Metrics
    /// are compared if they are JSON.
    #[must_use]
    pub fn check_conventions(mut self) -> Self {
        self.conventions = Some(Conventions::default());
        self
    }

    /// Returns how what has been read differs from OpenTelemetry's semantic conventions: a note for each difference, with
    /// the place where it was found first. Empty without [`check_conventions`](Self::check_conventions).
    #[must_use]
    pub fn differences(&self) -> Vec<Note> {
        let conventions = self.conventions.as_ref();
        conventions.map_or_else(Vec::new, |it| it.differences(&self.texts))
    }

    /// Returns what has been read.
    #[must_use]
    pub fn finish(self) -> Recording {
        self.recording
    }

    /// Returns what has been read until now.
    #[must_use]
    pub const fn recording(&self) -> &Recording {
        &self.recording
    }

    /// Reads a file to its end. The name is for messages.
    ///
    /// # Errors
    /// The file cannot be read, or nothing in it is OTLP. Damage in a file that has some becomes a note.
    pub fn read(&mut self, name: &str, input: impl Read) -> Result<(), Unreadable> {
        self.place = Place {
            file: name.to_owned(),
            at: String::new(),
        };
        let mut input = BufReader::with_capacity(1 << 16, input);
        let io = |error| Unreadable::Io(name.to_owned(), error);
        if input.fill_buf().map_err(io)?.starts_with(&[0x1f, 0x8b]) {
            self.uncompressed(BufReader::with_capacity(
                1 << 16,
                MultiGzDecoder::new(input),
            ))
        } else {
            self.uncompressed(input)
        }
    }

    fn uncompressed(&mut self, mut input: impl BufRead) -> Result<(), Unreadable> {
        let before = self.resources;
        let notes = self.recording.notes.len();
        let format = match format_of(&mut input) {
            Ok(format) => format,
            Err(error) => return Err(self.io(error)),
        };
        let result = match format {
            Format::Json => self.json(input),
            Format::Framed => self.framed(input),
            Format::Messages => self.messages(input),
            Format::Other(found) => Err(self.expected(found)),
        };
        let nothing = before == self.resources;
        match result {
            Err(Unreadable::Io(file, error)) if !nothing => {
                let message = format!("the rest of the file cannot be read: {error}");
                self.place = Place {
                    file,
                    at: String::new(),
                };
                self.note(message);
                Ok(())
            }
            Err(Unreadable::Format(_)) if !nothing => Ok(()),
            Err(error) => {
                // The error says it all.
                self.recording.notes.truncate(notes);
                self.notes.retain(|_, at| *at < notes);
                Err(error)
            }
            Ok(()) => Ok(()),
        }
    }

    fn expected(&self, found: &str) -> Unreadable {
        Unreadable::Format(format!(
            "{}: expected OTLP, as JSON or protobuf, found {found}",
            self.place
        ))
    }

    fn io(&self, error: io::Error) -> Unreadable {
        Unreadable::Io(self.place.file.clone(), error)
    }

    /// JSON: a request in each line, or documents of many lines.
    fn json(&mut self, mut input: impl BufRead) -> Result<(), Unreadable> {
        let mut line = Vec::new();
        let mut unreadable = None;
        let mut readable = 0_usize;
        for number in 1.. {
            line.clear();
            let mut part = input.by_ref().take(LARGEST_MESSAGE as u64);
            if part
                .read_until(b'\n', &mut line)
                .map_err(|error| self.io(error))?
                == 0
            {
                break;
            }
            let is_cut = part.limit() == 0 && line.last() != Some(&b'\n');
            self.place.at = format!(":{number}");
            if is_cut {
                skip_line(&mut input).map_err(|error| self.io(error))?;
                self.note(format!(
                    "expected at most {LARGEST_MESSAGE} bytes in a line, found more; it is left out"
                ));
                continue;
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            // The first line may be only the beginning of a document.
            if readable == 0 && unreadable.is_none() && opens(&line) {
                self.place.at.clear();
                // The whole document is read at once, so its size is what a line's is.
                let mut rest = input.take((LARGEST_MESSAGE * 4) as u64);
                rest.read_to_end(&mut line)
                    .map_err(|error| self.io(error))?;
                (readable, unreadable) = self.documents(&line, None);
                break;
            }
            let (found, refused) = self.documents(&line, Some(number));
            readable += found;
            unreadable = unreadable.or(refused);
        }
        match unreadable {
            Some(message) if readable == 0 => Err(Unreadable::Format(message)),
            _ => Ok(()),
        }
    }

    /// Reads the documents of a line, or of a whole file. Returns how many are OTLP, and why the first of the others
    /// is not.
    fn documents(&mut self, text: &[u8], line: Option<usize>) -> (usize, Option<String>) {
        let mut text = Cow::Borrowed(text);
        let (mut readable, mut refused) = (0, None);
        let (mut begin, mut above) = (0, line.unwrap_or(1));
        loop {
            let rest = text.get(begin..).unwrap_or_default();
            if rest.trim_ascii().is_empty() {
                return (readable, refused);
            }
            let error = match json::document(rest) {
                Ok(document) => {
                    begin += document.end;
                    let (is_otlp, message) = self.document(document);
                    readable += usize::from(is_otlp);
                    refused = refused.or(message);
                    continue;
                }
                Err(error) => error,
            };
            let lines = |text: &[u8]| text.split(|byte| *byte == b'\n').count() - 1;
            above += lines(text.get(..begin).unwrap_or_default());
            if let Cow::Owned(whole) = json::with_whole_characters(rest) {
                (text, begin) = (Cow::Owned(whole), 0);
                continue;
            }
            let found = match (error.is_eof(), line) {
                (true, Some(_)) => "a line that is cut".to_owned(),
                (true, None) => "a document that is cut".to_owned(),
                (false, _) => {
                    let line = above + error.line() - 1;
                    self.place.at = format!(":{line}:{}", error.column());
                    self.texts.redacted(&reason(&error))
                }
            };
            let message = format!("expected requests of OTLP as JSON, found {found}");
            refused = refused.or_else(|| Some(format!("{}: {message}", self.place)));
            self.note(message);
            return (readable, refused);
        }
    }

    /// Adds a document. Returns whether it is OTLP, and why not.
    fn document(&mut self, document: json::Document) -> (bool, Option<String>) {
        for error in &document.reasons {
            let found = self.texts.redacted(&reason(error));
            self.note(format!(
                "expected a span or a log record of OTLP, found {found}; it is left out"
            ));
        }
        let is_foreign = !document.foreign.is_empty();
        let mut is_otlp = !is_foreign;
        let mut refused = None;
        for request in document.requests {
            if !request.is_empty() {
                is_otlp = true;
                request
                    .spans
                    .into_iter()
                    .flatten()
                    .for_each(|it| self.add_spans(it));
                request
                    .logs
                    .into_iter()
                    .flatten()
                    .for_each(|it| self.add_logs(it));
                request
                    .metrics
                    .into_iter()
                    .flatten()
                    .for_each(|it| self.add_metrics(it));
                continue;
            }
            let found = if is_foreign {
                let fields = document.foreign.iter().map(|it| format!("`{it}`"));
                self.texts.redacted(&fields.collect::<Vec<_>>().join(", "))
            } else {
                "none of them".to_owned()
            };
            let message = format!(
                "expected `resourceSpans`, `resourceLogs` or `resourceMetrics`, found {found}"
            );
            refused = Some(format!("{}: {message}", self.place));
            self.note(message);
        }
        (is_otlp, refused)
    }

    /// Messages with their length before them.
    fn framed(&mut self, mut input: impl BufRead) -> Result<(), Unreadable> {
        let mut offset = 0_usize;
        loop {
            self.place.at = format!(", byte {offset}");
            let mut length = [0; 4];
            match fill(&mut input, &mut length).map_err(|error| self.io(error))? {
                0 => return Ok(()),
                4 => {}
                _ => return self.cut(),
            }
            let length = u32::from_be_bytes(length) as usize;
            if length == 0 || length > LARGEST_MESSAGE {
                return self.damaged(&format!(
                    "expected a message of 1 to {LARGEST_MESSAGE} bytes, found one of {length}"
                ));
            }
            let mut message = vec![0; length];
            if fill(&mut input, &mut message).map_err(|error| self.io(error))? < length {
                return self.cut();
            }
            offset += 4 + length;
            if self.messages(message.as_slice()).is_err() {
                return self.damaged("expected a message of OTLP, found something else");
            }
        }
    }

    /// The body of requests: resources with their spans or log records, one after the other.
    fn messages(&mut self, mut input: impl BufRead) -> Result<(), Unreadable> {
        let mut offset = 0_usize;
        let at = self.place.at.clone();
        loop {
            if at.is_empty() {
                self.place.at = format!(", byte {offset}");
            }
            let mut byte = [0];
            if fill(&mut input, &mut byte).map_err(|error| self.io(error))? == 0 {
                return Ok(());
            }
            // Field 1, the only one of a request, of a type with a length.
            if byte != [0x0a] {
                return self.damaged("expected a message of OTLP, found something else");
            }
            let (mut length, mut shift) = (0_usize, 0);
            loop {
                if fill(&mut input, &mut byte).map_err(|error| self.io(error))? == 0 {
                    return self.cut();
                }
                length |= usize::from(byte[0] & 0x7f) << shift;
                shift += 7;
                offset += 1;
                if byte[0] < 0x80 {
                    break;
                }
                if shift > 28 {
                    return self.damaged("expected a message of OTLP, found something else");
                }
            }
            if length > LARGEST_MESSAGE {
                return self.damaged(&format!(
                    "expected a message of at most {LARGEST_MESSAGE} bytes, found one of {length}"
                ));
            }
            let mut message = vec![0; length];
            if fill(&mut input, &mut message).map_err(|error| self.io(error))? < length {
                return self.cut();
            }
            offset += 1 + length;
            // A log record is no valid span, because the first field of the one is a number, and that of the other an id.
            if let Ok(spans) = ResourceSpans::decode(message.as_slice()) {
                self.add_spans(spans);
            } else if let Ok(logs) = ResourceLogs::decode(message.as_slice()) {
                self.add_logs(logs);
            } else {
                return self.damaged("expected spans or log records of OTLP, found something else");
            }
        }
    }

    fn cut(&mut self) -> Result<(), Unreadable> {
        self.damaged("expected a whole message, found the end of the file")
    }

    /// What cannot be skipped ends the file.
    fn damaged(&mut self, message: &str) -> Result<(), Unreadable> {
        self.note(message.to_owned());
        Err(Unreadable::Format(format!("{}: {message}", self.place)))
    }

    fn note(&mut self, message: String) {
        if let Some(known) = self.notes.get(&message) {
            if let Some(note) = self.recording.notes.get_mut(*known) {
                note.times += 1;
            }
        } else if self.recording.notes.len() < MOST_NOTES {
            self.notes
                .insert(message.clone(), self.recording.notes.len());
            self.recording.notes.push(Note {
                place: self.place.to_string(),
                message,
                times: 1,
            });
        }
    }

    /// Whether there is memory for one more record.
    fn has_room(&mut self) -> bool {
        let room = self.bytes + self.texts.bytes < self.max_bytes;
        if !room {
            let most = self.max_bytes >> 20;
            self.note(format!(
                "there is no memory for more than {most} MiB; spans and log records from here on are left out"
            ));
        }
        room
    }

    /// Adds the spans of a resource, as an exporter sends them.
    pub fn add_spans(&mut self, spans: ResourceSpans) {
        if let Some(conventions) = self.next_conventions() {
            return conventions.spans(&spans);
        }
        let resource = spans.resource.unwrap_or_default();
        for scope in spans.scope_spans {
            let source = self.source(&resource, &scope.scope.unwrap_or_default());
            for span in scope.spans {
                if self.has_room() {
                    self.span(span, source);
                }
            }
        }
    }

    /// Adds the log records of a resource, as an exporter sends them.
    pub fn add_logs(&mut self, logs: ResourceLogs) {
        if let Some(conventions) = self.next_conventions() {
            return conventions.logs(&logs);
        }
        let resource = logs.resource.unwrap_or_default();
        for scope in logs.scope_logs {
            let source = self.source(&resource, &scope.scope.unwrap_or_default());
            for log in scope.log_records {
                if self.has_room() {
                    self.log(log, source);
                }
            }
        }
    }

    fn add_metrics(&mut self, metrics: Json) {
        let Some(conventions) = self.next_conventions() else {
            return;
        };
        match serde_json::from_value::<ResourceMetrics>(metrics) {
            Ok(metrics) => conventions.metrics(&metrics),
            Err(error) => {
                let found = self.texts.redacted(&reason(&error));
                self.note(format!("expected metrics of OTLP as JSON, found {found}"));
            }
        }
    }

    /// What the resource that is next is compared with.
    fn next_conventions(&mut self) -> Option<&mut Conventions> {
        self.resources += 1;
        let conventions = self.conventions.as_mut()?;
        conventions.set_place(self.place.to_string());
        Some(conventions)
    }

    fn source(&mut self, resource: &Resource, scope: &InstrumentationScope) -> u32 {
        let mut bytes = resource.encode_length_delimited_to_vec();
        bytes.extend(scope.encode_to_vec());
        if let Some(known) = self.sources.get(&bytes) {
            return *known;
        }
        let attributes = self.attributes(resource.attributes.clone());
        let service = attributes.iter().find(|(key, _)| &**key == "service.name");
        let service = service
            .and_then(|(_, value)| value.as_str())
            .unwrap_or_default();
        let source = Source {
            service: service.into(),
            scope: self.texts.text(&scope.name),
            version: self.texts.text(&scope.version),
            resource: attributes,
        };
        let index = u32::try_from(self.recording.sources.len()).unwrap_or(u32::MAX);
        self.bytes += bytes.len();
        self.recording.sources.push(source);
        self.sources.insert(bytes, index);
        index
    }

    fn span(&mut self, span: ProtoSpan, source: u32) {
        let (Some(trace), Some(id)) = (trace_id(&span.trace_id), span_id(&span.span_id)) else {
            self.note(
                "expected a trace id of 16 bytes and a span id of 8, not only zeros, found something else; the span is \
                 left out"
                    .to_owned(),
            );
            return;
        };
        let parent = span_id(&span.parent_span_id);
        if parent.is_none() && span.parent_span_id.iter().any(|byte| *byte != 0) {
            self.note(
                "expected a parent's id of 8 bytes, found something else; the span is a root"
                    .to_owned(),
            );
        }
        let (start, mut end) = (span.start_time_unix_nano, span.end_time_unix_nano);
        if start == 0 {
            self.note("expected the start of a span, found 0".to_owned());
        }
        if end < start {
            self.note(if end == 0 {
                "expected the end of a span, found 0; it is shown without a duration".to_owned()
            } else {
                "expected the end of a span after its start, found it before; it is shown without a duration".to_owned()
            });
            end = start;
        }
        let status = span.status.unwrap_or_default();
        let status = match StatusCode::try_from(status.code) {
            Ok(StatusCode::Ok) => Status::Ok,
            Ok(StatusCode::Error) => Status::Error(self.texts.text(&status.message)),
            _ => Status::Unset,
        };
        let mut events: Vec<_> = span
            .events
            .into_iter()
            .map(|event| Event {
                time: event.time_unix_nano,
                name: self.texts.text(&event.name),
                attributes: self.attributes(event.attributes),
            })
            .collect();
        events.sort_by_key(|event| event.time);
        let links = span
            .links
            .into_iter()
            .filter_map(|link| {
                Some(Link {
                    trace: trace_id(&link.trace_id)?,
                    span: span_id(&link.span_id)?,
                    attributes: self.attributes(link.attributes),
                })
            })
            .collect();
        let span = Span {
            trace,
            id,
            parent,
            name: self.texts.text(&span.name),
            kind: Kind::of(span.kind),
            start,
            end,
            shifted: 0,
            status,
            source,
            attributes: self.attributes(span.attributes),
            events: events.into_boxed_slice(),
            links,
        };
        self.bytes += size_of::<Span>()
            + size_of_val(&*span.attributes)
            + size_of_val(&*span.events)
            + size_of_val(&*span.links);
        self.recording.spans.push(span);
    }

    fn log(&mut self, log: LogRecord, source: u32) {
        let log = Log {
            trace: trace_id(&log.trace_id).unwrap_or_default(),
            span: span_id(&log.span_id).unwrap_or_default(),
            time: if log.time_unix_nano == 0 {
                log.observed_time_unix_nano
            } else {
                log.time_unix_nano
            },
            severity: u8::try_from(log.severity_number).unwrap_or_default(),
            event_name: self.texts.text(&log.event_name),
            body: self.value("", log.body, 0),
            attributes: self.attributes(log.attributes),
            source,
        };
        self.bytes += size_of::<Log>() + size_of_val(&*log.attributes);
        self.recording.logs.push(log);
    }

    fn attributes(&mut self, attributes: Vec<KeyValue>) -> Attributes {
        let attributes = attributes.into_iter();
        attributes.map(|it| self.attribute("", it, 0)).collect()
    }

    /// An attribute, or an entry of a map: below a key whose values are secrets, those of its entries are.
    fn attribute(&mut self, above: &str, attribute: KeyValue, depth: usize) -> (Text, Value) {
        let key = self.texts.text(&attribute.key);
        let meaning = if self.texts.is_secret(above) {
            above
        } else {
            &attribute.key
        };
        (key, self.value(meaning, attribute.value, depth))
    }

    fn value(&mut self, key: &str, value: Option<AnyValue>, depth: usize) -> Value {
        match value.and_then(|value| value.value) {
            Some(Any::StringValue(text)) => Value::Text(self.texts.value(key, &text)),
            Some(Any::BoolValue(value)) => Value::Bool(value),
            Some(Any::IntValue(value)) => self.number(key, Value::Int(value)),
            Some(Any::DoubleValue(value)) => self.number(key, Value::Double(value)),
            Some(Any::BytesValue(bytes)) => {
                self.bytes += bytes.len();
                let text = std::str::from_utf8(&bytes).unwrap_or_default();
                if self.texts.redacted(text) != text {
                    return Value::Text(self.texts.value(key, text));
                }
                self.number(key, Value::Bytes(bytes.into_boxed_slice()))
            }
            Some(Any::ArrayValue(list)) if depth < DEEPEST => {
                let mut values = Vec::with_capacity(list.values.len());
                let mut option = String::new();
                for value in list.values {
                    let next = match &value.value {
                        Some(Any::StringValue(text)) if text.starts_with('-') => text.clone(),
                        _ => String::new(),
                    };
                    values.push(match self.argument(&option, &value) {
                        Some(argument) => argument,
                        None => self.value(key, Some(value), depth + 1),
                    });
                    option = next;
                }
                let values = values.into_boxed_slice();
                self.bytes += size_of_val(&*values);
                Value::List(values)
            }
            Some(Any::KvlistValue(map)) if depth < DEEPEST => {
                let entries = map.values.into_iter();
                let entries: Box<[_]> = entries
                    .map(|it| self.attribute(key, it, depth + 1))
                    .collect();
                self.bytes += size_of_val(&*entries);
                Value::Map(entries)
            }
            _ => Value::Empty,
        }
    }

    /// The argument of an option that says it is a secret, as in `["--password", "…"]`.
    fn argument(&self, option: &str, value: &AnyValue) -> Option<Value> {
        let Some(Any::StringValue(text)) = &value.value else {
            return None;
        };
        if option.is_empty() {
            return None;
        }
        let line = format!("{option} {text}");
        let redacted = self.texts.redacted(&line);
        let argument = redacted.strip_prefix(option)?.strip_prefix(' ')?;
        // In a line the argument would end at a space.
        let is_secret = argument.starts_with(REDACTED) && !text.starts_with(REDACTED);
        let safe = if is_secret { REDACTED } else { argument };
        (safe != text).then(|| Value::Text(safe.into()))
    }

    /// A value without text below a key whose values are secrets.
    fn number(&mut self, key: &str, value: Value) -> Value {
        if self.texts.is_secret(key) {
            Value::Text(REDACTED.into())
        } else {
            value
        }
    }
}

/// What the first bytes of a file say.
enum Format {
    Json,
    /// The Collector's file exporter writes the length of each message before it, as four bytes.
    Framed,
    Messages,
    Other(&'static str),
}

/// Looks at the beginning of a file, past a byte order mark and blanks.
fn format_of(input: &mut impl BufRead) -> io::Result<Format> {
    if input.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        input.consume(3);
    }
    loop {
        let begin = input.fill_buf()?;
        let length = begin.len();
        let text = begin.trim_ascii_start();
        return Ok(match (begin, text) {
            ([], _) => Format::Other("an empty file"),
            (_, []) => {
                input.consume(length);
                continue;
            }
            // Of a message, the first byte is a line's end, and the second, its length, may be a bracket.
            ([0x0a, ..], [b'{', rest @ ..]) if opens_object(rest) => Format::Json,
            ([0x0a, ..], [b'[', rest @ ..]) if rest.trim_ascii_start().starts_with(b"{") => {
                Format::Json
            }
            ([0x0a, ..], _) => Format::Messages,
            (_, [b'{' | b'[', ..]) => Format::Json,
            ([0, ..], _) => Format::Framed,
            ([0x28, 0xb5, 0x2f, 0xfd, ..], _) => {
                Format::Other("a file compressed with zstd, which `zstd -d` decompresses")
            }
            ([0xff, 0xfe, ..] | [0xfe, 0xff, ..], _) => {
                Format::Other("text in UTF-16, which `iconv -f UTF-16 -t UTF-8` converts")
            }
            _ => Format::Other("something else"),
        });
    }
}

fn opens_object(text: &[u8]) -> bool {
    match text.trim_ascii_start() {
        [b'"', first, ..] => first.is_ascii_alphabetic(),
        [b'}', ..] => true,
        _ => false,
    }
}

/// Whether a line is the beginning of a longer document.
fn opens(line: &[u8]) -> bool {
    let error = serde_json::from_slice::<IgnoredAny>(line).err();
    error.is_some_and(|error| error.is_eof())
}

/// What `serde_json` says, without the place and without the value, which may be that of a key for secrets.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(&*text, |(it, _)| it);
    let quoted = text.find(['`', '"']);
    match (quoted, text.rsplit_once(", expected ")) {
        (Some(at), Some((found, expected))) if at < found.len() => {
            let kind = text.get(..at).unwrap_or_default().trim_end();
            format!("{kind}, expected {expected}")
        }
        _ => text.to_owned(),
    }
}

fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let part = input.fill_buf()?;
        if part.is_empty() {
            return Ok(());
        }
        let end = part.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(part.len(), |end| end + 1);
        input.consume(length);
        if end.is_some() {
            return Ok(());
        }
    }
}

/// Reads until a buffer is full or the input ends, and returns how much.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..)
        && !rest.is_empty()
    {
        match input.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn trace_id(bytes: &[u8]) -> Option<TraceId> {
    let id = u128::from_be_bytes(bytes.try_into().ok()?);
    (id != 0).then_some(TraceId(id))
}

fn span_id(bytes: &[u8]) -> Option<SpanId> {
    let id = u64::from_be_bytes(bytes.try_into().ok()?);
    (id != 0).then_some(SpanId(id))
}
