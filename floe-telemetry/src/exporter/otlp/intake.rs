//! Spans into requests: `ExportTraceServiceRequest` with one resource and as many scopes as there
//! are.

use std::mem;
use std::sync::Arc;

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;

use super::span;
use super::wire::{bytes_always, head, message};
use crate::collector::{Intake, Prepared, own_scope};

/// Collects spans into the bytes of a request.
#[derive(Debug)]
pub(super) struct OtlpIntake {
    /// `ResourceSpans.resource`, as a field.
    resource: Vec<u8>,
    /// The spans of `#[traced]` functions come first: they are the many.
    scopes: Vec<Scope>,
    /// Where a span is encoded, because its length stands before it.
    scratch: Vec<u8>,
}

#[derive(Debug)]
struct Scope {
    /// `None`: our own.
    scope: Option<Arc<InstrumentationScope>>,
    /// `ScopeSpans`: the scope and the spans so far, as fields.
    fields: Vec<u8>,
}

impl OtlpIntake {
    pub(super) fn new(resource: &Resource) -> Self {
        let mut field = Vec::new();
        message(&mut field, 1, |out| span::resource(out, resource));
        Self {
            resource: field,
            scopes: vec![Scope::new(None)],
            scratch: Vec::new(),
        }
    }
}

impl Scope {
    fn new(scope: Option<Arc<InstrumentationScope>>) -> Self {
        let mut fields = Vec::new();
        message(&mut fields, 1, |out| match &scope {
            Some(scope) => span::scope(out, scope),
            None => span::scope(out, &own_scope()),
        });
        Self { scope, fields }
    }

    fn is(&self, scope: Option<&Arc<InstrumentationScope>>) -> bool {
        match (&self.scope, scope) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, other) || own == other,
            (own, other) => own.is_none() && other.is_none(),
        }
    }
}

impl Intake for OtlpIntake {
    type Batch = Vec<u8>;

    fn push(&mut self, span: &Prepared<'_>) {
        let scope = span.record.scope();
        let known = self.scopes.iter().position(|known| known.is(scope));
        let at = known.unwrap_or_else(|| {
            self.scopes.push(Scope::new(scope.cloned()));
            self.scopes.len() - 1
        });
        self.scratch.clear();
        span::span(&mut self.scratch, span);
        bytes_always(&mut self.scopes[at].fields, 2, &self.scratch);
    }

    fn take(&mut self) -> Vec<u8> {
        let scopes = mem::replace(&mut self.scopes, vec![Scope::new(None)]);
        // A scope that has nothing but itself has no spans.
        let empty = self.scopes[0].fields.len();
        let used = || {
            scopes
                .iter()
                .filter(|scope| scope.scope.is_some() || scope.fields.len() > empty)
        };
        let mut request = Vec::with_capacity(
            self.resource.len() + used().map(|scope| scope.fields.len() + 16).sum::<usize>() + 16,
        );
        let mut body = 0;
        let mut heads = Vec::new();
        for scope in used() {
            let mut bytes = Vec::new();
            head(&mut bytes, 2, scope.fields.len());
            body += bytes.len() + scope.fields.len();
            heads.push(bytes);
        }
        head(&mut request, 1, self.resource.len() + body);
        request.extend_from_slice(&self.resource);
        for (head, scope) in heads.iter().zip(used()) {
            request.extend_from_slice(head);
            request.extend_from_slice(&scope.fields);
        }
        // The next batch will be about as long.
        if let Some(own) = scopes.first() {
            self.scopes[0].fields.reserve(own.fields.len());
        }
        request
    }
}
