//! The spans that a thread has entered, each with its context attached.
//!
//! A [`ContextGuard`] stays on its thread, and so does what enters a span and exits it, but the layer
//! is told of an exit by the span's id alone. Spans may be exited in any order: OpenTelemetry's stack
//! of contexts leaves the current one as it is until what is above it has gone.

use std::cell::RefCell;

use opentelemetry::{Context, ContextGuard};
use tracing::span::Id;

/// In reverse, as they were attached.
#[derive(Default)]
struct Entered(Vec<(Id, ContextGuard)>);

impl Drop for Entered {
    fn drop(&mut self) {
        while self.0.pop().is_some() {}
    }
}

thread_local! {
    static ENTERED: RefCell<Entered> = {
        // Destructors run in reverse: what is here goes before the contexts do.
        Context::map_current(|_| ());
        RefCell::default()
    };
}

/// Makes `cx` current until `id` is exited.
#[inline]
pub(super) fn enter(id: &Id, cx: Context) {
    let attached = cx.attach();
    let _ = ENTERED.try_with(|entered| {
        if let Ok(mut entered) = entered.try_borrow_mut() {
            entered.0.push((id.clone(), attached));
        }
    });
}

/// Ends what the last `enter` of `id` on this thread began.
#[inline]
pub(super) fn exit(id: &Id) {
    let attached = ENTERED.try_with(|entered| {
        let entered = &mut entered.try_borrow_mut().ok()?.0;
        let at = entered.iter().rposition(|(other, _)| other == id)?;
        Some(entered.remove(at))
    });
    // Here, when nothing is borrowed: what else is in the context is the user's.
    drop(attached);
}
