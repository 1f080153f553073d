//! Futures and streams whose output is a type parameter that is not `'static`, as in generic middleware.

use std::fmt::{Debug, Display};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::traced;
use crate::log::{Log, pause};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type BoxStream<'a, T> = Pin<Box<dyn Stream<Item = T> + Send + 'a>>;

trait Service<Request> {
    type Response;
    type Error;
    type Future: Future<Output = Result<Self::Response, Self::Error>>;

    fn call(&mut self, request: Request) -> Self::Future;
}

struct Middleware<S>(S);

struct Tagged<B>(B);

impl<S, Body> Service<String> for Middleware<S>
where
    S: Service<String, Response = Body>,
    S::Future: Send + 'static,
{
    type Response = Tagged<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Tagged<Body>, S::Error>>;

    #[traced]
    fn call(&mut self, request: String) -> Self::Future {
        let answer = self.0.call(request);
        Box::pin(async move {
            let body = answer.await?;
            Ok(Tagged(body))
        })
    }
}

struct Server;

impl Service<String> for Server {
    type Response = usize;
    type Error = String;
    type Future = BoxFuture<'static, Result<usize, String>>;

    #[traced(attributes(bytes = request.len()))]
    fn call(&mut self, request: String) -> Self::Future {
        Box::pin(async move {
            pause().await;
            request.parse().map_err(|_| request)
        })
    }
}

#[traced]
fn boxed<T, F: Future<Output = T> + Send + 'static>(
    future: F,
) -> Pin<Box<dyn Future<Output = T> + Send>> {
    Box::pin(future)
}

trait FutureExt<'a>: Future + Send + Sized + 'a {
    fn boxed(self) -> BoxFuture<'a, Self::Output> {
        Box::pin(self)
    }
}

impl<'a, F: Future + Send + 'a> FutureExt<'a> for F {}

#[traced]
fn boxed_by_a_method<T, F: Future<Output = T> + Send + 'static>(
    future: F,
) -> BoxFuture<'static, Option<T>> {
    async move { Some(future.await) }.boxed()
}

#[traced]
fn to_be_pinned<T, F: Future<Output = T> + 'static>(future: F) -> Box<dyn Future<Output = T>> {
    Box::new(future)
}

#[traced]
fn opaque<T, F: Future<Output = T> + 'static>(future: F) -> impl Future<Output = T> + 'static {
    future
}

#[traced(error_if = |_| true)]
fn pinned_opaque<T, F: Future<Output = T> + 'static>(
    future: F,
) -> Pin<Box<impl Future<Output = T> + 'static>> {
    Box::pin(future)
}

struct Once<T>(Option<T>);

impl<T: Unpin> Stream for Once<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        Poll::Ready(self.0.take())
    }
}

#[traced]
fn items<T, S: Stream<Item = T> + Send + 'static>(items: S) -> BoxStream<'static, T> {
    Box::pin(items)
}

#[traced]
fn opaque_items<T, S: Stream<Item = T> + 'static>(items: S) -> impl Stream<Item = T> + 'static {
    items
}

/// With a lifetime in place of the parameter.
#[traced]
fn borrowed<'a, F: Future<Output = &'a str> + Send + 'static>(future: F) -> BoxFuture<'static, &'a str> {
    Box::pin(future)
}

async fn last<T>(mut stream: impl Stream<Item = T> + Unpin) -> Option<T> {
    let mut last = None;
    while let Some(item) = poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)).await {
        last = Some(item);
    }
    last
}

fn text<T: Display, E: Debug>(answer: Result<Tagged<T>, E>) -> Result<String, E> {
    answer.map(|Tagged(body)| body.to_string())
}

pub(crate) fn observe(log: &mut Log) {
    for request in ["1", "one"] {
        log.future("call", |_| async {
            text(Middleware(Server).call(request.to_owned()).await)
        });
    }
    log.future("boxed", |_| boxed(async { 1 }));
    log.future("boxed_by_a_method", |_| boxed_by_a_method(async { 1 }));
    log.future("to_be_pinned", |_| Box::into_pin(to_be_pinned(async { 1 })));
    log.future("opaque", |_| opaque(async { 1 }));
    log.future("pinned_opaque", |_| pinned_opaque(async { 1 }));
    log.future("items", |_| last(items(Once(Some(1)))));
    log.future("opaque_items", |_| last(Box::pin(opaque_items(Once(Some(1))))));
    log.future("borrowed", |_| borrowed(async { "a" }));
}
