//! Functions that return a future or a stream under another type name, and values with similar
//! names.

use std::future::{Future, Ready, poll_fn, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use floe_telemetry::{create_span, testing, traced};
use futures_core::Stream;
use tokio::task::JoinHandle;

async fn pause() {
    tokio::task::yield_now().await;
    drop(create_span("after"));
}

type Answer<'a, E> = Pin<Box<dyn Future<Output = Result<u8, E>> + Send + 'a>>;

/// An alias with the name of the one in the `futures` crate, but another parameter.
type BoxFuture<'a, E> = Pin<Box<dyn Future<Output = Result<u8, E>> + 'a>>;

type Shared = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

type Items = Pin<Box<dyn Stream<Item = u8> + Send>>;

#[traced]
fn alias(n: &u8) -> Answer<'_, String> {
    Box::pin(async move {
        pause().await;
        Ok(*n)
    })
}

#[traced]
fn other_argument(n: &u8) -> BoxFuture<'_, String> {
    Box::pin(async move {
        pause().await;
        Err(n.to_string())
    })
}

#[traced]
fn shared() -> Shared {
    Box::pin(async {
        // The future of `pause` is not `Sync`.
        drop(create_span("after"));
    })
}

#[traced]
fn generic<'a, T: Send + 'a>(error: T) -> Answer<'a, T> {
    Box::pin(async move {
        pause().await;
        Err(error)
    })
}

#[traced]
fn items() -> Items {
    struct One(bool);

    impl Stream for One {
        type Item = u8;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
            drop(create_span("after"));
            let first = std::mem::take(&mut self.0);
            Poll::Ready(first.then_some(1))
        }
    }

    Box::pin(One(true))
}

/// A type that is not `Unpin` must be pinned before it is a future.
#[traced]
fn to_be_pinned(n: &u8) -> Box<dyn Future<Output = Result<u8, String>> + Send + '_> {
    Box::new(async move {
        pause().await;
        Err(n.to_string())
    })
}

trait Service {
    type Future;

    fn call(&mut self) -> Self::Future;
}

struct Server;

impl Service for Server {
    type Future = Pin<Box<dyn Future<Output = u8>>>;

    #[traced(error_if = |status| *status > 3)]
    fn call(&mut self) -> Self::Future {
        Box::pin(async {
            pause().await;
            4
        })
    }
}

#[tokio::test]
async fn a_boxed_future_is_detected_under_any_name() {
    let spans = testing::capture_async(async {
        assert_eq!(alias(&1).await, Ok(1));
        assert_eq!(other_argument(&2).await, Err("2".to_owned()));
        shared().await;
        assert_eq!(generic("generic").await, Err("generic"));
        assert_eq!(Server.call().await, 4);
        assert_eq!(Box::into_pin(to_be_pinned(&5)).await, Err("5".to_owned()));
        let mut items = items();
        assert_eq!(poll_fn(|cx| items.as_mut().poll_next(cx)).await, Some(1));
        assert_eq!(poll_fn(|cx| items.as_mut().poll_next(cx)).await, None);
    })
    .await;
    spans.single("alias").assert_ok();
    spans.single("other_argument").assert_error("2");
    spans.single("shared").assert_ok();
    // A type parameter without bounds has only a type name.
    spans.single("generic").assert_error("&str");
    spans.single("call").assert_error("refused by `error_if`");
    spans.single("to_be_pinned").assert_error("5");
    spans.single("items").assert_ok();
    let mut parents: Vec<_> =
        spans.named("after").map(testing::CapturedSpan::parent_span_id).collect();
    parents.sort_by_key(|id| id.to_bytes());
    let names =
        ["alias", "other_argument", "shared", "generic", "call", "to_be_pinned", "items", "items"];
    let mut expected = names.map(|name| spans.single(name).span_context().span_id());
    expected.sort_by_key(|id| id.to_bytes());
    assert_eq!(parents, expected);
}

