//! Encodes batches of spans as requests: an `ExportTraceServiceRequest` with one resource, and one
//! `ScopeSpans` for each instrumentation scope.

use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;

use super::buffer_pool::BufferPool;
use super::span;
use crate::collector::{BatchBuilder, EnrichedSpan};
use crate::otlp_encoding::{bytes, head, head_length, message, message_of};

/// The most bytes of the head of a field.
const MAX_HEAD: usize = 11;

/// The most scopes whose encoding is kept for later requests. Programs have far fewer, unless they
/// generate names at run time.
const MAX_SCOPES: usize = 1024;

/// Encodes spans into the bytes of a request.
#[derive(Debug)]
pub(super) struct RequestBuilder {
    /// `ResourceSpans.resource`, as a field.
    resource: Vec<u8>,
    /// The known scopes. Most of them have spans in each request.
    scopes: Vec<ScopeSpans>,
    /// The encoding that precedes the first spans. It contains their length.
    prefix: Vec<u8>,
    pool: BufferPool,
}

#[derive(Debug)]
struct ScopeSpans {
    scope: Arc<InstrumentationScope>,
    /// `ScopeSpans.scope` and `ScopeSpans.schema_url`, as fields.
    fields: Vec<u8>,
    /// `prefix_room` bytes for the encoding that may precede the spans, and the spans of the open batch,
    /// as fields. Empty while there are no spans.
    spans: Vec<u8>,
    prefix_room: usize,
}

impl RequestBuilder {
    pub(super) fn new(resource: &Resource) -> Self {
        let mut field = Vec::new();
        message(&mut field, 1, |out| span::resource(out, resource));
        Self {
            resource: field,
            scopes: Vec::new(),
            prefix: Vec::new(),
            pool: BufferPool::default(),
        }
    }

    /// The buffer for the spans of a scope. Equal scopes have the same address, see
    /// [`EnrichedSpan::scope`].
    fn spans(&mut self, scope: &Arc<InstrumentationScope>) -> &mut Vec<u8> {
        let mut scopes = self.scopes.iter();
        let known = scopes.position(|known| Arc::ptr_eq(&known.scope, scope));
        let at = known.unwrap_or_else(|| {
            let scope = ScopeSpans::new(Arc::clone(scope), self.resource.len());
            self.scopes.push(scope);
            self.scopes.len() - 1
        });
        let ScopeSpans {
            spans, prefix_room, ..
        } = &mut self.scopes[at];
        if spans.is_empty() {
            *spans = self.pool.take();
            spans.resize(*prefix_room, 0);
        }
        spans
    }
}

impl ScopeSpans {
    fn new(scope: Arc<InstrumentationScope>, resource: usize) -> Self {
        let mut fields = Vec::new();
        message(&mut fields, 1, |out| span::scope(out, &scope));
        let schema_url = scope.schema_url().unwrap_or_default();
        bytes(&mut fields, 3, schema_url.as_bytes());
        let prefix_room = MAX_HEAD + resource + MAX_HEAD + fields.len();
        Self {
            scope,
            fields,
            spans: Vec::new(),
            prefix_room,
        }
    }

    /// The length of the message, if there are spans.
    fn length(&self) -> Option<usize> {
        let spans = self.spans.len().checked_sub(self.prefix_room)?;
        Some(self.fields.len() + spans)
    }
}

impl BatchBuilder for RequestBuilder {
    type Batch = Bytes;

    fn push(&mut self, span: &EnrichedSpan<'_>) -> usize {
        let spans = self.spans(span.scope());
        let before = spans.len();
        message_of::<2>(spans, 2, |out| span::span(out, span));
        spans.len() - before
    }

    fn take(&mut self) -> Bytes {
        let lengths = self.scopes.iter().filter_map(ScopeSpans::length);
        let body: usize = lengths.map(|length| head_length(length) + length).sum();
        let prefix = &mut self.prefix;
        prefix.clear();
        head(prefix, 1, self.resource.len() + body);
        prefix.extend_from_slice(&self.resource);
        // The largest scope comes first: its spans are already in place and are not copied.
        let largest = self.scopes.iter_mut().max_by_key(|scope| scope.length());
        let Some((length, first)) = largest.and_then(|scope| Some((scope.length()?, scope))) else {
            return self.pool.request(prefix.clone(), 0);
        };
        head(prefix, 2, length);
        prefix.extend_from_slice(&first.fields);
        let start = first.prefix_room - prefix.len();
        let mut request = mem::take(&mut first.spans);
        request[start..first.prefix_room].copy_from_slice(prefix);
        for scope in &mut self.scopes {
            let Some(length) = scope.length() else {
                continue;
            };
            head(&mut request, 2, length);
            request.extend_from_slice(&scope.fields);
            request.extend_from_slice(&scope.spans[scope.prefix_room..]);
            self.pool.give_back(mem::take(&mut scope.spans));
        }
        if self.scopes.len() > MAX_SCOPES {
            self.scopes.clear();
        }
        self.pool.request(request, start)
    }
}
