//! The items that expansions of the macros use. They are not part of the public interface and may change in
//! any release; the macro crate is pinned to the same version.

// An expansion runs the body through these functions, which are separate for these reasons:
//
// - `enter` opens the span before the body, and returns it for one of the next three.
// - `call` runs a body that returns a value. Only the catching of its panic is compiled for each
//   function; without a span, not even that runs.
// - `call_by_type` is for a return type that may be a boxed future under another name. The value keeps
//   its type, so without a span it is returned unchanged and not boxed again.
// - `call_opaque` is for `impl Future` and `impl Stream`. The type of the value changes, so it is wrapped
//   without a span, too.
// - `call_opening` and `call_opaque_opening` are for patterns that split an argument: the parts are
//   dropped with the pattern, so the body opens the span. As above, one keeps the type of the value and
//   the other does not.
// - `end` is the last step of `call_opening` for a value. `call` does the same itself, so that the
//   expansion has no closure for it.
// - `call_async` is for an `async fn`, whose span opens at the first poll.
// - `enter_in_future` is the first statement of an `async` block whose attributes use its arguments. Only
//   the block has them, so the span goes to the future around it and not to the caller.

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

/// The constant with the key of a field. It is a macro because the compiler's error about another constant
/// of this name names it.
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_key_constant {
    ($(#[$attribute:meta])* $visibility:vis $name:ident = $key:expr) => {
        $(#[$attribute])*
        $visibility const $name: &'static ::core::primitive::str = $key;
    };
}
pub use crate::__floe_callsite as callsite;
pub use crate::__floe_key_constant as write_floe_consts_false_for_a_constant_of_your_own;
pub use crate::attributes::expansion::{
    Describe, Fallback, Field, Present, debug, display, record, record_prefixed, redact,
};
pub use crate::attributes::key_list::{KeyList, Prefixed};
pub use crate::callsite::{CallSite, Level};
#[cfg(windows)]
pub use crate::link_list::Bound;
pub use crate::link_list::LinkList;
pub use crate::propagation::parent::below;
pub use crate::recorder::outcome::error_if;
pub use crate::recorder::{
    Current, Never, Opened, OpenedBy, Opening, ReturnedClosure, call, call_async, call_by_type,
    call_opaque, call_opaque_opening, call_opening, declared, end, enter, enter_in_future, never,
    never_made, outcome, returned_closure, returned_future, root,
};
