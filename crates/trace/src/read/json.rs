//! Reads OTLP as JSON, including the deviations of programs from the specification.
//!
//! The types of `opentelemetry-proto` accept JSON by the specification. A refused message is repaired and read again.
//! The repairs concern fields that are `null`; enumerations by name, snake case and ids in base64, as in protobuf's own
//! JSON; numbers as text; empty lists as the Collector writes them; and halves of characters, which JavaScript leaves
//! when it truncates.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use itertools::Itertools as _;
use opentelemetry_proto::tonic::logs::v1::SeverityNumber;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde::de::{DeserializeOwned, Error as _, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer as _};
use serde_json::value::RawValue;
use serde_json::{Deserializer, Error, Map, Value};

/// A request, whose lists are still text: [`each`] reads them without memory for all of their elements. Unknown fields are
/// ignored, as the specification demands.
#[derive(Deserialize)]
pub(super) struct Request<'a> {
    #[serde(borrow, rename = "resourceSpans", alias = "resource_spans", alias = "batches")]
    pub(super) spans: Option<&'a RawValue>,
    #[serde(borrow, rename = "resourceLogs", alias = "resource_logs")]
    pub(super) logs: Option<&'a RawValue>,
    #[serde(rename = "resourceMetrics", alias = "resource_metrics")]
    pub(super) metrics: Option<IgnoredAny>,
    /// The request in a response of the API of Jaeger or of Grafana Tempo.
    #[serde(borrow, rename = "result", alias = "trace")]
    pub(super) inner: Option<&'a RawValue>,
    /// The traces in a download of Jaeger's page.
    #[serde(borrow, rename = "data")]
    pub(super) jaeger: Option<&'a RawValue>,
    /// The ids in a span of Zipkin, which takes the place of a request.
    #[serde(rename = "traceId")]
    trace_id: Option<IgnoredAny>,
    id: Option<IgnoredAny>,
}

/// The records of a resource.
#[derive(Deserialize)]
pub(super) struct Records<'a> {
    #[serde(borrow)]
    pub(super) resource: Option<&'a RawValue>,
    #[serde(
        borrow,
        rename = "scopeSpans",
        alias = "scope_spans",
        alias = "scopeLogs",
        alias = "scope_logs"
    )]
    pub(super) scopes: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Scope<'a> {
    #[serde(borrow)]
    pub(super) scope: Option<&'a RawValue>,
    #[serde(borrow, rename = "spans", alias = "logRecords", alias = "log_records")]
    pub(super) records: Option<&'a RawValue>,
}

impl Request<'_> {
    pub(super) const fn is_zipkin(&self) -> bool {
        self.trace_id.is_some() && self.id.is_some()
    }

    /// Checks that the document with this text is a request: it has a known field, or no field.
    pub(super) fn check(&self, text: &str) -> Result<(), Error> {
        let is_known = self.spans.is_some()
            || self.logs.is_some()
            || self.metrics.is_some()
            || self.jaeger.is_some_and(|it| !is_empty(it));
        if is_known {
            return Ok(());
        }
        let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
        if fields.is_empty() {
            return Ok(());
        }
        let names = fields.keys().take(3).map(|it| format!("`{it}`")).join(", ");
        Err(Error::custom(format!("found the fields {names}")))
    }
}

fn is_empty(list: &RawValue) -> bool {
    list.get().bytes().filter(|byte| !byte.is_ascii_whitespace()).eq(*b"[]")
}

/// Calls `take` for each element of a list, except `null`, one at a time. Returns the first error.
pub(super) fn each<'a, T: Deserialize<'a>>(
    list: Option<&'a RawValue>,
    take: impl FnMut(T) -> Result<(), Error>,
) -> Result<(), Error> {
    struct Elements<T, F>(F, PhantomData<T>);

    impl<'a, T, F> Visitor<'a> for Elements<T, F>
    where
        T: Deserialize<'a>,
        F: FnMut(T) -> Result<(), Error>,
    {
        type Value = Result<(), Error>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a sequence")
        }

        fn visit_seq<A: SeqAccess<'a>>(mut self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut all = Ok(());
            while let Some(element) = list.next_element::<Option<T>>()? {
                all = all.and(element.map_or(Ok(()), &mut self.0));
            }
            Ok(all)
        }
    }

    let Some(text) = list.map(RawValue::get) else { return Ok(()) };
    Deserializer::from_str(text).deserialize_seq(Elements(take, PhantomData))?
}

