//! Opening the span of a domain.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use opentelemetry::InstrumentationScope;

use crate::attributes::FloeAttributes;
use crate::recorder::{ActiveSpan, Opening, create_span_in};

/// What a domain's span is about: its attributes, and what it is called by.
pub trait Operation: FloeAttributes {
    /// The domain: the first part of the span's name.
    const DOMAIN: &'static str;

    /// What is done: the rest of the span's name.
    fn operation(&self) -> &str;

    /// The name of the span: `<domain>.<operation>`.
    fn span_name(&self) -> String {
        format!("{}.{}", Self::DOMAIN, self.operation())
    }
}

/// A tracer by its name, which is the instrumentation scope of its spans.
#[derive(Debug)]
pub(super) struct DomainTracer {
    name: &'static str,
    scope: OnceLock<Arc<InstrumentationScope>>,
}

impl DomainTracer {
    pub(super) const fn new(name: &'static str) -> Self {
        Self {
            name,
            scope: OnceLock::new(),
        }
    }

    /// Starts a span with these attributes, and makes it the current one.
    pub(super) fn open<O: Operation>(&self, operation: &O) -> ActiveSpan {
        self.open_and(operation, |_| ())
    }

    /// The same with what `more` writes to it.
    pub(super) fn open_and<O: Operation>(
        &self,
        operation: &O,
        more: impl Fn(&mut Opening),
    ) -> ActiveSpan {
        let scope = self
            .scope
            .get_or_init(|| Arc::new(InstrumentationScope::builder(self.name).build()));
        create_span_in(scope, &mut |opening| {
            opening.name_const(Cow::Owned(operation.span_name()));
            opening.floe_attributes(operation);
            more(opening);
        })
    }
}
