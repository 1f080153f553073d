//! OTLP as JSON, including the deviations of programs from the specification.
//!
//! The types of `opentelemetry-proto` accept JSON by the specification. A refused text is repaired and tried again:
//! fields that are `null`, the names of enumerations, snake case and ids in base64, as protobuf's own JSON has them,
//! numbers as text, empty lists as the Collector writes them, and halves of characters, which JavaScript leaves when it
//! truncates. The irreparable rest is left out, with a reason.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs};
use opentelemetry_proto::tonic::trace::v1::span::{Event, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Deserializer, Error, Map, Value};

use super::jaeger;
use crate::span;

/// A request as JSON. Unknown fields are ignored, as the specification demands.
#[derive(Deserialize)]
pub(super) struct Request {
    #[serde(rename = "resourceSpans")]
    pub(super) spans: Option<Vec<ResourceSpans>>,
    #[serde(rename = "resourceLogs")]
    pub(super) logs: Option<Vec<ResourceLogs>>,
    #[serde(rename = "resourceMetrics")]
    metrics: Option<IgnoredAny>,
    #[serde(rename = "resourceProfiles")]
    profiles: Option<IgnoredAny>,
}

/// Keys of other formats, and the programs that write them.
const OTHERS: [(&str, &str); 5] = [
    ("localEndpoint", "Zipkin"),
    ("traceID", "Jaeger without `data` around them"),
    ("traceEvents", "Chrome's trace viewer"),
    ("context", "an SDK's exporter for the console"),
    ("Source", "Elasticsearch"),
];

const FIELDS: [&str; 4] = ["resourceSpans", "resourceLogs", "resourceMetrics", "resourceProfiles"];

impl Request {
    /// Whether the document has no known field, not even one renamed between versions of OTLP.
    fn is_strange(&self) -> bool {
        let spans = self.spans.iter().flatten().any(|it| it.scope_spans.is_empty());
        let logs = self.logs.iter().flatten().any(|it| it.scope_logs.is_empty());
        self.is_empty() || spans || logs
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.spans.is_none()
            && self.logs.is_none()
            && self.metrics.is_none()
            && self.profiles.is_none()
    }
}

/// One document: a request, or a list of them.
#[derive(Default)]
pub(super) struct Document {
    pub(super) requests: Vec<Request>,
    /// The reasons why parts of the document were left out.
    pub(super) reasons: Vec<Error>,
    /// The first keys of a JSON document that is no request, for the message.
    pub(super) foreign: Vec<String>,
    /// The program that writes such JSON, if it is known.
    pub(super) format: Option<&'static str>,
    /// The offset of the next document, in bytes.
    pub(super) end: usize,
}

impl Document {
    pub(super) fn has_metrics(&self) -> bool {
        self.requests.iter().any(|it| it.metrics.is_some())
    }
}

/// An estimate of the memory of a text, in bytes: while it is decoded, and while it is repaired.
#[derive(Clone, Copy, Default)]
pub(super) struct Memory {
    pub(super) decoded: usize,
    pub(super) mended: usize,
}

impl Memory {
    /// The maximum memory for a byte of text.
    const MOST: usize = 300;
    /// The depth of a span or a log record in a list of requests.
    const RECORD: usize = 8;
    /// The depth of the values of attributes.
    const ATTRIBUTE: usize = 10;

