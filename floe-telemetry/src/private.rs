//! The items that expansions of the macros use. They are not part of the public interface and may change in
//! any release; the macro crate is pinned to the same version.

/// Re-exported for crates without `std` or without the prelude.
pub use std::boxed::Box;
pub use std::option::Option::{None, Some};

pub use opentelemetry::trace::SpanKind;

#[doc(hidden)]
#[macro_export]
macro_rules! __floe_as_it_is {
    ($($tokens:tt)*) => { $($tokens)* };
}
pub use crate::__floe_as_it_is as as_it_is;
pub use crate::__floe_callsite as callsite;
pub use crate::attributes::expansion::{
    Describe, Fallback, Field, Present, debug, display, record, record_prefixed, redact,
};
pub use crate::attributes::schema::{Prefixed, SchemaList};
pub use crate::callsite::{CallSite, Level};
#[cfg(windows)]
pub use crate::link_list::Bound;
pub use crate::link_list::LinkList;
pub use crate::propagation::parent::below;
pub use crate::recorder::outcome::error_if;
pub use crate::recorder::{
    Current, Never, OpenSpan, OpenedBy, Opening, call, call_async, call_by_type, call_opaque,
    call_opaque_opening, call_opening, end, enter, enter_in_future, never, never_made, outcome,
    returned_future, root,
};
