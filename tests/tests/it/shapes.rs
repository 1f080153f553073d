//! Methods of all kinds, and functions that return a future or a stream.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use async_trait::async_trait;
use floe_telemetry::{create_span, testing, traced};
use futures_core::Stream;
use futures_core::future::BoxFuture;

async fn pause() {
    tokio::task::yield_now().await;
    drop(create_span("after"));
}

#[traced(attributes(n))]
fn opaque(n: u8) -> impl Future<Output = Result<u8, String>> {
    drop(create_span("before"));
    let doubled = n * 2;
    async move {
        pause().await;
        if n == 0 { Err("zero".into()) } else { Ok(doubled) }
    }
}

#[traced]
fn boxed<'a>(text: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
    let len = text.len();
    Box::pin(async move {
        pause().await;
        len
    })
}

#[traced(error_if = |len| *len > 3)]
fn alias(text: &str) -> BoxFuture<'_, usize> {
    Box::pin(std::future::ready(text.len()))
}

#[tokio::test]
async fn the_span_of_a_returned_future_lasts_until_it_is_ready() {
    let spans = testing::capture_async(async {
        assert_eq!(opaque(2).await, Ok(4));
        assert!(opaque(0).await.is_err());
        assert_eq!(boxed("abc").await, 3);
        assert_eq!(alias("abcd").await, 4);
    })
    .await;
    let mut opaques: Vec<_> = spans.named("opaque").collect();
    opaques.sort_by_key(|span| span.attribute("n") != Some(&2.into()));
    opaques[0].assert_ok().assert_attribute("n", 2);
    opaques[1].assert_error("zero");
    spans.single("boxed").assert_ok();
    spans.single("alias").assert_error("refused by `error_if`");
    spans.named("before").for_each(|span| {
        span.assert_child_of("opaque");
    });
    let mut parents: Vec<_> =
        spans.named("after").map(|span| span.parent_span_id().to_string()).collect();
    let mut expected = [&opaques[0], &opaques[1], &spans.single("boxed")]
        .map(|span| span.span_context().span_id().to_string());
    parents.sort();
    expected.sort();
    assert_eq!(parents, expected);
}

#[tokio::test]
async fn without_a_listener_a_boxed_future_is_returned_unchanged() {
    assert_eq!(boxed("abc").await, 3);
    assert_eq!(opaque(1).await, Ok(2));
}

#[test]
fn a_dropped_returned_future_is_cancelled() {
    let spans = testing::capture(|| drop(opaque(2)));
    spans.single("opaque").assert_unset().assert_attribute("floe.cancelled", true);
}

#[traced]
fn panics_first(really: bool) -> impl Future<Output = ()> {
    assert!(!really, "at once");
    std::future::ready(())
}

#[test]
fn a_function_that_panics_before_it_has_a_future_ends_its_span() {
    let spans = testing::capture(|| {
        assert!(catch_unwind(|| drop(panics_first(true))).is_err());
    });
    spans.single("panics_first").assert_error("at once");
}

struct Queue(VecDeque<u8>);

impl Stream for Queue {
    type Item = u8;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
        drop(create_span("item"));
        match self.0.pop_front() {
            Some(9) => panic!("nine"),
            next => Poll::Ready(next),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), Some(self.0.len()))
    }
}

#[traced]
fn stream(items: &[u8]) -> impl Stream<Item = u8> + use<> {
    Queue(items.iter().copied().collect())
}

#[traced]
fn boxed_stream(items: &[u8]) -> Pin<Box<dyn Stream<Item = u8> + Send>> {
    Box::pin(Queue(items.iter().copied().collect()))
}

async fn next<S: Stream>(stream: &mut Pin<Box<S>>) -> Option<S::Item> {
    std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await
}