    /// Estimates the memory from the objects and lists of a text, unless any text of this length fits.
    pub(super) fn of(text: &[u8], room: usize) -> Self {
        let mut memory = Self::default();
        if text.len().saturating_mul(Self::MOST) <= room {
            return memory;
        }
        memory.decoded = text.len();
        memory.mended = text.len();
        let mut depth = 0_usize;
        let mut bytes = text.iter();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' => {
                    while let Some(byte) = bytes.next()
                        && *byte != b'"'
                    {
                        if *byte == b'\\' {
                            bytes.next();
                        }
                    }
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            let (decoded, mended) = Self::opened(*byte, depth);
            memory.decoded = memory.decoded.saturating_add(decoded);
            memory.mended = memory.mended.saturating_add(decoded + mended);
        }
        memory
    }

    /// The memory that the types of OTLP and `serde_json` use for an object, a list or a value.
    const fn opened(byte: u8, depth: usize) -> (usize, usize) {
        const MAP: usize = 640;
        const VALUE: usize = size_of::<Value>();
        match (byte, depth) {
            (b'{', ..=Memory::RECORD) => (size_of::<Span>() + size_of::<span::Span>(), MAP),
            (b'{', ..=Memory::ATTRIBUTE) => (2 * size_of::<KeyValue>(), MAP),
            // Values of attributes in each other are read twice.
            (b'{', _) => (4 * size_of::<KeyValue>(), MAP),
            (b'[', Memory::RECORD..) => (4 * size_of::<Event>(), 4 * VALUE),
            (b',', Memory::ATTRIBUTE..) => (VALUE, VALUE),
            (b'[' | b',', _) => (0, 2 * VALUE),
            _ => (0, 0),
        }
    }
}

/// Reads the first document of a text. `may_mend` allows repairs, if there is memory for them.
pub(super) fn document(text: &[u8], may_mend: bool) -> Result<Document, Error> {
    let refused = match strict(text) {
        Ok(document) if !may_mend || !document.requests.iter().any(Request::is_strange) => {
            return Ok(document);
        }
        Ok(_) => None,
        Err(error) if !may_mend || error.is_eof() => return Err(error),
        Err(error) => Some(error),
    };
    let mut values = Deserializer::from_slice(text).into_iter::<Value>();
    let (value, end) = match values.next() {
        Some(Ok(value)) => (value, values.byte_offset()),
        Some(Err(error)) => return Err(error),
        None => {
            return Ok(Document { end: text.len(), ..Document::default() });
        }
    };
    let mut document = mended(value).map_err(|error| refused.unwrap_or(error))?;
    document.end = end;
    Ok(document)
}

/// Reads a document by the specification.
fn strict(text: &[u8]) -> Result<Document, Error> {
    let is_list = text.trim_ascii_start().first() == Some(&b'[');
    let (requests, end) = if is_list {
        first::<Vec<Request>>(text)?
    } else {
        let (request, end) = first(text)?;
        (request.map(|it| vec![it]), end)
    };
    Ok(Document { requests: requests.unwrap_or_default(), end, ..Document::default() })
}

fn first<T: DeserializeOwned>(text: &[u8]) -> Result<(Option<T>, usize), Error> {
    let mut all = Deserializer::from_slice(text).into_iter();
    let first = all.next().transpose()?;
    Ok((first, all.byte_offset()))
}

fn mended(mut value: Value) -> Result<Document, Error> {
    // Jaeger's API and Grafana Tempo's have a request in them.
    for around in ["result", "trace"] {
        if let Some(inner) = value.get_mut(around).filter(|it| it.is_object()) {
            value = inner.take();
        }
    }
    let mut value = jaeger::request(&value).unwrap_or(value);
    mend(&mut value);
    let mut document = Document::default();
    let requests = match value {
        Value::Array(requests) => requests,
        request => vec![request],
    };
    let requests = requests.into_iter().map(|mut request| {
        if let (Value::Object(fields), true) = (&request, document.foreign.is_empty())
            && !fields.keys().any(|name| FIELDS.contains(&name.as_str()))
        {
            document.foreign.extend(fields.keys().take(3).cloned());
            let known = OTHERS.iter().find(|(key, _)| fields.contains_key(*key));
            document.format = known.map(|it| it.1);
        }
        for (resources, scopes, kind) in
            [("resourceSpans", "scopeSpans", "spans"), ("resourceLogs", "scopeLogs", "logRecords")]
        {
            for resource in items(&mut request, resources) {
                for scope in items(resource, scopes) {
                    let Some(Value::Array(records)) = scope.get_mut(kind) else {
                        continue;
                    };
                    records.retain(|record| {
                        let read = match kind {
                            "spans" => Span::deserialize(record).map(drop),
                            _ => LogRecord::deserialize(record).map(drop),
                        };
                        read.map_err(|error| document.reasons.push(error)).is_ok()
                    });
                }
            }
        }
        Request::deserialize(request)
    });
    let requests = requests.collect::<Result<_, _>>()?;
    Ok(Document { requests, ..document })
}

