use std::collections::HashMap;
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

#[traced]
fn one_by_one() -> impl Iterator<Item = impl Future<Output = u8>> {
    (0..3).map(ready)
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

type Maybe<F> = Option<F>;

#[traced]
fn generic<Fut: Future>(make: impl Fn() -> Fut) -> Fut {
    make()
}

#[traced]
fn around_generic<Fut: Future>(future: Fut) -> Maybe<Fut> {
    Some(future)
}

#[traced]
fn parts(n: u8) -> (u8, Option<(ResponseFuture, String)>) {
    (n, None)
}

#[traced]
fn in_a_result<S: Service>(service: &mut S) -> Result<S::Future, String> {
    Ok(service.call(1))
}

trait Job: Future<Output = u8> {}

impl<F: Future<Output = u8>> Job for F {}

#[traced]
fn job() -> impl Job {
    async { 1 }
}

#[traced]
fn jobs() -> Result<impl Job, String> {
    Ok(async { 1 })
}

#[traced]
fn and_more() -> impl Future<Output = u8> + Clone {
    ready(1)
}

macro_rules! response {
    () => {
        ResponseFuture
    };
}

#[traced]
fn of_a_macro() -> response!() {
    ResponseFuture
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
fn unbounded<T>(make: impl Fn() -> LocalFuture<T>) -> LocalFuture<T> {
    make()
}

type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;

struct Unbounded<T, U>(Box<dyn Fn(T) -> LocalFuture<U>>);

trait Call<T> {
    type Future;

    fn call(&mut self, of: T) -> Self::Future;
}

#[traced]
impl<T, U> Call<T> for Unbounded<T, U> {
    type Future = LocalFuture<U>;

    fn call(&mut self, of: T) -> Self::Future {
        self.0(of)
    }
}

struct Held<R>(Box<dyn Fn() -> LocalFuture<R>>);

impl<R> Held<R> {
    #[traced]
    fn of_a_block_out_of_reach(&self) -> LocalFuture<R> {
        (self.0)()
    }
}

#[traced]
fn both() -> impl Future<Output = u8> + Stream<Item = u8> {
    Both
}

struct Both;

impl Future for Both {
    type Output = u8;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u8> {
        Poll::Pending
    }
}

impl Stream for Both {
    type Item = u8;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
        Poll::Pending
    }
}

#[traced]
fn named_stream() -> Option<BoxStream<'static, u8>> {
    None
}

#[traced(ret)]
fn recorded() -> ResponseFuture {
    ResponseFuture
}

#[traced]
fn polled() -> Poll<ResponseFuture> {
    Poll::Pending
}

#[traced]
fn by_key() -> HashMap<u8, ResponseFuture> {
    HashMap::new()
}

fn main() {}
