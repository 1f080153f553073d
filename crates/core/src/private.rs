//! The items that expansions of the macros use. They are not part of the public interface and may change in
//! any release; the macro crate is pinned to the same version.

// An expansion runs the body through these functions, which are separate for these reasons:
//
// - `enter` opens the span before the body, and returns it for `call` or `call_then`.
// - `call` runs a body that returns a value. Only the guard for a body that unwinds is compiled for
//   each function; without a span, not even the guard runs.
// - `call_then` also lets the expansion finish the span: by `Returned` for `impl Future` and `impl Stream`, whose type
//   changes, by `Boxed` for the content of a box, and by `CoveredBySpan` for a value of a kind that `Kind` finds.
// - `call_opening` is the same for patterns that split an argument: the parts are dropped with the pattern, so the body
//   opens the span.
// - `Guard` is for `impl Trait`, whose body stays in its function.
// - `call_async` is for an `async fn`, whose span opens at the first poll.
// - `enter_in_future` is the first statement of an `async` block whose attributes use its arguments. Only
//   the block has them, so the span goes to the future around it and not to the caller.

/// Re-exported for crates without `std` or without the prelude.
pub use std::boxed::Box;

pub use crate::__floe_callsite as callsite;
pub use crate::attributes::expansion::{
    Describe, Fallback, Field, Present, Succeeded, attribute, debug, display, redact,
};
pub use crate::attributes::key_list::KeyList;
pub use crate::callsite::typed_path;
pub use crate::propagation::parent::below;
pub use crate::recorder::call::{Guard, call, call_opening, call_then, end};
pub use crate::recorder::declared::{Never, declared, never, never_made};
pub use crate::recorder::future::{OpenedBy, call_async, enter_in_future};
pub use crate::recorder::open::{Current, Opened, enter};
pub use crate::recorder::opening::{Opening, Parent};
pub use crate::recorder::outcome;
pub use crate::recorder::returned::{
    Boxed, CoveredBySpan, DeclaredTypeMismatch, EndsWithTheCall, Follows, Kind, PossiblyUnbounded,
    Returned, Unbounded,
};