#[test]
fn a_dropped_future_of_an_aliased_type_is_cancelled() {
    let spans = testing::capture(|| drop(alias(&1)));
    spans.single("alias").assert_unset().assert_attribute("floe.cancelled", true);
}

#[tokio::test]
async fn without_a_listener_the_body_s_value_is_returned() {
    assert_eq!(alias(&1).await, Ok(1));
    assert_eq!(identity(2), 2);
}

mod users {
    //! Traits of a program with the names of the traits in libraries.

    use floe_telemetry::traced;

    pub(super) trait Stream {
        fn length(&self) -> usize;
    }

    impl Stream for &str {
        fn length(&self) -> usize {
            self.len()
        }
    }

    pub(super) trait Future {
        type Output;

        fn value(self) -> Self::Output;
    }

    impl Future for u8 {
        type Output = Self;

        fn value(self) -> Self {
            self
        }
    }

    #[traced]
    pub(super) fn stream() -> impl Stream {
        "abc"
    }

    #[traced]
    pub(super) fn future() -> impl Future<Output = u8> {
        3
    }

    #[traced]
    pub(super) fn future_of_anything() -> impl Future {
        3
    }

    #[traced]
    pub(super) fn boxed() -> Box<dyn Stream> {
        Box::new("abc")
    }
}

#[test]
fn a_type_with_the_name_of_a_future_is_a_value() {
    use users::{Future as _, Stream as _};

    let spans = testing::capture(|| {
        assert_eq!(users::stream().length(), 3);
        assert_eq!(users::future().value(), 3);
        let _ = users::future_of_anything();
        assert_eq!(users::boxed().length(), 3);
    });
    for name in ["stream", "future", "future_of_anything", "boxed"] {
        spans.single(name).assert_ok();
    }
}

#[traced]
fn identity<T>(value: T) -> T {
    value
}

struct Holder(Ready<u8>);

impl Holder {
    #[traced]
    fn lend(&mut self) -> &mut Ready<u8> {
        &mut self.0
    }

    #[traced]
    fn lend_pinned(&mut self) -> Pin<&mut Ready<u8>> {
        Pin::new(&mut self.0)
    }
}

#[tokio::test]
async fn unknown_and_borrowed_types_are_values() {
    let spans = testing::capture_async(async {
        let mut holder = Holder(identity(ready(2)));
        assert_eq!(holder.lend_pinned().await, 2);
        holder.0 = ready(3);
        assert_eq!(holder.lend().await, 3);
    })
    .await;
    for name in ["identity", "lend", "lend_pinned"] {
        spans.single(name).assert_ok();
    }
}

#[traced]
fn starts(n: u8) -> JoinHandle<u8> {
    tokio::spawn(async move { n })
}

type Maybe = Option<Ready<u8>>;

#[traced]
fn around(n: u8) -> Maybe {
    Some(ready(n))
}

#[traced]
fn same<F: Future>(future: F) -> F {
    future
}

#[traced(call_only)]
fn counted(n: u8) -> impl Future<Output = u8> + Clone {
    ready(n)
}

struct Starter(u8);

#[traced(call_only)]
impl Starter {
    fn start(&self) -> JoinHandle<u8> {
        let n = self.0;
        tokio::spawn(async move { n })
    }

    async fn wait(&self) -> u8 {
        pause().await;
        self.0
    }
}

#[tokio::test]
async fn a_span_may_cover_the_call_only() {
    let spans = testing::capture_async(async {
        assert_eq!(starts(3).await.unwrap(), 3);
        assert_eq!(same(around(2).unwrap()).await, 2);
        drop(counted(4));
        assert_eq!(counted(4).clone().await, 4);
        let starter = Starter(1);
        assert_eq!(starter.start().await.unwrap(), starter.wait().await);
    })
    .await;
    for name in ["starts", "around", "same"] {
        spans.single(name).assert_ok();
    }
    assert!(spans.named("counted").all(|span| span.assert_ok().name() == "counted"));
    assert_eq!(spans.named("counted").count(), 2);
    spans.single("Starter::start").assert_ok();
    spans.single("after").assert_child_of("Starter::wait");
}