fn items<'a>(value: &'a mut Value, key: &str) -> &'a mut [Value] {
    match value.get_mut(key) {
        Some(Value::Array(items)) => items,
        _ => &mut [],
    }
}

/// Repairs a message and the messages in it. Keys are names of fields here; keys of attributes are values.
fn mend(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.retain(|item| !item.is_null());
            items.iter_mut().for_each(mend);
        }
        Value::Object(fields) => {
            for (name, mut value) in std::mem::take(fields) {
                if !value.is_null() {
                    mend(&mut value);
                    field(fields, camel_case(&name), value);
                }
            }
        }
        _ => {}
    }
}

fn field(fields: &mut Map<String, Value>, name: String, value: Value) {
    let value = match &*name {
        // Nothing of this is kept, whatever its type is.
        "flags"
        | "traceState"
        | "schemaUrl"
        | "entityRefs"
        | "severityText"
        | "droppedAttributesCount"
        | "droppedEventsCount"
        | "droppedLinksCount" => return,
        "traceId" | "spanId" | "parentSpanId" => id(&value),
        "startTimeUnixNano" | "endTimeUnixNano" | "timeUnixNano" | "observedTimeUnixNano" => {
            time(&value).into()
        }
        "kind" => number(&value, |name| SpanKind::from_str_name(name).map(i32::from)),
        "code" => number(&value, |name| StatusCode::from_str_name(name).map(i32::from)),
        "severityNumber" => number(&value, severity),
        "name" | "message" | "key" | "version" | "eventName" => text(value),
        "arrayValue" | "kvlistValue" if value.get("values").is_none() => {
            serde_json::json!({"values": []})
        }
        "stringValue" | "boolValue" | "intValue" | "doubleValue" | "bytesValue" => {
            let (name, value) = scalar(&name, value);
            fields.insert(name.to_owned(), value);
            return;
        }
        _ => value,
    };
    let name = match &*name {
        // Grafana Tempo's name, and those of OTLP before 0.16.
        "batches" => "resourceSpans".to_owned(),
        "instrumentationLibrarySpans" => "scopeSpans".to_owned(),
        "instrumentationLibraryLogs" => "scopeLogs".to_owned(),
        "instrumentationLibrary" => "scope".to_owned(),
        "logs" => "logRecords".to_owned(),
        _ => name,
    };
    fields.insert(name, value);
}

/// A value of the type that its field has, else a text.
fn scalar(name: &str, value: Value) -> (&str, Value) {
    let written = value.as_str();
    let mended = match name {
        "boolValue" => written.and_then(|it| it.parse().ok()).map(Value::Bool),
        "intValue" => match written {
            Some(text) => text.parse::<i64>().ok().map(Value::from),
            None => value.as_i64().or_else(|| whole(&value)).map(Value::from),
        },
        // JSON has no number for what is infinite, and none for what is not a number.
        "doubleValue" => written
            .and_then(|it| it.parse::<f64>().ok())
            .and_then(|it| serde_json::Number::from_f64(it).map(Value::Number)),
        _ => None,
    };
    let is_right = match name {
        "boolValue" => value.is_boolean(),
        "doubleValue" => value.is_number(),
        "bytesValue" => written.is_some_and(|it| STANDARD.decode(it).is_ok()),
        _ => false,
    };
    match mended {
        Some(mended) => (name, mended),
        None if is_right => (name, value),
        None => ("stringValue", text(value)),
    }
}

