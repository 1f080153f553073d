//! Streams in a span: by `in_span`, and as the value of an annotated function.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::thread;

use floe_telemetry::{StreamExt as _, create_span, span, testing, traced};
use futures_core::stream::{BoxStream, FusedStream, Stream};

/// Yields the items from the last to the first. Before each, it is pending once.
struct Items(Vec<Result<u8, String>>, bool);

impl Stream for Items {
    type Item = Result<u8, String>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        drop(create_span("poll"));
        self.1 = !self.1;
        if self.1 {
            return Poll::Pending;
        }

        let item = self.0.pop();
        assert!(item != Some(Ok(13)), "unlucky");
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), Some(self.0.len()))
    }
}

impl FusedStream for Items {
    fn is_terminated(&self) -> bool {
        self.0.is_empty()
    }
}

fn refused() -> Result<u8, String> {
    Err("refused".to_owned())
}

#[traced]
fn opaque(
    items: Vec<Result<u8, String>>,
) -> impl FusedStream<Item = Result<u8, String>> + Unpin + Send {
    Items(items, false)
}

#[traced]
fn boxed(items: Vec<Result<u8, String>>) -> BoxStream<'static, Result<u8, String>> {
    Box::into_pin(Box::new(Items(items, false)))
}

#[traced]
fn written(items: Vec<Result<u8, String>>) -> Pin<Box<dyn Stream<Item = Result<u8, String>>>> {
    Box::pin(Items(items, false))
}

#[traced]
fn generated(items: Vec<Result<u8, String>>) -> impl Stream<Item = Result<u8, String>> {
    async_stream::stream! {
        for item in items {
            yield item;
        }
    }
}

#[traced]
fn named(items: Vec<Result<u8, String>>) -> floe_telemetry::trace::StreamInSpan<Items> {
    Items(items, false).in_current_span()
}

macro_rules! stream_type {
    () => {
        BoxStream<'static, Result<u8, String>>
    };
}

#[traced]
fn of_a_macro(items: Vec<Result<u8, String>>) -> stream_type!() {
    Box::pin(Items(items, false))
}

/// Ends at its first poll, has an item at the second one, and panics at the third one.
struct Ended(u8);

impl Stream for Ended {
    type Item = u8;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
        self.0 += 1;
        assert!(self.0 < 3, "polled after its end");
        Poll::Ready((self.0 == 2).then_some(2))
    }
}

fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    let cx = &mut Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(item) = Pin::new(&mut *stream).poll_next(cx) {
            return item;
        }
    }
}

fn drain(mut stream: impl Stream<Item = Result<u8, String>> + Unpin) {
    while next(&mut stream).is_some() {}
    assert_eq!(next(&mut stream), None, "a stream may be polled after its end");
}

#[test]
fn a_span_follows_a_stream_of_any_type() {
    let spans = testing::capture(|| {
        let items = || vec![Ok(1), refused(), Ok(2)];
        drain(opaque(items()));
        drain(boxed(items()));
        drain(written(items()));
        drain(Box::pin(generated(items())));
        drain(named(items()));
        drain(of_a_macro(items()));
        drain(Items(items(), false).in_span(span("built")));
    });
    for name in ["opaque", "boxed", "written", "generated", "named", "of_a_macro", "built"] {
        let span = spans.single(name);
        span.assert_ok().assert_attribute("floe.items", 3).assert_no_attribute("error.type");
        assert_eq!(span.data().events.len(), 1, "{name}: the item that failed is an event");
    }

    let id = spans.single("opaque").span_context().span_id();
    let polls = spans.named("poll").filter(|poll| poll.parent_span_id() == id);
    assert_eq!(polls.count(), 8, "the span is current in each poll before the end");
}

#[test]
fn the_last_item_determines_the_status() {
    let spans = testing::capture(|| drain(opaque(vec![refused(), Ok(1)])));
    spans.single("opaque").assert_error("refused").assert_attribute("floe.items", 2);
}

#[test]
fn a_stream_that_is_dropped_before_its_end_is_cancelled() {
    let spans = testing::capture(|| {
        let mut stream = opaque(vec![Ok(1), Ok(2)]);
        assert_eq!((stream.size_hint(), stream.is_terminated()), ((2, Some(2)), false));
        assert!(next(&mut stream).is_some());
        // The rest is polled and dropped on another thread.
        thread::spawn(move || next(&mut stream)).join().unwrap();
    });
    let span = spans.single("opaque").assert_unset();
    span.assert_attribute("floe.cancelled", true).assert_attribute("floe.items", 2);
    assert_eq!(
        spans
            .named("poll")
            .filter(|it| it.parent_span_id() == span.span_context().span_id())
            .count(),
        4
    );
}

#[test]
fn a_panic_ends_the_span() {
    let spans = testing::capture(|| {
        let mut stream = opaque(vec![Ok(1), Ok(13)]);
        let panic = catch_unwind(AssertUnwindSafe(|| next(&mut stream))).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"unlucky"));
        drop(create_span("after"));
        assert_eq!(next(&mut stream), Some(Ok(1)));
    });
    spans.single("opaque").assert_error("unlucky").assert_no_attribute("floe.cancelled");
    spans.single("after").assert_root();
    let never = testing::capture(|| drop(Items(vec![], false).in_span(span("never"))));
    assert_eq!(never.iter().count(), 0);
}

#[test]
fn polls_after_the_end_change_nothing() {
    let spans = testing::capture(|| {
        let mut stream = Ended(0).in_span(span("ended"));
        assert_eq!((next(&mut stream), next(&mut stream)), (None, Some(2)));
        assert!(catch_unwind(AssertUnwindSafe(|| next(&mut stream))).is_err());
    });
    spans.single("ended").assert_ok().assert_attribute("floe.items", 0);
}
