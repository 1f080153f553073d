//! Arguments are dropped in the same order as without a span.

use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use floe_telemetry::{testing, traced};
use futures_core::Stream;

fn poll<T>(future: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

type Log = Rc<RefCell<Vec<&'static str>>>;

/// Logs its name when it is dropped.
struct Noisy(&'static str, Log);

impl Drop for Noisy {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

macro_rules! dropping {
    ($now:ident $later:ident $(#[$attribute:meta])?) => {
        $(#[$attribute])?
        fn $now(first: Noisy, _: Noisy, mut third: Noisy, _unused: Noisy) -> usize {
            let inside = Noisy("inside", Rc::clone(&third.1));
            third.0 = "third";
            drop(inside);
            first.0.len()
        }

        $(#[$attribute])?
        async fn $later(
            first: Noisy,
            _: Noisy,
            mut third: Noisy,
            _unused: Noisy,
            (left, _): (Noisy, Noisy),
        ) -> usize {
            let _inside = Noisy("inside", Rc::clone(&third.1));
            third.0 = "third";
            tokio::task::yield_now().await;
            first.0.len() + left.0.len()
        }
    };
}

dropping!(bare_now bare_later);
dropping!(traced_now traced_later #[traced]);

mod staying_async {
    use super::{Log, Noisy, Rc, traced};

    macro_rules! dropping {
        ($later:ident $mixed:ident $(#[$attribute:meta])?) => {
            $(#[$attribute])?
            #[must_use]
            pub(super) async fn $later(
                first: Noisy,
                second: Noisy,
                third: Noisy,
                fourth: Noisy,
            ) -> usize {
                let _inside = Noisy("inside", Rc::clone(&third.1));
                tokio::task::yield_now().await;
                second.0.len() + fourth.0.len() + first.0.len()
            }

            $(#[$attribute])?
            #[must_use]
            pub(super) async fn $mixed(
                first: Noisy,
                _: Noisy,
                mut third: Noisy,
                _unused: Noisy,
            ) -> usize {
                let _inside = Noisy("inside", Rc::clone(&third.1));
                third.0 = "third";
                tokio::task::yield_now().await;
                first.0.len()
            }
        };
    }

    dropping!(bare bare_mixed);
    dropping!(with with_mixed #[traced]);

    pub(super) fn noisy(log: &Log) -> [Noisy; 4] {
        ["first", "second", "third", "fourth"].map(|name| Noisy(name, Rc::clone(log)))
    }
}

#[test]
fn a_native_async_fn_drops_its_arguments_in_the_order_of_a_plain_one() {
    use staying_async::{bare, bare_mixed, noisy, with, with_mixed};

    macro_rules! order {
        ($call:ident, $polls:expr) => {{
            let log = Log::default();
            let [first, second, third, fourth] = noisy(&log);
            let mut future = Box::pin($call(first, second, third, fourth));
            for _ in 0..$polls {
                let _ = poll(future.as_mut());
            }
            let before = log.take();
            drop(future);
            (before, log.take())
        }};
    }
    for polls in 0..3 {
        assert_eq!(order!(with, polls), order!(bare, polls), "{polls}");
        assert_eq!(order!(with_mixed, polls), order!(bare_mixed, polls), "{polls}");
    }
}

#[test]
fn arguments_are_dropped_in_the_order_of_a_plain_function() {
    let order = |call: fn(Noisy, Noisy, Noisy, Noisy) -> usize| {
        let log = Log::default();
        let noisy = |name| Noisy(name, Rc::clone(&log));
        call(noisy("first"), noisy("second"), noisy(""), noisy("unused"));
        log.take()
    };
    assert_eq!(order(traced_now), ["inside", "unused", "third", "second", "first"]);
    assert_eq!(order(traced_now), order(bare_now));
}

struct Pair {
    first: Noisy,
    second: Noisy,
}

impl Pair {
    fn bare(self) -> usize {
        self.second.0.len()
    }

    #[traced]
    fn with(self) -> usize {
        self.second.0.len()
    }

    #[traced(attributes(length = self.first.0.len()))]
    fn with_attributes(self) -> usize {
        self.second.0.len()
    }

    #[traced]
    fn apart(self) -> (Noisy, Noisy) {
        (self.second, self.first)
    }
}

#[test]
fn self_is_dropped_as_one_value() {
    let order = |call: fn(Pair) -> usize| {
        let log = Log::default();
        let noisy = |name| Noisy(name, Rc::clone(&log));
        let (first, second) = (noisy("first"), noisy("second"));
        call(Pair { first, second });
        log.take()
    };
    let bare = order(Pair::bare);
    assert_eq!(bare, ["first", "second"]);
    assert_eq!(order(Pair::with), bare);
    assert_eq!(order(Pair::with_attributes), bare);
    let apart = order(|pair| pair.apart().0.0.len());
    assert_eq!(apart, ["second", "first"]);
}

/// The values dropped by the polls, and then by the drop of the future.
macro_rules! order_later {
    ($call:ident, $polls:expr) => {{
        let log = Log::default();
        let noisy = |name| Noisy(name, Rc::clone(&log));
        let pair = (noisy("left"), noisy("right"));
        let future = $call(noisy("first"), noisy("second"), noisy(""), noisy("unused"), pair);
        let mut future = Box::pin(future);
        for _ in 0..$polls {
            let _ = poll(future.as_mut());
        }
        let before = log.take();
        drop(future);
        (before, log.take())
    }};
}

#[test]
fn arguments_of_a_future_are_dropped_in_the_order_of_a_plain_one() {
    for polls in 0..3 {
        assert_eq!(order_later!(traced_later, polls), order_later!(bare_later, polls), "{polls}");
    }
}

type Later = Pin<Box<dyn Future<Output = usize>>>;

struct Counted {
    count: usize,
    _noisy: Noisy,
}

/// Functions with patterns that skip, copy or borrow parts of an argument.
macro_rules! taking_apart {
    ($module:ident ($left:ident $second:ident $count:ident) $(#[$attribute:meta])?) => {
        #[allow(clippy::toplevel_ref_arg, reason = "the patterns are what is tested")]
        mod $module {
            use super::{Counted, Future, Later, Never, Noisy, Pair, Pin, Stream};

            $(#[$attribute])?
            pub(super) fn now(
                ($left, _): (Noisy, Noisy),
                $second: Noisy,
                Pair { first, .. }: Pair,
                Counted { $count, .. }: Counted,
                ref last: Noisy,
                panics: bool,
            ) -> usize {
                let _inside = Noisy("inside", $left.1.clone());
                assert!(!panics, "on purpose");
                $left.0.len() + $second.0.len() + first.0.len() + $count + last.0.len()
            }

            $(#[$attribute])?
            pub(super) fn by_type(
                ($left, _): (Noisy, Noisy),
                $second: Noisy,
                Pair { first, .. }: Pair,
                Counted { $count, .. }: Counted,
                ref last: Noisy,
                panics: bool,
            ) -> Later {
                assert!(!panics, "on purpose");
                let length = $second.0.len() + first.0.len() + $count + last.0.len();
                Box::pin(std::future::ready(length + $left.0.len()))
            }

            $(#[$attribute])?
            pub(super) fn opaque(
                ($left, _): (Noisy, Noisy),
                $second: Noisy,
                Pair { first, .. }: Pair,
                Counted { $count, .. }: Counted,
                ref last: Noisy,
                panics: bool,
            ) -> Pin<Box<impl Future<Output = usize> + use<>>> {
                assert!(!panics, "on purpose");
                let length = $second.0.len() + first.0.len() + $count + last.0.len();
                Box::pin(async move { length + $left.0.len() })
            }

            $(#[$attribute])?
            pub(super) fn future(
                ($left, _): (Noisy, Noisy),
                $second: Noisy,
                Pair { first, .. }: Pair,
                Counted { $count, .. }: Counted,
                ref last: Noisy,
                panics: bool,
            ) -> impl Future<Output = usize> + use<> {
                assert!(!panics, "on purpose");
                let length = $second.0.len() + $count + last.0.len();
                async move { length + $left.0.len() + first.0.len() }
            }

            $(#[$attribute])?
            pub(super) fn stream(
                ($left, _): (Noisy, Noisy),
                $second: Noisy,
                Pair { first, .. }: Pair,
                Counted { $count, .. }: Counted,
                ref last: Noisy,
                panics: bool,
            ) -> impl Stream<Item = u8> + use<> {
                assert!(!panics, "on purpose");
                let length = $second.0.len() + $count + last.0.len();
                Never(length + first.0.len(), $left)
            }
        }
    };
}

/// A stream that owns a value with a destructor.
struct Never(usize, Noisy);

impl Stream for Never {
    type Item = u8;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
        Poll::Ready(None)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0 + self.1.0.len(), None)
    }
}

taking_apart!(apart (left second count));
taking_apart!(apart_traced (left second count) #[floe_telemetry::traced]);
taking_apart!(apart_root (left second count) #[floe_telemetry::traced(root)]);
taking_apart!(apart_recorded (left second count) #[floe_telemetry::traced(attributes("table.rows" = 3))]);
taking_apart!(apart_used (left second count) #[floe_telemetry::traced(attributes(left = left.0.len(), count), name = second.0)]);

fn done<T>(_: T) {}

#[test]
fn values_skipped_by_a_pattern_are_dropped_as_without_a_span() {
    macro_rules! order {
        ($call:path, $panics:expr) => {{
            let log = Log::default();
            let noisy = |name| Noisy(name, Rc::clone(&log));
            let pair = Pair { first: noisy("first"), second: noisy("left out of the pair") };
            let counted = Counted { count: 1, _noisy: noisy("counted") };
            let both = (noisy("left"), noisy("left out"));
            let run = || done($call(both, noisy("second"), pair, counted, noisy("last"), $panics));
            let ended = catch_unwind(AssertUnwindSafe(run));
            assert_eq!(ended.is_err(), $panics);
            log.take()
        }};
    }
    macro_rules! check {
        ($function:ident) => {
            for panics in [false, true] {
                let bare = order!(apart::$function, panics);
                for listens in [false, true] {
                    let mut orders = Vec::new();
                    let mut run = || {
                        orders.push(order!(apart_traced::$function, panics));
                        orders.push(order!(apart_root::$function, panics));
                        orders.push(order!(apart_recorded::$function, panics));
                        orders.push(order!(apart_used::$function, panics));
                    };
                    if listens {
                        let spans = testing::capture(run);
                        assert_eq!(spans.len(), 4);
                    } else {
                        run();
                    }
                    for order in orders {
                        assert_eq!(order, bare, "{panics} {listens}");
                    }
                }
            }
        };
    }
    check!(now);
    check!(by_type);
    check!(opaque);
    check!(future);
    check!(stream);
    let expected = [
        "inside",
        "last",
        "counted",
        "first",
        "left out of the pair",
        "second",
        "left",
        "left out",
    ];
    assert_eq!(order!(apart_recorded::now, false), expected);
}
