//! What expansions of the macros call, and nothing else. Not part of the public interface: any of
//! it may change in any release. The macro crate is pinned to the same version.

/// A crate without `std` does not know it by that path.
pub use std::boxed::Box;

pub use opentelemetry::trace::SpanKind;

#[doc(hidden)]
#[macro_export]
macro_rules! __floe_as_it_is {
    ($($tokens:tt)*) => { $($tokens)* };
}
pub use crate::__floe_as_it_is as as_it_is;
pub use crate::__floe_callsite as callsite;
pub use crate::attributes::expansion::{
    Describe, Field, Otherwise, Present, debug, display, record, record_prefixed, redact,
};
pub use crate::attributes::schema::{Prefixed, SchemaList};
pub use crate::callsite::{CallSite, Level};
#[cfg(windows)]
pub use crate::link_list::Bound;
pub use crate::link_list::LinkList;
pub use crate::propagation::below;
pub use crate::recorder::outcome::error_if;
pub use crate::recorder::{
    Never, OpenSpan, Opening, call, call_async, call_async_within, call_by_type,
    call_by_type_opening, call_opaque, call_opaque_opening, call_opening, call_plain, enter,
    enter_below, enter_plain, enter_within, enter_within_below, never, never_made, outcome,
    returned_future, root,
};
