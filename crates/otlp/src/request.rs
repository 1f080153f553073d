//! Encodes batches of spans as requests: an `ExportTraceServiceRequest` with one resource, and one
//! `ScopeSpans` for each instrumentation scope.
//!
//! Data that many spans share (code location, attributes of the process, resource, scope) is encoded once. A request
//! that would exceed the limit of receivers is closed, and its last span moves to the next request.

use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;

use super::span;
use crate::encoding::{head, head_length, message_of};
use floe_telemetry_sdk::__parts::collector::{BatchBuilder, EnrichedSpan};

/// The maximum size of the head of a field (its tag and its length), in bytes.
const MAX_HEAD: usize = 11;

/// The maximum number of scopes whose encoding is kept for later requests. Programs have far fewer, unless they
/// generate names at run time.
const MAX_SCOPES: usize = 1024;

/// The largest buffer that is kept for later requests, in bytes.
const MAX_CAPACITY: usize = 1024 * 1024;

/// The maximum number of recent requests whose memory is reused.
const MAX_RECENT: usize = 4;

#[derive(Debug, Default)]
pub(super) struct EncodedBatch {
    pub(super) requests: Vec<EncodedRequest>,
    /// The number of spans that are in no request because each of them exceeds the maximum size.
    pub(super) too_large: usize,
}

#[derive(Debug)]
pub(super) struct EncodedRequest {
    pub(super) spans: usize,
    pub(super) bytes: Bytes,
}

pub(super) struct RequestBuilder {
    /// `ResourceSpans.resource` and `ResourceSpans.schema_url`, encoded as fields.
    resource: Vec<u8>,
    /// The known scopes. Most of them have spans in each request.
    scopes: Vec<ScopeSpans>,
    max_bytes: usize,
    /// An upper bound for the bytes of the open request.
    bytes: usize,
    /// The number of spans in the open request.
    spans: usize,
    /// The complete requests of the open batch.
    batch: EncodedBatch,
    /// Recent requests. The next request reuses the memory of one that has been sent, because memory that the allocator
    /// has returned to the system would cost a page fault for each 4 KiB.
    recent: Vec<Bytes>,
}

struct ScopeSpans {
    scope: Arc<InstrumentationScope>,
    /// `ScopeSpans.scope` and `ScopeSpans.schema_url`, encoded as fields.
    fields: Vec<u8>,
    /// The spans of the open request, encoded as fields.
    spans: Vec<u8>,
}

impl RequestBuilder {
    pub(super) fn new(resource: &Resource, max_bytes: usize) -> Self {
        let fields = span::resource_fields(resource);
        Self {
            bytes: MAX_HEAD + fields.len(),
            resource: fields,
            scopes: Vec::new(),
            max_bytes,
            spans: 0,
            batch: EncodedBatch::default(),
            recent: Vec::new(),
        }
    }

    /// Returns the entry of a scope, which may be new. Equal scopes have the same address, see [`EnrichedSpan::scope`].
    fn scope(&mut self, scope: &Arc<InstrumentationScope>) -> &mut ScopeSpans {
        let mut scopes = self.scopes.iter();
        let known = scopes.position(|known| Arc::ptr_eq(&known.scope, scope));
        let at = known.unwrap_or_else(|| {
            self.scopes.push(ScopeSpans::new(Arc::clone(scope)));
            self.scopes.len() - 1
        });
        &mut self.scopes[at]
    }

    /// Moves the last span of this scope, which begins at `start` and does not fit, to a new request. Returns the size
    /// of the span in bytes, or 0 if it is dropped because it is too large for any request.
    #[cold]
    fn move_to_next_request(&mut self, scope: &Arc<InstrumentationScope>, start: usize) -> usize {
        let of = self.scope(scope);
        let span = of.spans.split_off(start);
        let alone = of.head() + span.len();
        if MAX_HEAD + self.resource.len() + alone > self.max_bytes {
            self.batch.too_large += 1;
            return 0;
        }
        self.finish_request();
        self.scope(scope).spans.extend_from_slice(&span);
        self.bytes += alone;
        self.spans = 1;
        span.len()
    }

    fn finish_request(&mut self) {
        self.bytes = MAX_HEAD + self.resource.len();
        let spans = mem::take(&mut self.spans);
        if spans > 0 {
            let bytes = Bytes::from(self.encode());
            if self.recent.len() < MAX_RECENT && bytes.len() <= MAX_CAPACITY {
                self.recent.push(bytes.clone());
            }
            self.batch.requests.push(EncodedRequest { spans, bytes });
        }
    }

    fn encode(&mut self) -> Vec<u8> {
        let lengths = self.scopes.iter().filter_map(ScopeSpans::length);
        let body: usize = lengths.map(|length| head_length(length) + length).sum();
        let length = self.resource.len() + body;
        let sent = self.recent.iter().position(Bytes::is_unique);
        let mut request = sent.map_or_else(Vec::new, |at| self.recent.swap_remove(at).into());
        request.clear();
        request.reserve(head_length(length) + length);
        head(&mut request, 1, length);
        request.extend_from_slice(&self.resource);
        for scope in &mut self.scopes {
            let Some(length) = scope.length() else {
                continue;
            };
            head(&mut request, 2, length);
            request.extend_from_slice(&scope.fields);
            request.extend_from_slice(&scope.spans);
            scope.spans.clear();
            scope.spans.shrink_to(MAX_CAPACITY);
        }
        if self.scopes.len() > MAX_SCOPES {
            self.scopes.clear();
        }
        request
    }
}

impl ScopeSpans {
    fn new(scope: Arc<InstrumentationScope>) -> Self {
        let fields = span::scope_fields(&scope, scope.name());
        Self { scope, fields, spans: Vec::new() }
    }

    /// Returns an upper bound for the bytes before the spans of this scope in a request.
    fn head(&self) -> usize {
        MAX_HEAD + self.fields.len()
    }

    /// Returns the length of the encoded `ScopeSpans`; `None` without spans.
    fn length(&self) -> Option<usize> {
        (!self.spans.is_empty()).then(|| self.fields.len() + self.spans.len())
    }
}

impl BatchBuilder for RequestBuilder {
    type Batch = EncodedBatch;

    // Not inlined, because `--bin instructions` counts the instructions of this function.
    #[inline(never)]
    fn push(&mut self, span: &EnrichedSpan<'_>) -> usize {
        let scope = self.scope(span.scope());
        let start = scope.spans.len();
        message_of::<2>(&mut scope.spans, 2, |out| span::span(out, span));
        let bytes = scope.spans.len() - start;
        let added = bytes + if start == 0 { scope.head() } else { 0 };
        if self.bytes + added > self.max_bytes {
            return self.move_to_next_request(span.scope(), start);
        }
        self.bytes += added;
        self.spans += 1;
        bytes
    }

    fn take(&mut self) -> EncodedBatch {
        self.finish_request();
        mem::take(&mut self.batch)
    }

    fn discard(&mut self) {
        self.scopes.clear();
        self.bytes = MAX_HEAD + self.resource.len();
        self.spans = 0;
        self.batch = EncodedBatch::default();
    }
}
