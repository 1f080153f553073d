use std::future::{Future, IntoFuture, Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use floe_telemetry::traced;
use futures_core::Stream;
use futures_core::stream::BoxStream;

#[traced]
fn result() -> Result<impl Future<Output = u8>, String> {
    Ok(async { 1 })
}

#[traced]
fn option() -> Option<Pin<Box<dyn Future<Output = u8>>>> {
    None
}

#[traced]
fn tuple() -> (u8, impl Future<Output = u8>) {
    (1, async { 1 })
}

#[traced]
fn into_future() -> impl IntoFuture<Output = u8> {
    async { 1 }
}

#[traced]
fn to_be_pinned() -> Result<Box<dyn Future<Output = u8> + Send>, String> {
    Err(String::new())
}

#[traced]
fn streams() -> Option<Vec<(u8, Pin<Box<dyn Stream<Item = u8>>>)>> {
    None
}

// The span of a function that stores a future ends before the future does, which is correct.
#[traced]
fn call(make: &dyn Fn() -> Pin<Box<dyn Future<Output = u8>>>) -> u8 {
    drop(make());
    1
}

struct ResponseFuture;

impl Future for ResponseFuture {
    type Output = Result<u8, String>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Pending
    }
}

trait Service {
    type Future: Future;

    fn call(&mut self, n: u8) -> Self::Future;
}

struct Client;

impl Service for Client {
    type Future = ResponseFuture;

    #[traced]
    fn call(&mut self, n: u8) -> Self::Future {
        drop(n);
        ResponseFuture
    }
}

struct Layered<S>(S);

#[traced(attributes(n))]
impl<S: Service> Service for Layered<S> {
    type Future = S::Future;

    fn call(&mut self, n: u8) -> S::Future {
        self.0.call(n)
    }
}

#[traced]
fn generic<Fut: Future>(future: Fut) -> Fut {
    future
}

#[traced]
fn of_one_type() -> Pin<Box<Ready<u8>>> {
    Box::pin(ready(1))
}

#[traced(call_only)]
fn only_the_call() -> ResponseFuture {
    ResponseFuture
}

#[traced]
fn named() -> BoxStream<'static, u8> {
    loop {}
}

#[traced]
fn stream() -> impl Stream<Item = u8> {
    empty()
}

fn empty() -> Pin<Box<dyn Stream<Item = u8>>> {
    loop {}
}

fn main() {}
