//! OpenTelemetry's current `Context`. Only this module reads, attaches and detaches it.
//!
//! OpenTelemetry keeps it in a thread-local `RefCell`, which panics in two states:
//!
//! - **Borrowed.** `get_active_span` and `Context::map_current` borrow it while they run a closure. It can be read
//!   there, but neither attached nor detached. No function tells whether it is borrowed, so a panic of `attach` is caught,
//!   without a message. Then the context is put aside: the library reads it from there until it is detached, so its
//!   own spans nest, but OpenTelemetry does not know it.
//! - **Gone.** A thread destroys its thread-local values in reverse order of their initialization, and the destructor of
//!   an older value may call this crate. `End` is initialized after the `Context`, so its destructor runs first.
//!
//! A panic hook must not panic, not even if the panic is caught. So a panicking thread attaches nothing to OpenTelemetry.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use opentelemetry::{Context, ContextGuard};

pub use super::context_state::is_expected_panic;
use super::context_state::{STATE, State};
use super::last_panic;
use super::thread_end::{leave, watch};
use crate::caught::caught;
use crate::internal_log;

thread_local! {
    static ASIDE: RefCell<ManuallyDrop<Aside>> =
        const { RefCell::new(ManuallyDrop::new(Aside { contexts: Vec::new(), guards: Vec::new() })) };
    static END: End = End { is_watched: watch() };
}

/// Contexts that OpenTelemetry cannot attach while its own is borrowed, the current one last, and guards that wait until
/// it is no longer borrowed. A context that is detached before those above it leaves `None`.
struct Aside {
    contexts: Vec<Option<Context>>,
    guards: Vec<ContextGuard>,
}

/// The last thread-local value of this crate that exists as long as the `Context`.
struct End {
    /// Whether the end of the thread is noticed in another way.
    is_watched: bool,
}

impl Drop for End {
    fn drop(&mut self) {
        STATE.set(State::Gone);
        if !self.is_watched {
            leave();
        }
    }
}

/// Whether this thread has a current `Context`. It has none where thread-local values are destroyed after it.
#[inline]
pub fn is_there() -> bool {
    STATE.get() == State::Usual || is_there_rarely()
}

#[cold]
#[inline(never)]
fn is_there_rarely() -> bool {
    matches!(settled(), State::Usual | State::Aside)
}

/// Whether this thread is attaching a context, while OpenTelemetry may report that there are too many.
#[inline]
pub fn is_attaching() -> bool {
    STATE.get() == State::Busy
}

/// Whether [`read`] reads OpenTelemetry's own `Context`, which is the usual state.
#[inline]
fn is_usual() -> bool {
    STATE.get() == State::Usual
}

/// Calls `read` with OpenTelemetry's own `Context`, in the usual state.
#[inline]
pub(super) fn read_usual<T>(read: impl FnOnce(&Context) -> T) -> Option<T> {
    is_usual().then(|| Context::map_current(read))
}

/// Calls `read` with the current context; `None` if this thread has none. `read` must not attach a context.
#[inline]
pub fn read<T>(read: impl FnOnce(&Context) -> T) -> Option<T> {
    if is_usual() {
        return Some(Context::map_current(read));
    }

    let mut unused = Some(read);
    let mut value = None;
    read_rarely(&mut |cx| value = unused.take().map(|read| read(cx)));
    value
}

/// As [`read`], with an empty context if this thread has none.
#[inline]
pub fn read_or_empty<T>(read: impl FnOnce(&Context) -> T) -> T {
    if is_usual() { Context::map_current(read) } else { read(&rare().unwrap_or_default()) }
}

#[cold]
#[inline(never)]
fn read_rarely(read: &mut dyn FnMut(&Context)) {
    if let Some(cx) = rare() {
        read(&cx);
    }
}

/// Returns OpenTelemetry's current context, which may be that of an outer span; an empty one if this thread has none.
#[inline]
pub(super) fn raw_current() -> Context {
    read_or_empty(Context::clone)
}

