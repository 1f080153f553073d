//! The spans that were open when their process ended, as a request.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
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

use crate::segment::{Kind, Segment};

/// The largest file of open spans.
const MAX_FILE: u64 = 256 * 1024 * 1024;

/// The flag of a trace whose spans are sampled.
const SAMPLED: u32 = 1;

/// Makes the open spans of a process a file of records, and returns its path. `None` if the process had none.
///
/// If it is interrupted, the next attempt does what is left.
pub(crate) fn as_segment(stem: &Path, segments: &[PathBuf]) -> io::Result<Option<PathBuf>> {
    let (spans, made) = (
        stem.with_extension("spans"),
        stem.with_extension("open.crashed"),
    );
    let size = match fs::metadata(&spans) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(made.exists().then_some(made));
        }
        Err(error) => return Err(error),
    };
    if !made.exists() {
        if size > MAX_FILE {
            let message = format!("expected at most {MAX_FILE} bytes, found {size}");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        let kept = KeptSpans::read(&fs::read(&spans)?).ok_or_else(|| {
            let message = "expected spans of version 1, found another kind of file";
            io::Error::new(io::ErrorKind::InvalidData, message)
        })?;
        if !kept.spans.is_empty() {
            let last = segments.iter().chain([&spans]).filter_map(written);
            let request = request(&kept, last.max().unwrap_or_default());
            let draft = stem.with_extension("draft");
            let _ = fs::remove_file(&draft);
            let mut segment = Segment::create(draft.clone())?;
            segment.append(Kind::Traces, &request.encode_to_vec())?;
            fs::rename(&draft, &made)?;
        }
    }
    fs::remove_file(&spans)?;
    Ok(made.exists().then_some(made))
}

/// When a file was written last, in nanoseconds since 1970.
fn written(path: &PathBuf) -> Option<u64> {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    let since = modified.ok()?.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_nanos()).ok()
}

/// The spans, which end at `end`, the last time at which the process is known to have been alive.
fn request(kept: &KeptSpans, end: u64) -> ExportTraceServiceRequest {
    let end = kept.spans.iter().map(|span| span.since).fold(end, u64::max);
    let mut scopes: Vec<ScopeSpans> = Vec::new();
    for span in &kept.spans {
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
            resource: Some(Resource::decode(&*kept.label).unwrap_or_default()),
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