/// Reads a message. If it is refused or incomplete, it is repaired and read again.
pub(super) fn message<T: DeserializeOwned>(
    text: &str,
    is_whole: fn(&T) -> bool,
) -> Result<T, Error> {
    match serde_json::from_str(text) {
        Ok(message) if is_whole(&message) => Ok(message),
        _ => {
            // Programs that write halves of characters do not escape whole ones.
            let whole = || serde_json::from_str(&with_whole_characters(text));
            let mut value = serde_json::from_str(text).or_else(|_| whole())?;
            mend(&mut value);
            T::deserialize(value)
        }
    }
}

/// Repairs a message and the messages in it. All keys are names of fields, because keys of attributes are values.
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
        // These fields are not kept, so their types do not matter.
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
        "kind" => number(&value, "SPAN_KIND_", |it| SpanKind::from_str_name(it).map(i32::from)),
        "code" => number(&value, "STATUS_CODE_", |it| StatusCode::from_str_name(it).map(i32::from)),
        "severityNumber" => number(&value, "SEVERITY_NUMBER_", |it| {
            SeverityNumber::from_str_name(it).map(i32::from)
        }),
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
    fields.insert(name, value);
}

/// Converts a value to the type of its field, or else to a text.
fn scalar(name: &str, value: Value) -> (&str, Value) {
    let written = value.as_str();
    let is_right = match name {
        "boolValue" => value.is_boolean(),
        "intValue" => value.is_i64(),
        "doubleValue" => value.is_number(),
        "bytesValue" => written.is_some_and(|it| STANDARD.decode(it).is_ok()),
        _ => value.is_string(),
    };
    if is_right {
        return (name, value);
    }
    // JSON has no numbers for infinity and NaN, so they are texts.
    ("stringValue", text(value))
}

fn text(value: Value) -> Value {
    match value {
        Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
        other => other,
    }
}

/// Returns an id as hexadecimal digits. An unreadable id becomes a short one, which is noted later.
fn id(value: &Value) -> Value {
    let text = value.as_str().unwrap_or_default();
    let text = text.strip_prefix("0x").unwrap_or(text);
    let is_hexadecimal =
        text.len().is_multiple_of(2) && text.bytes().all(|it| it.is_ascii_hexdigit());
    if is_hexadecimal {
        return text.into();
    }
    let bytes = STANDARD.decode(text).ok().filter(|it| matches!(it.len(), 8 | 16));
    let digits = bytes.iter().flatten().map(|byte| format!("{byte:02x}"));
    // An empty parent id would make the span a root.
    let digits: String = digits.collect();
    if digits.is_empty() { "ff" } else { &digits }.into()
}

/// Returns nanoseconds since 1970. An invalid time becomes 0, which is noted later.
fn time(value: &Value) -> u64 {
    let text = value.as_str();
    text.map_or_else(|| value.as_u64(), |text| text.parse().ok()).unwrap_or_default()
}

/// Returns the number of an enumeration's value, from its name with or without the prefix, from digits or from a number.
fn number(value: &Value, prefix: &str, of: impl Fn(&str) -> Option<i32>) -> Value {
    match value.as_str() {
        Some(text) => {
            let name = text.strip_prefix(prefix).unwrap_or(text).to_ascii_uppercase();
            of(&format!("{prefix}{name}")).or_else(|| text.parse().ok()).unwrap_or_default()
        }
        None => value.as_i64().and_then(|it| i32::try_from(it).ok()).unwrap_or_default(),
    }
    .into()
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

/// Replaces escaped halves of characters, which are surrogates, by `\u{fffd}`.
fn with_whole_characters(text: &str) -> String {
    let is_half = |part: &str| {
        let digits = part.get(..4).and_then(|it| u16::from_str_radix(it, 16).ok());
        matches!(digits, Some(0xd800..=0xdfff))
    };
    let mut parts = text.split("\\u");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |whole, part| {
        let part = if is_half(part) { format!("fffd{}", &part[4..]) } else { part.to_owned() };
        whole + "\\u" + &part
    })
}
