//! Decodes the published context of a process.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;

use crate::read::Reader;
use crate::span::{SpanId, Text, TraceId, value_of};
use crate::text::Texts;

/// The message `ProcessContext`
/// ([payload format](https://github.com/open-telemetry/opentelemetry-specification/blob/main/oteps/profiles/4719-process-ctx.md#payload-format)).
#[derive(Clone, PartialEq, Message)]
struct ProcessContext {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    attributes: Vec<KeyValue>,
}

/// The context that a process publishes.
#[derive(Debug)]
pub struct Context {
    resource: Box<[(Text, crate::Value)]>,
    pub(super) keys: Keys,
    /// The addresses of floe-telemetry's tables: of open spans, and of the spans of threads.
    pub(super) tables: Option<[u64; 2]>,
}

/// The names of span attributes by their index, and a cache of redacted values, because many spans share few texts.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) names: Vec<Text>,
    texts: RefCell<Texts>,
}

impl Context {
    pub(super) fn decode(payload: &[u8]) -> io::Result<Self> {
        let context = ProcessContext::decode(payload).map_err(|error| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("expected the context of a process, found other bytes: {error}"),
            )
        })?;
        let of = |key: &str| {
            let found = context.attributes.iter().find(|found| found.key == key);
            found.and_then(|found| found.value.as_ref()?.value.clone())
        };
        let keys = match of("threadlocal.attribute_key_map") {
            Some(Value::ArrayValue(keys)) => keys.values,
            _ => Vec::new(),
        };
        let address = |key: &str| match of(key) {
            Some(Value::IntValue(address)) => Some(address.cast_unsigned()),
            _ => None,
        };
        let tables = address("floe.open_spans").zip(address("floe.stacks"));
        let mut texts = Texts::default();
        // An index is a byte, so there are 256 keys. A longer key is invalid.
        let names = keys.into_iter().take(256).map(|key| match key.value {
            Some(Value::StringValue(key)) if key.len() <= 256 => texts.text(&key),
            _ => Text::default(),
        });
        Ok(Self {
            resource: Reader::new().attributes(&context.resource.unwrap_or_default().attributes),
            keys: Keys { names: names.collect(), texts: RefCell::new(texts) },
            tables: tables.map(<[u64; 2]>::from),
        })
    }

    /// Returns the attributes of the resource.
    #[must_use]
    pub fn resource(&self) -> &[(Text, crate::Value)] {
        &self.resource
    }

    /// Returns the text of an attribute of the resource.
    #[must_use]
    pub fn resource_attribute(&self, key: &str) -> Option<&str> {
        value_of(&self.resource, key)?.as_str()
    }

    /// Whether the process publishes the spans of its threads, as programs with floe-telemetry can.
    #[must_use]
    pub fn has_threads(&self) -> bool {
        self.tables.is_some()
    }
}

/// A thread of a process.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Thread {
    /// The id of the thread in the system.
    pub id: u32,
    /// The name of the thread, at most fifteen bytes.
    pub name: String,
    /// The current span of the thread.
    pub span: Option<CurrentSpan>,
}

/// The current span of a thread.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct CurrentSpan {
    /// The id of the trace.
    pub trace_id: TraceId,
    /// The id of the span.
    pub span_id: SpanId,
    /// Whether the trace is sampled.
    pub is_sampled: bool,
    /// The attributes, in no particular order.
    pub attributes: Attributes,
}

pub(super) type Attributes = Arc<[(Text, Text)]>;

impl CurrentSpan {
    /// Decodes the span of a record; `None` if the record is invalid or empty.
    pub(super) fn decode(record: &[u8], keys: &Keys) -> Option<Self> {
        let (ids, described) = record.split_at_checked(24)?;
        let [1, flags, ..] = described else {
            return None;
        };
        if ids.iter().all(|byte| *byte == 0) {
            return None;
        }
        Self::with(ids, flags & 1 != 0, attributes(described, keys))
    }

    /// Creates a span with these ids: the trace id, and then the span id.
    pub(super) fn with(ids: &[u8], is_sampled: bool, attributes: Attributes) -> Option<Self> {
        let (trace, span) = ids.split_first_chunk()?;
        Some(Self {
            trace_id: TraceId(u128::from_be_bytes(*trace)),
            span_id: SpanId(u64::from_be_bytes(span.try_into().ok()?)),
            is_sampled,
            attributes,
        })
    }

