//! Functions that return a future, whatever its type is called. The span of any other function ends with the call.

use std::future::{Future, Ready, poll_fn, ready};
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use floe_telemetry::trace::InSpan;
use floe_telemetry::{FutureExt as _, create_span, span, testing, traced};
use futures_core::{FusedFuture, Stream};
use tokio::task::JoinHandle;

async fn pause() {
    tokio::task::yield_now().await;
    drop(create_span("after"));
}

type Answer<'a, E> = Pin<Box<dyn Future<Output = Result<u8, E>> + Send + 'a>>;

/// An alias with the name of an alias of the `futures` crate, but with other parameters.
type BoxFuture<'a, E> = Pin<Box<dyn Future<Output = Result<u8, E>> + 'a>>;

#[traced(future)]
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

type Reply = Pin<Box<dyn Future<Output = Result<u8, String>>>>;

#[traced]
fn in_a_box() -> Reply {
    Box::pin(async {
        pause().await;
        Err("refused".to_owned())
    })
}

#[traced]
fn in_a_box_of_its_own() -> Pin<Box<impl Future<Output = Result<u8, String>>>> {
    Box::pin(async {
        pause().await;
        Err("refused".to_owned())
    })
}

type ReplyFuture = Reply;

#[traced]
fn forwards() -> ReplyFuture {
    reply()
}

fn reply() -> Reply {
    in_a_box()
}

/// The name and the body suggest a future, and no argument is necessary.
#[tokio::test]
async fn a_future_is_followed_by_its_name_and_by_its_body() {
    let spans = testing::capture_async(async {
        assert!(in_a_box_of_its_own().await.is_err());
        assert!(forwards().await.is_err());
    })
    .await;
    for name in ["in_a_box", "in_a_box_of_its_own", "forwards"] {
        spans.single(name).assert_error("refused");
    }

    spans.single("in_a_box").assert_child_of("forwards");
    let spans = testing::capture(|| drop(forwards()));
    spans.single("forwards").assert_unset().assert_attribute("floe.cancelled", true);
}

async fn refuse() -> Result<u8, String> {
    pause().await;
    Err("refused".to_owned())
}

macro_rules! boxed {
    ($future:expr) => {
        Box::pin($future)
    };
}

macro_rules! reply_type {
    () => {
        Reply
    };
}

/// Declares functions that return the same type, and a function that calls all of them.
macro_rules! replies {
    ($($name:ident -> $ty:ty { $($body:tt)* })*) => {
        $(
            #[traced]
            fn $name() -> $ty {
                $($body)*
            }
        )*

        const REPLIES: &[(&str, fn() -> Reply)] = &[$((stringify!($name), $name)),*];
    };
}

replies! {
    in_a_branch -> Reply { if REPLIES.is_empty() { reply() } else { Box::pin(refuse()) } }
    in_a_return -> Reply { if !REPLIES.is_empty() { return Box::pin(refuse()); } reply() }
    in_a_loop -> Reply { loop { if REPLIES.len() > 1 { break Box::pin(refuse()); } } }
    in_a_cast -> Reply { Box::pin(refuse()) as Reply }
    in_a_variable -> Reply { let reply: Reply = Box::pin(refuse()); reply }
    in_a_macro -> Reply { boxed!(refuse()) }
    in_a_closure -> Reply { let make = || -> Reply { Box::pin(refuse()) }; make() }
    by_another_name -> Reply { use Box as B; B::pin(refuse()) }
    by_another_function -> Reply { Box::into_pin(Box::new(refuse())) }
    by_a_conversion -> Reply { let boxed: Box<dyn Future<Output = _>> = Box::new(refuse()); boxed.into() }
    of_a_macro -> reply_type!() { Box::pin(refuse()) }
}

/// Its last expression only resembles a future.
#[traced]
fn boxed_number() -> Number {
    if cfg!(unix) { Box::pin(1) } else { Box::pin(2) }
}

type Number = Pin<Box<u8>>;

/// Asserts that the spans `after` are below these spans, in this order.
#[track_caller]
fn assert_parents(spans: &testing::Spans, names: &[&str]) {
    let parents: Vec<_> = spans.named("after").map(testing::CapturedSpan::parent_span_id).collect();
    let expected = names.iter().map(|name| spans.single(name).span_context().span_id());
    assert_eq!(parents, expected.collect::<Vec<_>>(), "{names:?}");
}

#[tokio::test]
async fn a_future_is_followed_whatever_the_body_looks_like() {
    let spans = testing::capture_async(async {
        for (_, reply) in REPLIES {
            assert!(reply().await.is_err());
        }

        assert_eq!(*boxed_number(), 1);
    })
    .await;
    spans.single("boxed_number").assert_ok();
    for (name, _) in REPLIES {
        spans.single(name).assert_error("refused");
    }

    let names: Vec<_> = REPLIES.iter().map(|(name, _)| *name).collect();
    assert_parents(&spans, &names);
}