#[tokio::test]
async fn a_stream_has_a_span_until_it_ends() {
    let spans = testing::capture_async(async {
        let mut items = Box::pin(stream(&[1, 2]));
        assert_eq!(items.size_hint(), (2, Some(2)));
        assert_eq!(next(&mut items).await, Some(1));
        drop(create_span("between"));
        assert_eq!(next(&mut items).await, Some(2));
        assert_eq!(next(&mut items).await, None);
        assert_eq!(next(&mut items).await, None);
        let mut items = Box::pin(boxed_stream(&[1]));
        assert_eq!(next(&mut items).await, Some(1));
    })
    .await;
    spans.single("stream").assert_ok();
    spans.single("between").assert_root();
    spans.single("boxed_stream").assert_unset().assert_attribute("floe.cancelled", true);
    let stream = spans.single("stream").span_context().span_id();
    assert_eq!(spans.named("item").filter(|item| item.parent_span_id() == stream).count(), 3);
}

#[test]
fn a_stream_that_panics_is_an_error() {
    let spans = testing::capture(|| {
        let mut items = Box::pin(stream(&[9]));
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert!(catch_unwind(AssertUnwindSafe(|| items.as_mut().poll_next(&mut cx))).is_err());
    });
    spans.single("stream").assert_error("nine");
}

#[async_trait]
trait Store {
    async fn load(&self, key: &str) -> Result<usize, String>;

    #[traced(attributes(self_len = self.len()))]
    async fn reload(&self, (key, _): (&str, u8)) -> Result<usize, String> {
        pause().await;
        self.load(key).await
    }

    fn len(&self) -> usize;
}

struct Memory {
    name: String,
}

#[async_trait]
impl Store for Memory {
    #[traced(name = "inside", attributes(self.name, key), kind = client)]
    async fn load(&self, key: &str) -> Result<usize, String> {
        pause().await;
        if key.is_empty() {
            return Err("empty".into());
        }
        Ok(key.len())
    }

    fn len(&self) -> usize {
        self.name.len()
    }
}

struct Above;
struct Below;

#[traced]
#[async_trait]
impl Store for Above {
    async fn load(&self, mut key: &str) -> Result<usize, String> {
        pause().await;
        key = key.trim();
        Ok(key.len())
    }

    #[traced(skip)]
    fn len(&self) -> usize {
        0
    }
}

#[async_trait]
#[traced(attributes(key))]
impl Store for Below {
    #[traced(kind = server)]
    async fn load(&self, key: &str) -> Result<usize, String> {
        pause().await;
        Ok(key.len())
    }

    #[traced(skip)]
    fn len(&self) -> usize {
        0
    }
}

#[tokio::test]
async fn async_trait_methods_are_spans_in_both_orders() {
    let memory = Memory { name: "sqlite".to_owned() };
    let spans = testing::capture_async(async {
        assert_eq!(memory.load("a").await, Ok(1));
        assert!(memory.load("").await.is_err());
        assert_eq!(memory.reload(("abc", 1)).await, Ok(3));
        assert_eq!(Above.load(" ab ").await, Ok(2));
        assert_eq!(Below.load("ab").await, Ok(2));
        // A future that is not polled has no span.
        drop(memory.load("never"));
    })
    .await;
    let mut inside: Vec<_> = spans.named("inside").collect();
    let rank = |key: Option<&opentelemetry::Value>| {
        ["a", "", "abc"].iter().position(|it| Some(&(*it).into()) == key)
    };
    inside.sort_by_key(|span| rank(span.attribute("key")));
    assert_eq!(inside.len(), 3);
    inside[0].assert_ok().assert_attribute("name", "sqlite").assert_attribute("key", "a");
    inside[1].assert_error("empty");
    inside[2].assert_child_of("reload");
    spans.single("reload").assert_attribute("self_len", 6);
    spans.single("Above::load").assert_ok();
    let below = spans.single("Below::load").assert_attribute("key", "ab");
    assert_eq!(below.kind(), &floe_telemetry::SpanKind::Server);
    assert!(
        spans.named("after").all(|span| span.parent_span_id() != opentelemetry::SpanId::INVALID)
    );
}

