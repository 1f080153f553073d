//! What in a request is a reason to write a dump.

use std::time::Duration;

use bytes::Bytes;
use prost::Message;

use crate::dump::Reason;

// The fields of `opentelemetry/proto/collector/trace/v1/trace_service.proto` and of what is in it that are needed here.
// Decoding them takes a fraction of the time that all would take.

#[derive(Message)]
struct Request {
    #[prost(message, repeated, tag = "1")]
    resources: Vec<ResourceSpans>,
}

#[derive(Message)]
struct ResourceSpans {
    #[prost(message, repeated, tag = "2")]
    scopes: Vec<ScopeSpans>,
}

#[derive(Message)]
struct ScopeSpans {
    #[prost(message, repeated, tag = "2")]
    spans: Vec<Span>,
}

#[derive(Message)]
struct Span {
    #[prost(bytes = "bytes", tag = "4")]
    parent: Bytes,
    #[prost(fixed64, tag = "7")]
    start: u64,
    #[prost(fixed64, tag = "8")]
    end: u64,
    #[prost(message, optional, tag = "15")]
    status: Option<Status>,
    #[prost(fixed32, tag = "16")]
    flags: u32,
}

#[derive(Message)]
struct Status {
    #[prost(int32, tag = "3")]
    code: i32,
}

/// `STATUS_CODE_ERROR`.
const ERROR: i32 = 2;

/// `SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK` and `SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK`.
const HAS_REMOTE_PARENT: u32 = 0x300;

impl Span {
    /// Whether it is the first span of its trace in this process.
    fn is_first(&self) -> bool {
        self.parent.is_empty() || self.flags & HAS_REMOTE_PARENT == HAS_REMOTE_PARENT
    }

    fn duration(&self) -> Duration {
        Duration::from_nanos(self.end.saturating_sub(self.start))
    }
}

/// Which spans are a reason.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failures {
    pub(crate) errors: bool,
    pub(crate) slower_than: Option<Duration>,
}

impl Failures {
    /// The first reason in a request.
    pub(crate) fn find(self, request: Bytes) -> Option<Reason> {
        if !self.errors && self.slower_than.is_none() {
            return None;
        }
        let request = Request::decode(request).ok()?;
        let resources = request.resources.into_iter();
        let scopes = resources.flat_map(|resource| resource.scopes);
        let mut spans = scopes.flat_map(|scope| scope.spans);
        spans.find_map(|span| self.reason(&span))
    }

    fn reason(self, span: &Span) -> Option<Reason> {
        if self.errors && span.status.as_ref().is_some_and(|it| it.code == ERROR) {
            return Some(Reason::Error);
        }
        let bound = self.slower_than.filter(|_| span.is_first())?;
        (span.duration() > bound).then_some(Reason::Slow)
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::trace::v1::{self as otlp, ResourceSpans, ScopeSpans};

    use super::*;

    const ALL: Failures = Failures { errors: true, slower_than: Some(Duration::from_nanos(10)) };

    fn found(failures: Failures, spans: Vec<otlp::Span>) -> Option<Reason> {
        let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
        let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
        let request = ExportTraceServiceRequest { resource_spans };
        failures.find(request.encode_to_vec().into())
    }

    fn span(parent: &[u8], flags: u32, nanoseconds: u64) -> otlp::Span {
        otlp::Span {
            parent_span_id: parent.to_vec(),
            flags,
            start_time_unix_nano: 100,
            end_time_unix_nano: 100 + nanoseconds,
            name: "span".to_owned(),
            ..otlp::Span::default()
        }
    }

    #[test]
    fn the_first_span_of_a_process_is_slow_or_not() {
        let parent = &[1; 8];
        for (span, is_slow) in [
            (span(&[], 0x100, 11), true),
            (span(&[], 0x100, 10), false),
            (span(parent, 0x100, 11), false),
            (span(parent, 0x300, 11), true),
            (span(parent, 0x301, 10), false),
        ] {
            let all = vec![self::span(parent, 0x100, 500), span];
            assert_eq!(found(ALL, all.clone()), is_slow.then_some(Reason::Slow));
            let errors = Failures { slower_than: None, ..ALL };
            assert_eq!(found(errors, all), None);
        }
    }

    #[test]
    fn an_error_is_one_that_the_settings_ask_for() {
        let failed = |code| {
            let status = otlp::Status { code, ..otlp::Status::default() };
            vec![otlp::Span { status: Some(status), ..span(&[1; 8], 0x100, 5) }]
        };
        assert_eq!(found(ALL, failed(ERROR)), Some(Reason::Error));
        assert_eq!(found(ALL, failed(1)), None);
        let slow = Failures { errors: false, ..ALL };
        assert_eq!(found(slow, failed(ERROR)), None);
    }
}
