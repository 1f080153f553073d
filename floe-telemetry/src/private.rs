//! What expansions of the macros call, and nothing else. Not part of the public interface: any of
//! it may change in any release. The macro crate is pinned to the same version.

pub use linkme;
pub use opentelemetry::trace::SpanKind;

pub use crate::attributes::expansion::{
    Describe, Field, Otherwise, Present, debug, display, record, record_prefixed, redact,
};
pub use crate::attributes::schema::{Prefixed, SchemaList};
pub use crate::callsite::{CALLSITES, CallSite};
pub use crate::recorder::{OpenSpan, Opening, call, call_async, enter, enter_plain, outcome};
