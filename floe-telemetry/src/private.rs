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

/// The block of an `async fn` that seems to call itself. It is a macro because the compiler's error about
/// a future of infinite size names the macro, and contains no other text that could mention `boxed`.
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_recursive {
    ($(#[$allow:meta])* { $($body:tt)* }) => { $(#[$allow])* async move { $($body)* } };
}
pub use crate::__floe_recursive as write_traced_boxed_for_recursion;

/// The constant with the key of a field. It is a macro for the same reason: the compiler's error about
/// another constant of this name names it.
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
pub use crate::attributes::schema::{Prefixed, SchemaList};
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