/// A future with a name, which declares room for a span.
struct Counting(u8);

impl Future for Counting {
    type Output = Result<u8, String>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        drop(create_span("after"));
        self.0 -= 1;
        if self.0 == 0 { Poll::Ready(Err("counted".to_owned())) } else { Poll::Pending }
    }
}

impl FusedFuture for Counting {
    fn is_terminated(&self) -> bool {
        self.0 == 0
    }
}

struct Named;

#[traced]
impl Service for Named {
    type Future = InSpan<Counting>;

    fn call(&mut self) -> Self::Future {
        Counting(2).in_current_span()
    }
}

#[traced]
fn with_its_own_span() -> InSpan<Counting> {
    Counting(1).in_span(span("own"))
}

#[traced]
fn fused() -> impl FusedFuture<Output = Result<u8, String>> + Send {
    Counting(1)
}

#[test]
fn a_future_with_a_name_is_followed_in_its_wrapper() {
    let spans = testing::capture(|| {
        let mut cx = Context::from_waker(Waker::noop());
        let mut named = pin!(Named.call());
        assert!(named.as_mut().poll(&mut cx).is_pending());
        assert!(named.poll(&mut cx).is_ready());
        assert!(pin!(with_its_own_span()).poll(&mut cx).is_ready());
        let mut fused = pin!(fused());
        assert!(!fused.is_terminated());
        assert!(fused.as_mut().poll(&mut cx).is_ready());
        assert!(fused.is_terminated());
    });
    spans.single("Named::call").assert_error("counted");
    spans.single("with_its_own_span").assert_ok();
    spans.single("fused").assert_error("counted");
    assert_parents(&spans, &["Named::call", "Named::call", "own", "fused"]);
    assert!(
        testing::capture(|| drop(Named.call()))
            .single("Named::call")
            .attribute("floe.cancelled")
            .is_some()
    );
}

/// A type with the name of an alias of the `futures` crate, but of another kind.
struct AnswerFuture(Result<u8, String>);

#[traced]
fn no_future() -> AnswerFuture {
    AnswerFuture(Ok(1))
}

#[test]
fn a_value_that_is_no_future_ends_with_the_call() {
    let spans = testing::capture(|| assert_eq!(no_future().0, Ok(1)));
    spans.single("no_future").assert_ok();
}

#[tokio::test]
async fn a_boxed_future_is_followed_under_any_name() {
    let spans = testing::capture_async(async {
        assert_eq!(alias(&1).await, Ok(1));
        assert_eq!(other_argument(&2).await, Err("2".to_owned()));
        assert_eq!(Server.call().await, 4);
    })
    .await;
    spans.single("alias").assert_ok();
    spans.single("other_argument").assert_error("2");
    spans.single("call").assert_error("refused by `error_if`");
    assert_parents(&spans, &["alias", "other_argument", "call"]);
}

/// Types whose names look like type parameters.
mod letters {
    pub(super) type R<T> = Result<T, String>;
    pub(super) type E = String;
    pub(super) struct T;
    pub(super) type K<T> = Result<T, String>;
}

use letters::{E, R, T};

#[traced]
fn boxed_alias(make: fn() -> LocalFuture<R<u8>>) -> LocalFuture<R<u8>> {
    make()
}

#[traced]
fn boxed_error(
    make: fn() -> Answer<'static, E>,
) -> Pin<Box<dyn Future<Output = Result<u8, E>> + Send>> {
    make()
}

#[traced]
fn boxed_struct(make: fn() -> LocalFuture<T>) -> Pin<Box<dyn Future<Output = T>>> {
    make()
}

#[traced]
fn boxed_path(make: fn() -> LocalFuture<letters::K<u8>>) -> LocalFuture<letters::K<u8>> {
    make()
}

#[traced]
fn boxed_stream(make: fn() -> LocalStream<R<u8>>) -> LocalStream<R<u8>> {
    make()
}

type LocalStream<T> = Pin<Box<dyn Stream<Item = T>>>;

struct Refusals(u8);

impl Stream for Refusals {
    type Item = R<u8>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<R<u8>>> {
        let Some(left) = self.0.checked_sub(1) else {
            return Poll::Ready(None);
        };
        self.0 = left;
        drop(create_span("after"));
        Poll::Ready(Some(Err("sold out".to_owned())))
    }
}

struct Shop<S>(PhantomData<S>);

#[traced]
impl<S> Shop<S> {
    fn refuses(make: fn() -> LocalFuture<R<u8>>) -> LocalFuture<R<u8>> {
        make()
    }
}

struct Maker(fn() -> LocalFuture<letters::K<u8>>);

impl Maker {
    #[traced]
    fn method(&self) -> LocalFuture<letters::K<u8>> {
        (self.0)()
    }
}

