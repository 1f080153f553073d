//! The spans of `tracing` that a thread has entered in the `Context` of a boundary, see [`nested`](super::nested).
//!
//! They may be exited in any order, unlike functions, and so they are in a list. The innermost of them that is in the
//! current `Context` is the current span. A function that is called in it has a `Context`, so that no function in the
//! cell of the thread is inside a span of this list.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::ptr;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;

use super::pending::PendingUpdates;

/// A span that this thread has entered.
#[derive(Clone, Copy, Debug)]
struct Entered {
    /// The address of the boundary's span context. The boundary is alive for as long as the span is entered.
    boundary: usize,
    updates: &'static PendingUpdates,
}

thread_local! {
    static ENTERED: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
    /// The length of the list, which is accessible while the thread ends.
    static LENGTH: Cell<usize> = const { Cell::new(0) };
}

#[inline]
fn with<T>(act: impl FnOnce(&mut Vec<Entered>) -> T) -> Option<T> {
    let done = ENTERED.try_with(|all| {
        let mut all = all.try_borrow_mut().ok()?;
        let done = act(&mut all);
        LENGTH.set(all.len());
        Some(done)
    });
    done.ok().flatten()
}

/// Makes a span current in a boundary until it is dropped.
#[derive(Debug)]
pub(crate) struct EnteredGuard {
    entered: Entered,
    not_send: PhantomData<*const ()>,
}

impl EnteredGuard {
    /// The boundary is the span in `cx`, which is the current context or about to be attached.
    #[inline]
    pub(super) fn enter(cx: &Context, updates: &'static PendingUpdates) -> Self {
        let boundary = ptr::from_ref(cx.span().span_context()).addr();
        let entered = Entered { boundary, updates };
        with(|all| all.push(entered));
        Self {
            entered,
            not_send: PhantomData,
        }
    }
}

impl Drop for EnteredGuard {
    #[inline]
    fn drop(&mut self) {
        let Entered { boundary, updates } = self.entered;
        with(|all| {
            let is_this = |one: &Entered| one.boundary == boundary && ptr::eq(one.updates, updates);
            if let Some(at) = all.iter().rposition(is_this) {
                all.remove(at);
            }
        });
    }
}

/// Returns access to the innermost span in the boundary whose span context is at this address.
#[inline]
pub(super) fn innermost_at(boundary: usize) -> Option<&'static PendingUpdates> {
    if LENGTH.get() == 0 {
        return None;
    }
    let innermost = with(|all| {
        let innermost = all.iter().rfind(|one| one.boundary == boundary)?;
        Some(innermost.updates)
    });
    innermost.flatten()
}