/// A floating-point number without a fraction.
#[expect(
    clippy::cast_possible_truncation,
    reason = "floats within the bounds can represent whole numbers exactly"
)]
fn whole(value: &Value) -> Option<i64> {
    let value = value.as_f64().filter(|it| it.abs() < 9e15)?;
    (value.fract() == 0.0).then_some(value as i64)
}

fn text(value: Value) -> Value {
    match value {
        Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
        other => other,
    }
}

/// An id as hexadecimal digits. An invalid id becomes empty, and is noted later.
fn id(value: &Value) -> Value {
    let text = value.as_str().unwrap_or_default();
    let text = text.strip_prefix("0x").unwrap_or(text);
    let is_hexadecimal =
        text.len().is_multiple_of(2) && text.bytes().all(|it| it.is_ascii_hexdigit());
    if is_hexadecimal {
        return text.into();
    }
    let bytes = STANDARD.decode(text).ok();
    let bytes = bytes.filter(|it| matches!(it.len(), 8 | 16));
    let digits = bytes.iter().flatten().map(|byte| format!("{byte:02x}"));
    // An id that cannot be read must not become that of a root.
    let digits: String = digits.collect();
    if digits.is_empty() { "ff" } else { &digits }.into()
}

/// Nanoseconds since 1970. An invalid time becomes 0, and is noted later.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn time(value: &Value) -> u64 {
    let text = value.as_str();
    let whole = text.map_or_else(|| value.as_u64(), |text| text.parse().ok());
    let float = || text.map_or_else(|| value.as_f64(), |text| text.parse().ok());
    whole.or_else(|| float().map(|it| it as u64)).unwrap_or_default()
}

/// The number of an enumeration's value, from its name or from digits.
fn number(value: &Value, of: impl Fn(&str) -> Option<i32>) -> Value {
    match value.as_str() {
        Some(text) => of(text).or_else(|| text.parse().ok()).unwrap_or_default(),
        None => value.as_i64().and_then(|it| i32::try_from(it).ok()).unwrap_or_default(),
    }
    .into()
}

/// `SEVERITY_NUMBER_WARN3` is 15.
fn severity(name: &str) -> Option<i32> {
    let name = name.strip_prefix("SEVERITY_NUMBER_")?;
    let level = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let step: i32 = name.strip_prefix(level)?.parse().unwrap_or(1);
    let levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
    let index = levels.iter().position(|it| *it == level)?;
    Some(i32::try_from(index).ok()? * 4 + step)
}

fn camel_case(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    let mut is_first = false;
    for c in name.chars() {
        if c == '_' {
            is_first = true;
        } else if std::mem::take(&mut is_first) {
            camel.push(c.to_ascii_uppercase());
        } else {
            camel.push(c);
        }
    }
    camel
}

/// A text in which invalid UTF-8 and escaped halves of a character become `\u{fffd}`.
pub(super) fn with_whole_characters(text: &[u8]) -> Cow<'_, [u8]> {
    let escape = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let mut whole = Vec::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(byte) = text.get(at) {
        at += match (byte, escape(at)) {
            (b'\\', Some(0xd800..=0xdbff)) if matches!(escape(at + 6), Some(0xdc00..=0xdfff)) => 12,
            (b'\\', Some(0xd800..=0xdfff)) => {
                whole.extend_from_slice(text.get(copied..at).unwrap_or_default());
                whole.extend_from_slice(b"\\ufffd");
                copied = at + 6;
                6
            }
            (b'\\', _) => 2,
            _ => 1,
        };
    }
    whole.extend_from_slice(text.get(copied..).unwrap_or_default());
    let is_whole = std::str::from_utf8(&whole).is_ok();
    if copied == 0 && is_whole {
        return Cow::Borrowed(text);
    }
    match String::from_utf8_lossy(&whole) {
        Cow::Owned(whole) => Cow::Owned(whole.into_bytes()),
        Cow::Borrowed(_) => Cow::Owned(whole),
    }
}