#[tokio::test]
async fn a_type_of_one_capital_letter_is_no_type_parameter() {
    fn refuse() -> Answer<'static, E> {
        Box::pin(async {
            pause().await;
            Err("sold out".to_owned())
        })
    }

    let spans = testing::capture_async(async {
        boxed_alias(|| refuse()).await.unwrap_err();
        boxed_error(refuse).await.unwrap_err();
        boxed_struct(|| {
            Box::pin(async {
                pause().await;
                T
            })
        })
        .await;
        boxed_path(|| refuse()).await.unwrap_err();
        let mut refusals = boxed_stream(|| Box::pin(Refusals(1)));
        while let Some(refusal) = poll_fn(|task| refusals.as_mut().poll_next(task)).await {
            refusal.unwrap_err();
        }
        Shop::<u8>::refuses(|| refuse()).await.unwrap_err();
        Maker(|| refuse()).method().await.unwrap_err();
    })
    .await;
    for name in ["boxed_alias", "boxed_error", "boxed_stream", "Shop::refuses", "method"] {
        spans.single(name).assert_error("sold out");
    }
    assert_parents(
        &spans,
        &[
            "boxed_alias",
            "boxed_error",
            "boxed_struct",
            "boxed_path",
            "boxed_stream",
            "Shop::refuses",
            "method",
        ],
    );
}

#[test]
fn a_dropped_future_of_an_aliased_type_is_cancelled() {
    let spans = testing::capture(|| drop(alias(&1)));
    spans.single("alias").assert_unset().assert_attribute("floe.cancelled", true);
}

struct Holder(Ready<u8>);

/// Hands out what it holds.
struct Pair<F: Future>(F, Option<F::Output>);

impl<F: Future> Pair<F> {
    #[traced]
    fn into_parts(self) -> (F, Option<F::Output>) {
        (self.0, self.1)
    }
}

impl Holder {
    #[traced]
    fn lend(&mut self) -> &mut Ready<u8> {
        &mut self.0
    }

    #[traced]
    fn into_inner(self) -> Ready<u8> {
        self.0
    }

    #[traced]
    fn lend_pinned(&mut self) -> Pin<&mut Ready<u8>> {
        Pin::new(&mut self.0)
    }
}

struct Fuse<F>(F);

#[traced]
#[allow(clippy::use_self, reason = "the type is `Self` under its name")]
impl<F: Future + Unpin> Fuse<F> {
    fn new(future: F) -> Fuse<F> {
        Self(future)
    }
}

impl<F: Future + Unpin> Future for Fuse<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

#[traced]
fn starts(n: u8) -> JoinHandle<u8> {
    tokio::spawn(async move { n })
}

type Maybe = Option<Ready<u8>>;

#[traced(call_only)]
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

#[traced(call_only)]
fn in_its_own_span(n: u8) -> Result<impl Future<Output = u8>, String> {
    Ok(ready(n).in_span(span("own")))
}

/// The output of the boxed future need not live as long as the box, so no box around it would have its type.
#[expect(deprecated, reason = "the compiler warns that the span ends with the call")]
#[traced]
fn unbounded<T>(make: impl Fn() -> LocalFuture<T>) -> LocalFuture<T> {
    make()
}

type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;

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
async fn all_other_spans_end_with_the_call() {
    let spans = testing::capture_async(async {
        let mut holder = Holder(ready(2));
        assert_eq!(holder.lend_pinned().await, 2);
        holder.0 = ready(3);
        assert_eq!(holder.lend().await, 3);
        holder.0 = ready(4);
        assert_eq!(holder.into_inner().await, 4);
        assert_eq!(Pair(ready(4), Some(5)).into_parts().0.await, 4);
        assert_eq!(Fuse::new(ready(3)).await, 3);
        assert_eq!(starts(3).await.unwrap(), 3);
        assert_eq!(same(around(2).unwrap()).await, 2);
        drop(counted(4));
        assert_eq!(counted(4).clone().await, 4);
        assert_eq!(in_its_own_span(5).unwrap().await, 5);
        assert_eq!(unbounded(|| Box::pin(ready(6))).await, 6);
        let starter = Starter(1);
        assert_eq!(starter.start().await.unwrap(), starter.wait().await);
    })
    .await;
    let names = [
        "lend",
        "lend_pinned",
        "into_inner",
        "into_parts",
        "Fuse::new",
        "starts",
        "around",
        "same",
        "in_its_own_span",
        "unbounded",
    ];
    for name in names {
        spans.single(name).assert_ok();
    }

    assert!(spans.named("counted").all(|span| span.assert_ok().name() == "counted"));
    assert_eq!(spans.named("counted").count(), 2);
    spans.single("own").assert_ok();
    spans.single("Starter::start").assert_ok();
    spans.single("after").assert_child_of("Starter::wait");
}
