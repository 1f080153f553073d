//! Functions that return a future, according to their signature, their body or the argument `future`. The span of any
//! other function ends with the call.

use std::future::{Future, Ready, ready};
use std::pin::Pin;

use floe_telemetry::{FutureExt as _, create_span, span, testing, traced};
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

#[traced]
fn in_a_branch(n: u8) -> Reply {
    if n > 0 {
        return reply();
    }
    match n {
        1 => reply(),
        _ => Box::pin(async {
            pause().await;
            Err("refused".to_owned())
        }),
    }
}

#[traced]
fn in_an_else(n: u8) -> Reply {
    if n > 0 {
        reply()
    } else {
        Box::pin(async {
            pause().await;
            Err("refused".to_owned())
        }) as Reply
    }
}

#[traced]
fn in_a_return() -> Reply {
    return Box::pin(async {
        pause().await;
        Err("refused".to_owned())
    });
}

/// A method of the `futures` crate.
trait BoxedLocal: Future + Sized + 'static {
    fn boxed_local(self) -> Pin<Box<dyn Future<Output = Self::Output>>> {
        Box::pin(self)
    }
}

impl<F: Future + 'static> BoxedLocal for F {}

#[traced]
fn by_a_method() -> Reply {
    let refused = async {
        pause().await;
        Err("refused".to_owned())
    };
    refused.boxed_local()
}

/// Its last expression only resembles a future.
#[traced]
fn boxed_number() -> Number {
    if cfg!(unix) { Box::pin(1) } else { Box::pin(2) }
}

type Number = Pin<Box<u8>>;

#[tokio::test]
async fn a_future_is_followed_by_any_branch_of_the_body() {
    let spans = testing::capture_async(async {
        assert!(in_a_branch(0).await.is_err());
        assert!(in_an_else(0).await.is_err());
        assert!(in_a_return().await.is_err());
        assert!(by_a_method().await.is_err());
        assert_eq!(*boxed_number(), 1);
    })
    .await;
    let names = ["in_a_branch", "in_an_else", "in_a_return", "by_a_method"];
    for name in names {
        spans.single(name).assert_error("refused");
    }

    spans.single("boxed_number").assert_ok();
    let parents: Vec<_> = spans.named("after").map(testing::CapturedSpan::parent_span_id).collect();
    assert_eq!(parents, names.map(|name| spans.single(name).span_context().span_id()));
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
    let parents: Vec<_> = spans.named("after").map(testing::CapturedSpan::parent_span_id).collect();
    let names = ["alias", "other_argument", "call"];
    assert_eq!(parents, names.map(|name| spans.single(name).span_context().span_id()));
}

#[test]
fn a_dropped_future_of_an_aliased_type_is_cancelled() {
    let spans = testing::capture(|| drop(alias(&1)));
    spans.single("alias").assert_unset().assert_attribute("floe.cancelled", true);
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

#[traced]
fn of_alias(n: &u8) -> Answer<'_, String> {
    alias(n)
}

#[traced(call_only)]
fn counted(n: u8) -> impl Future<Output = u8> + Clone {
    ready(n)
}

#[traced(call_only)]
fn in_its_own_span(n: u8) -> Result<impl Future<Output = u8>, String> {
    Ok(ready(n).in_span(span("own")))
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
async fn all_other_spans_end_with_the_call() {
    let spans = testing::capture_async(async {
        let mut holder = Holder(ready(2));
        assert_eq!(holder.lend_pinned().await, 2);
        holder.0 = ready(3);
        assert_eq!(holder.lend().await, 3);
        assert_eq!(starts(3).await.unwrap(), 3);
        assert_eq!(same(around(2).unwrap()).await, 2);
        drop(of_alias(&1));
        drop(counted(4));
        assert_eq!(counted(4).clone().await, 4);
        assert_eq!(in_its_own_span(5).unwrap().await, 5);
        let starter = Starter(1);
        assert_eq!(starter.start().await.unwrap(), starter.wait().await);
    })
    .await;
    let names = ["lend", "lend_pinned", "starts", "around", "same", "of_alias", "in_its_own_span"];
    for name in names {
        spans.single(name).assert_ok();
    }

    assert!(spans.named("counted").all(|span| span.assert_ok().name() == "counted"));
    assert_eq!(spans.named("counted").count(), 2);
    spans.single("own").assert_ok();
    spans.single("Starter::start").assert_ok();
    spans.single("after").assert_child_of("Starter::wait");
}