/// Returns the current context in an unusual state.
#[cold]
#[inline(never)]
fn rare() -> Option<Context> {
    let is_aside = match settled() {
        State::Usual => false,
        State::Aside => true,
        State::Unknown | State::Busy | State::Gone => return None,
    };

    let top = || {
        let aside = ASIDE.try_with(|aside| aside.try_borrow().ok()?.contexts.last().cloned());
        aside.ok().flatten().flatten()
    };
    let aside = if is_aside { top() } else { None };
    Some(aside.unwrap_or_else(|| Context::map_current(Context::clone)))
}

/// Whether telemetry is suppressed in the current context.
#[inline]
pub fn is_suppressed() -> bool {
    read_or_empty(Context::is_telemetry_suppressed)
}

/// Whether telemetry is suppressed, or this thread has no context, as far as this is known without an access that may
/// panic.
pub(super) fn is_known_suppressed() -> bool {
    match STATE.get() {
        State::Usual => is_suppressed(),
        state => state == State::Gone,
    }
}

/// Suppresses telemetry on this thread until the result is dropped.
pub fn suppress() -> Suppressed {
    Suppressed(attach(|| raw_current().with_telemetry_suppressed(), || None))
}

/// Suppressed telemetry, see [`suppress`].
#[derive(Debug)]
#[must_use = "telemetry is suppressed until it is dropped"]
pub struct Suppressed(#[expect(dead_code, reason = "it is only dropped")] Attached);

/// Runs `code` with `cx` as the current context.
pub fn within<T>(cx: &Context, code: impl FnOnce() -> T) -> T {
    let _attached = attach_again(cx);
    code()
}

/// An attached context, which is detached when this value is dropped. This happens in the function that attached it, so
/// not in a closure that borrows the `Context`. Elsewhere, the owner calls [`detach`](Self::detach).
#[derive(Debug)]
pub(super) enum Attached {
    There(ContextGuard),
    Aside(#[expect(dead_code, reason = "it is only dropped")] AsideGuard),
    Nowhere,
}

/// Attaches the context that `make` creates. If that fails, `again` creates it again, because the first one is lost.
///
/// `make` is called where the context is used. Moving a context would load it in other pieces than it was stored in.
#[expect(
    clippy::inline_always,
    reason = "each span calls it, and constructs the result in its final location"
)]
#[inline(always)]
pub(super) fn attach(
    make: impl FnOnce() -> Context,
    again: impl FnOnce() -> Option<Context>,
) -> Attached {
    if !is_usual() || thread::panicking() {
        return attach_rarely(make());
    }

    match try_attach(make) {
        Some(guard) => Attached::There(guard),
        None => again().map_or(Attached::Nowhere, put_aside),
    }
}

/// Attaches a context that is kept elsewhere, too.
#[expect(clippy::inline_always, reason = "as for `attach`")]
#[inline(always)]
pub(super) fn attach_again(cx: &Context) -> Attached {
    attach(|| cx.clone(), || Some(cx.clone()))
}

/// Returns `None` while the `Context` is borrowed.
#[expect(clippy::inline_always, reason = "as for `attach`")]
#[inline(always)]
fn try_attach(make: impl FnOnce() -> Context) -> Option<ContextGuard> {
    let before = STATE.get();
    let mut guard = None;
    let attached = caught(|| {
        let cx = make();
        STATE.with(|state| state.set(State::Busy));
        // Without the drop of a previous guard, of which there is none.
        mem::forget(guard.replace(cx.attach()));
    });

    STATE.with(|state| state.set(before));
    attached.ok().and(guard)
}

#[cold]
#[inline(never)]
fn attach_rarely(cx: Context) -> Attached {
    match settled() {
        State::Usual if thread::panicking() => put_aside(cx),
        State::Usual => attach_again(&cx),
        State::Aside => put_aside(cx),
        State::Unknown | State::Busy | State::Gone => Attached::Nowhere,
    }
}