#[traced(kind = client, attributes("db.system.name" = "sqlite"))]
impl<T: Clone> Shelf<T> {
    const SIZE: usize = 3;

    /// A doc comment.
    pub(crate) fn new(item: T) -> Self {
        Self { items: vec![item; Self::SIZE] }
    }

    #[traced(name = "shelf.first", attributes(n = self.items.len()))]
    fn first(&self) -> Option<&T> {
        self.items.first()
    }

    async fn last(&self) -> Option<&T> {
        pause().await;
        self.items.last()
    }

    #[traced(skip)]
    fn len(&self) -> usize {
        self.items.len()
    }

    const fn size() -> usize {
        Self::SIZE
    }
}

struct Shelf<T> {
    items: Vec<T>,
}

trait Sum {
    type Output;

    fn sum(&self) -> Self::Output;
}

#[traced]
impl Sum for Vec<u8> {
    type Output = u8;

    fn sum(&self) -> u8 {
        self.iter().sum()
    }
}

#[tokio::test]
async fn a_block_names_its_methods_and_shares_its_arguments() {
    let spans = testing::capture_async(async {
        let shelf = Shelf::new("book");
        assert_eq!(shelf.first(), shelf.last().await);
        assert_eq!(shelf.len(), Shelf::<u8>::size());
        assert_eq!(vec![1_u8, 2].sum(), 3);
    })
    .await;
    let mut names = spans.names();
    names.sort_unstable();
    assert_eq!(names, ["Shelf::last", "Shelf::new", "Vec::sum", "after", "shelf.first"]);
    for name in ["Shelf::new", "Shelf::last"] {
        let span = spans.single(name).assert_attribute("db.system.name", "sqlite");
        assert_eq!(span.kind(), &floe_telemetry::SpanKind::Client);
    }
    // The `attributes` of the method replace those of the block.
    spans.single("shelf.first").assert_attribute("n", 3).assert_no_attribute("db.system.name");
}

#[traced]
fn pinned_opaque(n: u8) -> Pin<Box<impl Future<Output = Result<u8, String>>>> {
    Box::pin(async move {
        pause().await;
        if n == 0 { Err("zero".into()) } else { Ok(n) }
    })
}

#[traced]
fn boxed_unpin(n: u8) -> Box<dyn Future<Output = Result<u8, String>> + Send + Unpin> {
    Box::new(Box::pin(async move {
        pause().await;
        if n == 0 { Err("zero".into()) } else { Ok(n) }
    }))
}

type Answer = Pin<Box<dyn Future<Output = Result<u8, String>> + Send>>;

#[traced]
fn behind_an_alias<F>(future: F) -> Answer
where
    F: Future<Output = Result<u8, String>> + Send + 'static,
{
    Box::pin(future)
}

#[tokio::test]
async fn boxes_of_all_kinds_are_spans_until_they_are_ready() {
    let spans = testing::capture_async(async {
        assert_eq!(pinned_opaque(1).await, Ok(1));
        assert_eq!(boxed_unpin(1).await, Ok(1));
        assert!(pinned_opaque(0).await.is_err());
        assert!(boxed_unpin(0).await.is_err());
        for n in [1, 0] {
            let _ = behind_an_alias(async move {
                pause().await;
                if n == 0 { Err("zero".into()) } else { Ok(n) }
            })
            .await;
        }
    })
    .await;
    assert_eq!(spans.named("after").count(), 6);
    for span in spans.named("after") {
        assert_ne!(span.parent_span_id(), floe_telemetry::opentelemetry::SpanId::INVALID);
    }
    for name in ["pinned_opaque", "boxed_unpin", "behind_an_alias"] {
        assert_eq!(spans.named(name).count(), 2);
        spans.named(name).last().unwrap().assert_error("zero");
    }
}
