//! The spans that were open when their process ended, as a request.

use std::fs;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use floe_thread_context::{KeptSpan, KeptSpans};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message as _;

use crate::owner::{Owner, lock_for, open, private};
use crate::segment::{Kind, Segment};

/// The largest file of open spans.
const MAX_FILE: u64 = 130 * 1024 * 1024;

/// The most spans of a request, which has some 400 KB then.
const MAX_SPANS: usize = 1000;

/// The flag of a trace whose spans are sampled.
const SAMPLED: u32 = 1;

/// Makes the open spans of a process that has ended a file of records, which becomes the last one of `records`.
///
/// If it is interrupted, the next attempt does what is left.
pub(crate) fn as_records(of: &Owner, records: &mut Vec<PathBuf>, has_room: bool) -> io::Result<()> {
    let (spans, made) = (of.stem.with_extension("spans"), of.records("open"));
    let file = match open(&spans, &private()) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let is_missing = !records.contains(&made);
    if is_missing && has_room {
        let mut content = Vec::new();
        file.take(MAX_FILE).read_to_end(&mut content)?;
        let kept = KeptSpans::read(&content).ok_or_else(|| {
            let message = "expected spans of version 1, found another kind of file";
            io::Error::new(io::ErrorKind::InvalidData, message)
        })?;
        drop(content);
        if !kept.spans.is_empty() {
            let lock = lock_for(&spans);
            let written = records.iter().chain([&spans, &lock]);
            let end = written.filter_map(written_at).max().unwrap_or_default();
            let starts = kept.spans.iter().map(|span| span.since);
            let end = starts.fold(end, u64::max);
            let draft = of.stem.with_extension("draft");
            let _ = fs::remove_file(&draft);
            let mut segment = Segment::create(draft.clone())?;
            for spans in kept.spans.chunks(MAX_SPANS) {
                let request = request(&kept.label, spans, end);
                segment.append(Kind::Traces, &request.encode_to_vec())?;
            }
            fs::rename(&draft, &made)?;
            records.push(made);
        }
    }
    fs::remove_file(&spans)?;
    if is_missing && !has_room {
        let message = "they are left out, because the journal is full";
        return Err(io::Error::new(io::ErrorKind::StorageFull, message));
    }
    Ok(())
}

/// When a file was written last, in nanoseconds since 1970.
fn written_at(path: &PathBuf) -> Option<u64> {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    let since = modified.ok()?.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_nanos()).ok()
}

/// Spans of a resource, which end at `end`, the last time at which the process is known to have been alive.
fn request(resource: &[u8], spans: &[KeptSpan], end: u64) -> ExportTraceServiceRequest {
    let mut scopes: Vec<ScopeSpans> = Vec::new();
    for span in spans {
        let scope = scope(span);
        let of = |spans: &ScopeSpans| {
            spans
                .scope
                .as_ref()
                .is_some_and(|found| found.name == scope)
        };
        let at = scopes.iter().position(of).unwrap_or_else(|| {
            scopes.push(ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: scope.to_owned(),
                    ..InstrumentationScope::default()
                }),
                ..ScopeSpans::default()
            });
            scopes.len() - 1
        });
        scopes[at].spans.push(recorded(span, end));
    }
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource::decode(resource).unwrap_or_default()),
            scope_spans: scopes,
            ..ResourceSpans::default()
        }],
    }
}

/// The crate of the function, which is the scope of spans that name no other one.
fn scope(span: &KeptSpan) -> &str {
    let function = attribute(span, "code.function.name").unwrap_or_default();
    function.split("::").next().unwrap_or_default()
}

fn attribute<'s>(span: &'s KeptSpan, key: &str) -> Option<&'s str> {
    let found = span.attributes.iter().find(|(of, _)| *of == key);
    found.map(|(_, value)| &**value)
}

fn recorded(span: &KeptSpan, end: u64) -> Span {
    let text = |value: &str| Value::StringValue(value.to_owned());
    let of_code = span.attributes.iter().filter_map(|(key, value)| {
        let value = match *key {
            "floe.span.name" => return None,
            "code.line.number" => value.parse().map_or_else(|_| text(value), Value::IntValue),
            _ => text(value),
        };
        Some((*key, value))
    });
    let crashed = [
        ("error.type", text("crashed")),
        ("floe.crashed", Value::BoolValue(true)),
    ];
    let attributes = of_code.chain(crashed).map(|(key, value)| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    });
    let parent = if span.parent == [0; 8] {
        Vec::new()
    } else {
        span.parent.to_vec()
    };
    Span {
        trace_id: span.trace_id.to_vec(),
        span_id: span.span_id.to_vec(),
        parent_span_id: parent,
        flags: SAMPLED,
        name: attribute(span, "floe.span.name")
            .unwrap_or("unknown")
            .to_owned(),
        kind: SpanKind::Internal as i32,
        start_time_unix_nano: span.since,
        end_time_unix_nano: end.max(span.since),
        attributes: attributes.collect(),
        status: Some(Status {
            code: StatusCode::Error as i32,
            message: "the process ended while the span was open".to_owned(),
        }),
        ..Span::default()
    }
}