#[cold]
#[inline(never)]
fn put_aside(cx: Context) -> Attached {
    static IS_SAID: AtomicBool = AtomicBool::new(false);

    if !thread::panicking() && !IS_SAID.swap(true, Ordering::Relaxed) {
        internal_log::write_line(
            "warn",
            "a span that starts in a closure of `get_active_span` or `Context::map_current` is not in OpenTelemetry's \
             current `Context`, because the closure borrows it: spans of other libraries below it have the parent of \
             the closure",
        );
    }

    let place = with_aside(|aside| {
        let place = u16::try_from(aside.contexts.len()).ok()?;
        aside.contexts.push(Some(cx));
        Some(place)
    });

    place.flatten().map_or(Attached::Nowhere, |place| {
        Attached::Aside(AsideGuard { place, not_send: PhantomData })
    })
}

fn with_aside<T>(act: impl FnOnce(&mut Aside) -> T) -> Option<T> {
    let done = ASIDE.try_with(|aside| {
        let mut aside = aside.try_borrow_mut().ok()?;
        let done = act(&mut aside);
        if STATE.get() != State::Gone {
            let is_empty = aside.contexts.is_empty() && aside.guards.is_empty();
            if is_empty {
                // Nothing frees it when the thread ends.
                aside.contexts = Vec::new();
                aside.guards = Vec::new();
            }
            STATE.set(if is_empty { State::Usual } else { State::Aside });
        }
        Some(done)
    });

    done.ok().flatten()
}

/// The place of a context that was put aside.
#[derive(Debug)]
pub(super) struct AsideGuard {
    place: u16,
    not_send: PhantomData<*const ()>,
}

impl Drop for AsideGuard {
    #[cold]
    fn drop(&mut self) {
        let context = with_aside(|aside| {
            let context = aside.contexts.get_mut(usize::from(self.place)).and_then(Option::take);
            while aside.contexts.pop_if(|it| it.is_none()).is_some() {}
            context
        });
        // Dropped outside of the borrow, because it may contain values of the program.
        drop(context);
    }
}

impl Attached {
    /// Detaches the context where the current `Context` may be borrowed or gone, because the owner of this value may do
    /// so anywhere. Leaves a value without a context.
    #[inline]
    pub(super) fn detach(&mut self) {
        let guard = match mem::replace(self, Self::Nowhere) {
            Self::There(guard) => guard,
            other => return drop(other),
        };
        let top = match STATE.get() {
            State::Usual | State::Aside => try_attach(Context::new),
            State::Unknown | State::Busy | State::Gone => None,
        };
        match top {
            // Below another one, the context is only taken out of the stack, which is cheaper. A value of the program that
            // this drops finds no current span.
            Some(top) => {
                drop(guard);
                drop(top);
            }
            None => Self::leave_attached(guard),
        }
    }

    /// Detaches a context as soon as it is no longer borrowed.
    #[cold]
    #[inline(never)]
    fn leave_attached(guard: ContextGuard) {
        match STATE.get() {
            State::Unknown | State::Busy | State::Gone => mem::forget(guard),
            State::Usual | State::Aside => {
                with_aside(|aside| aside.guards.push(guard));
            }
        }
    }
}

/// Tries to attach a context, which is detached at once.
#[inline]
fn is_borrowed() -> bool {
    try_attach(Context::new).is_none()
}

/// Returns the state after it is determined for a thread that has none so far, and drops all guards that have waited.
fn settled() -> State {
    match STATE.get() {
        // A hook could not survive the panic of a `Context` that is gone.
        State::Unknown if !thread::panicking() => determine(),
        // A value of the program that is dropped with a guard may make another guard wait.
        State::Aside if !thread::panicking() => while drop_waiting() {},
        _ => {}
    }

    STATE.get()
}

/// Drops the guards that have waited, and returns whether there were any.
fn drop_waiting() -> bool {
    let waits = with_aside(|aside| aside.contexts.is_empty() && !aside.guards.is_empty());
    if waits != Some(true) || is_borrowed() {
        return false;
    }

    let mut guards = with_aside(|aside| mem::take(&mut aside.guards)).unwrap_or_default();
    while guards.pop().is_some() {}
    true
}

fn determine() {
    last_panic::observe();
    STATE.set(State::Busy);
    let is_there = caught(|| Context::map_current(|_| ())).is_ok();
    STATE.set(State::Gone);
    if is_there && END.try_with(|_| ()).is_ok() {
        STATE.set(State::Usual);
    }
}
