//! The observations of a shape, in a log.

use std::any::Any;
use std::cell::RefCell;
use std::fmt::Debug;
use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

#[derive(Debug, PartialEq)]
pub(crate) enum Line {
    /// A value that must be the same in each mode.
    Same(String, String),
    /// The size of a future in bytes.
    Future(String, usize),
    /// The size in bytes of a call's stack frames, and the size of the moved argument.
    Frame(String, usize, usize),
}

#[derive(Default)]
pub(crate) struct Log {
    lines: Vec<Line>,
    dropped: Rc<RefCell<Vec<&'static str>>>,
}

/// Logs its name when it is dropped.
pub(crate) struct Noisy {
    pub(crate) name: &'static str,
    dropped: Rc<RefCell<Vec<&'static str>>>,
}

impl Noisy {
    /// Returns a value with another name and the same log.
    pub(crate) fn named(&self, name: &'static str) -> Self {
        let dropped = Rc::clone(&self.dropped);
        Self { name, dropped }
    }

    pub(crate) fn len(&self) -> usize {
        self.name.len()
    }
}

impl Drop for Noisy {
    fn drop(&mut self) {
        self.dropped.borrow_mut().push(self.name);
    }
}

impl Log {
    pub(crate) fn lines(self) -> Vec<Line> {
        self.lines
    }

    pub(crate) fn value(&mut self, what: &str, value: impl Debug) {
        self.lines.push(Line::Same(what.to_owned(), format!("{value:?}")));
    }

    pub(crate) fn noisy(&self, name: &'static str) -> Noisy {
        let dropped = Rc::clone(&self.dropped);
        Noisy { name, dropped }
    }

    /// Logs a call: its result, or the message of its panic, and the order of the drops.
    pub(crate) fn call<T: Debug>(&mut self, what: &str, call: impl FnOnce(&Self) -> T) {
        let result =
            catch_unwind(AssertUnwindSafe(|| call(self))).map_err(|payload| message(&*payload));
        let dropped = self.dropped.take();
        self.value(what, (result, dropped));
    }

    /// Logs the size of a future, and the observations of a call with 0, 1 and 2 polls.
    pub(crate) fn future<F: Future<Output: Debug>>(
        &mut self,
        what: &str,
        make: impl Fn(&Self) -> F,
    ) {
        for polls in 0..=2 {
            let mut future = Box::pin(make(self));
            if polls == 0 {
                let bytes = size_of_val(&*future);
                self.lines.push(Line::Future(what.to_owned(), bytes));
            }

            let result = catch_unwind(AssertUnwindSafe(|| poll(future.as_mut(), polls)))
                .map_err(|payload| message(&*payload));
            let dropped = self.dropped.take();
            drop(future);
            let dropped_then = self.dropped.take();
            let observed = (polls, result, dropped, dropped_then);
            self.value(what, observed);
        }
    }

    /// Logs the stack frames of a function with an argument of `moved` bytes. The function calls itself, and each call
    /// stores the [`address`] of a local variable.
    pub(crate) fn frame(
        &mut self,
        what: &str,
        moved: usize,
        recurse: impl FnOnce(&mut Vec<usize>),
    ) {
        let mut addresses = Vec::new();
        recurse(&mut addresses);
        let [.., above, below] = addresses[..] else {
            panic!("{what} has no frames");
        };

        let frame = Line::Frame(what.to_owned(), above - below, moved);
        self.lines.push(frame);
    }

    pub(crate) fn auto_traits(&mut self, what: &str, auto: [(&'static str, bool); 5]) {
        self.value(what, auto);
    }
}

pub(crate) fn address<T>(local: &T) -> usize {
    std::ptr::from_ref(local).addr()
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no text").to_owned()
}

fn poll<F: Future>(mut future: Pin<&mut F>, polls: u8) -> Option<F::Output> {
    let mut cx = Context::from_waker(Waker::noop());
    (0..polls).find_map(|_| match future.as_mut().poll(&mut cx) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    })
}

/// Is pending at the first poll.
pub(crate) async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|_| {
        if mem::replace(&mut paused, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Lists the auto traits of a value.
macro_rules! auto_traits {
    ($value:expr) => {{
        #[allow(unused_imports, reason = "only needed where a trait is missing")]
        use $crate::log::auto::*;

        match Auto::of(&$value) {
            auto => [
                ("Send", auto.is_send()),
                ("Sync", auto.is_sync()),
                ("Unpin", auto.is_unpin()),
                ("UnwindSafe", auto.is_unwind_safe()),
                ("RefUnwindSafe", auto.is_ref_unwind_safe()),
            ],
        }
    }};
}
pub(crate) use auto_traits;

pub(crate) mod auto {
    use std::marker::PhantomData;
    use std::panic::{RefUnwindSafe, UnwindSafe};

    pub(crate) struct Auto<T>(PhantomData<T>);

    impl<T> Auto<T> {
        pub(crate) fn of(_: &T) -> Self {
            Self(PhantomData)
        }
    }

    // Method lookup prefers an inherent method to a method of a trait if the bounds of the inherent method hold.
    macro_rules! tests {
        ($($method:ident $bound:ident $otherwise:ident)*) => {$(
            impl<T: $bound> Auto<T> {
                pub(crate) fn $method(&self) -> bool {
                    true
                }
            }

            pub(crate) trait $otherwise {
                fn $method(&self) -> bool {
                    false
                }
            }

            impl<T> $otherwise for Auto<T> {}
        )*};
    }

    tests! {
        is_send Send NotSend
        is_sync Sync NotSync
        is_unpin Unpin NotUnpin
        is_unwind_safe UnwindSafe NotUnwindSafe
        is_ref_unwind_safe RefUnwindSafe NotRefUnwindSafe
    }
}
