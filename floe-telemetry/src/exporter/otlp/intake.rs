//! Spans into requests: an `ExportTraceServiceRequest` with one resource, and one `ScopeSpans` for
//! each instrumentation scope.

use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;

use super::request::Shelf;
use super::span;
use crate::collector::{EnrichedSpan, Intake};
use crate::otlp_encoding::{bytes, head, head_length, message, message_of};

/// How long the head of a field can be.
const HEAD: usize = 11;

/// Scopes whose encoding is kept for later requests. A program has far fewer, unless it makes up names
/// while it runs.
const MAX_SCOPES: usize = 1024;

/// Collects spans into the bytes of a request.
#[derive(Debug)]
pub(super) struct OtlpIntake {
    /// `ResourceSpans.resource`, as a field.
    resource: Vec<u8>,
    /// All scopes so far, most of which have spans in each request.
    scopes: Vec<ScopeSpans>,
    /// What precedes the first spans, which depends on how long they are.
    front: Vec<u8>,
    shelf: Shelf,
}

#[derive(Debug)]
struct ScopeSpans {
    scope: Arc<InstrumentationScope>,
    /// `ScopeSpans.scope` and `ScopeSpans.schema_url`, as fields.
    fields: Vec<u8>,
    /// Room for what can precede the spans in a request, and the spans so far, as fields. No memory
    /// while there are none.
    spans: Vec<u8>,
    room: usize,
}

impl OtlpIntake {
    pub(super) fn new(resource: &Resource) -> Self {
        let mut field = Vec::new();
        message(&mut field, 1, |out| span::resource(out, resource));
        Self {
            resource: field,
            scopes: Vec::new(),
            front: Vec::new(),
            shelf: Shelf::default(),
        }
    }

    /// The spans of a scope. Equal scopes have the same address, see [`EnrichedSpan::scope`].
    fn spans(&mut self, scope: &Arc<InstrumentationScope>) -> &mut Vec<u8> {
        let mut scopes = self.scopes.iter();
        let known = scopes.position(|it| Arc::ptr_eq(&it.scope, scope));
        let at = known.unwrap_or_else(|| {
            let scope = ScopeSpans::new(Arc::clone(scope), self.resource.len());
            self.scopes.push(scope);
            self.scopes.len() - 1
        });
        let ScopeSpans { spans, room, .. } = &mut self.scopes[at];
        if spans.is_empty() {
            *spans = self.shelf.take();
            spans.resize(*room, 0);
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
        let room = HEAD + resource + HEAD + fields.len();
        Self {
            scope,
            fields,
            spans: Vec::new(),
            room,
        }
    }

    /// The length of the message, if there are spans.
    fn length(&self) -> Option<usize> {
        let spans = self.spans.len().checked_sub(self.room)?;
        Some(self.fields.len() + spans)
    }
}

impl Intake for OtlpIntake {
    type Batch = Bytes;

    fn push(&mut self, span: &EnrichedSpan<'_>) {
        let spans = self.spans(span.scope());
        message_of::<2>(spans, 2, |out| span::span(out, span));
    }

    fn take(&mut self) -> Bytes {
        let lengths = self.scopes.iter().filter_map(ScopeSpans::length);
        let body: usize = lengths.map(|length| head_length(length) + length).sum();
        let front = &mut self.front;
        front.clear();
        head(front, 1, self.resource.len() + body);
        front.extend_from_slice(&self.resource);
        // The scope with the most spans goes first, so that these are not copied.
        let most = self.scopes.iter_mut().max_by_key(|scope| scope.length());
        let Some((length, first)) = most.and_then(|scope| Some((scope.length()?, scope))) else {
            return self.shelf.request(front.clone(), 0);
        };
        head(front, 2, length);
        front.extend_from_slice(&first.fields);
        let start = first.room - front.len();
        let mut request = mem::take(&mut first.spans);
        request[start..first.room].copy_from_slice(front);
        for scope in &mut self.scopes {
            let Some(length) = scope.length() else {
                continue;
            };
            head(&mut request, 2, length);
            request.extend_from_slice(&scope.fields);
            request.extend_from_slice(&scope.spans[scope.room..]);
            self.shelf.give_back(mem::take(&mut scope.spans));
        }
        if self.scopes.len() > MAX_SCOPES {
            self.scopes.clear();
        }
        self.shelf.request(request, start)
    }
}