    /// Returns the value of an attribute.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(found, _)| **found == *key);
        found.map(|(_, value)| &**value)
    }
}

/// An open span of a process with floe-telemetry. The span may belong to a waiting task.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OpenSpan {
    /// The ids of the span and its place in the code. Only recorded spans are listed.
    pub span: CurrentSpan,
    /// The id of the parent; zero for the root of a trace.
    pub parent_id: SpanId,
    /// The age of the span, accurate to a few milliseconds.
    pub age: Duration,
    /// The ids of the threads in this span or in a span below it, at most 64.
    pub threads: Vec<u32>,
    /// Whether no thread is in the span, as for a task between two polls. `false` for all spans if the spans of any
    /// thread are not known completely, as of a thread in more than 64 spans.
    pub is_waiting: bool,
}

/// Decodes the attributes of a record from the bytes after its ids: one of validity, one of flags, two of the size, and
/// the attributes. Attributes without a key and a truncated last attribute are ignored; of several attributes with one
/// key, the last one counts.
pub(super) fn attributes(described: &[u8], keys: &Keys) -> Attributes {
    let size = described.get(2..4).and_then(<[u8]>::first_chunk);
    let size = size.map_or(0, |size| usize::from(u16::from_ne_bytes(*size)));
    let mut data = described.get(4..4 + size).unwrap_or_default();
    let mut attributes: Vec<(Text, Text)> = Vec::new();
    while let [key, length, rest @ ..] = data {
        let Some((value, rest)) = rest.split_at_checked(usize::from(*length)) else {
            break;
        };
        data = rest;
        let key = keys.names.get(usize::from(*key)).filter(|key| !key.is_empty());
        let Some(key) = key else {
            continue;
        };
        let value = keys.texts.borrow_mut().value(key, &String::from_utf8_lossy(value));
        match attributes.iter_mut().find(|(found, _)| found == key) {
            Some(found) => found.1 = value,
            None => attributes.push((key.clone(), value)),
        }
    }
    attributes.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(data: &[u8]) -> Vec<u8> {
        let size = u16::try_from(data.len()).expect("a short record");
        [&[7; 24][..], &[1, 1], &size.to_ne_bytes(), data].concat()
    }

    #[test]
    fn attributes_follow_the_rules_of_readers() {
        // The rules are in `oteps/profiles/4947-thread-ctx.md`, "Thread-Local Context Record".
        let names = vec!["route".into(), "user".into()];
        let keys = Keys { names, ..Keys::default() };
        let data = b"\x00\x02/a\x09\x01x\x01\x01b\x00\x02/b\x01\x05cut";
        let record = record(data);
        let span = CurrentSpan::decode(&record, &keys).expect("it is valid");
        let found: Vec<_> = span.attributes.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(found, [("route", "/b"), ("user", "b")]);
        assert!(span.is_sampled);
        let mut other = record.clone();
        other[24] = 2;
        assert_eq!(CurrentSpan::decode(&other, &keys), None);
        let mut none = record;
        none[..24].fill(0);
        assert_eq!(CurrentSpan::decode(&none, &keys), None);
    }

    #[test]
    fn bytes_of_any_kind_are_an_error_or_a_context() {
        assert!(Context::decode(b"\x0a\xff").is_err());
        let context = Context::decode(b"").expect("an empty message");
        assert!(context.resource().is_empty());
        assert!(!context.has_threads());
    }

    proptest! {
        #[test]
        fn no_bytes_are_fatal(payload: Vec<u8>, record: Vec<u8>, keys in 0..4_usize) {
            let _ = Context::decode(&payload);
            let names: Vec<_> = (0..keys).map(|key| key.to_string().into()).collect();
            let keys = Keys { names, ..Keys::default() };
            if let Some(span) = CurrentSpan::decode(&record, &keys) {
                prop_assert!(span.attributes.len() <= keys.names.len());
                let texts: usize = span.attributes.iter().map(|(_, value)| value.len()).sum();
                // A byte that is not UTF-8 becomes a character of three bytes.
                prop_assert!(texts <= 3 * record.len());
            }
        }
    }
}
