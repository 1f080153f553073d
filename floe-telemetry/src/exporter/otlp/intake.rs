//! Spans into requests: `ExportTraceServiceRequest` with one resource and as many scopes as there
//! are.

use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;

use super::request::Shelf;
use super::span;
use crate::collector::{EnrichedSpan, Intake, own_scope};
use crate::otlp_encoding::{bytes_always, head, head_length, message, message_of};

/// How long the head of a field can be.
const HEAD: usize = 11;

/// Collects spans into the bytes of a request.
#[derive(Debug)]
pub(super) struct OtlpIntake {
    /// `ResourceSpans.resource`, as a field.
    resource: Vec<u8>,
    /// `ScopeSpans.scope` of our own scope, as a field.
    own_scope: Vec<u8>,
    /// Where the spans of our own scope begin: at the most that can go before them.
    room: usize,
    /// That room, and the spans of our own scope so far, as fields: they are the many.
    own: Vec<u8>,
    /// The other scopes.
    scopes: Vec<Scope>,
    /// What goes before the spans, which is as long as they are many.
    front: Vec<u8>,
    shelf: Shelf,
}

#[derive(Debug)]
struct Scope {
    scope: Arc<InstrumentationScope>,
    /// `ScopeSpans`: the scope and the spans so far, as fields.
    fields: Vec<u8>,
}

impl OtlpIntake {
    pub(super) fn new(resource: &Resource) -> Self {
        let (mut field, mut own_scope_field) = (Vec::new(), Vec::new());
        message(&mut field, 1, |out| span::resource(out, resource));
        message(&mut own_scope_field, 1, |out| {
            span::scope(out, &own_scope());
        });
        let room = HEAD + field.len() + HEAD + own_scope_field.len();
        Self {
            resource: field,
            own_scope: own_scope_field,
            room,
            own: vec![0; room],
            scopes: Vec::new(),
            front: Vec::new(),
            shelf: Shelf::default(),
        }
    }

    /// The spans so far of a scope, as fields.
    fn fields(&mut self, scope: Option<&Arc<InstrumentationScope>>) -> &mut Vec<u8> {
        let Some(scope) = scope else {
            return &mut self.own;
        };
        let mut scopes = self.scopes.iter();
        let known = scopes.position(|it| Arc::ptr_eq(&it.scope, scope) || it.scope == *scope);
        let at = known.unwrap_or_else(|| {
            self.scopes.push(Scope::new(Arc::clone(scope)));
            self.scopes.len() - 1
        });
        &mut self.scopes[at].fields
    }
}

impl Scope {
    fn new(scope: Arc<InstrumentationScope>) -> Self {
        let mut fields = Vec::new();
        message(&mut fields, 1, |out| span::scope(out, &scope));
        Self { scope, fields }
    }
}

impl Intake for OtlpIntake {
    type Batch = Bytes;

    fn push(&mut self, span: &EnrichedSpan<'_>) {
        let fields = self.fields(span.record.scope());
        message_of::<2>(fields, 2, |out| span::span(out, span));
    }

    fn take(&mut self) -> Bytes {
        let mut blank = self.shelf.take();
        blank.resize(self.room, 0);
        let mut request = mem::replace(&mut self.own, blank);
        let scopes = mem::take(&mut self.scopes);
        let own = match request.len() - self.room {
            0 => None,
            spans => Some(self.own_scope.len() + spans),
        };
        let others = scopes.iter().map(|scope| scope.fields.len());
        let body: usize = others
            .chain(own)
            .map(|length| head_length(length) + length)
            .sum();
        let front = &mut self.front;
        front.clear();
        head(front, 1, self.resource.len() + body);
        front.extend_from_slice(&self.resource);
        if let Some(own) = own {
            head(front, 2, own);
            front.extend_from_slice(&self.own_scope);
        }
        let start = self.room - front.len();
        request[start..self.room].copy_from_slice(front);
        for scope in &scopes {
            bytes_always(&mut request, 2, &scope.fields);
        }
        self.shelf.request(request, start)
    }
}
