//! Boxed futures, also under another name, and values that only look like boxed futures.

use std::error::Error;
use std::future::{Future, ready};
use std::pin::Pin;

use super::traced;
use crate::log::{Log, Noisy, pause};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type LocalBoxFuture<T> = Pin<Box<dyn Future<Output = T>>>;
type Parsed = BoxFuture<'static, Result<u8, Box<dyn Error + Send + Sync>>>;

#[traced]
fn arguments(first: Noisy, _: Noisy, _third: Noisy) -> LocalBoxFuture<&'static str> {
    let _local = first.named("local");
    Box::pin(async move {
        pause().await;
        first.name
    })
}

#[rustfmt::skip]
#[traced(attributes(length = text.len()))]
fn borrowed(text: &str) -> BoxFuture<'_, usize> {
    Box::pin(
        async move { text.len() },
    )
}

#[traced(future)]
fn alias(text: &'static str) -> Parsed {
    Box::pin(async move {
        let number: u8 = text.parse()?;
        if number > 9 {
            return Err("too large".into());
        }
        Ok(number)
    })
}

#[traced]
fn changed(mut number: u8) -> BoxFuture<'static, u8> {
    number += 1;
    let add = |it: u8| it + number;
    let sum = add(number);
    Box::pin(async move { sum })
}

#[traced]
fn behind_a_statement(is_zero: bool) -> BoxFuture<'static, u8> {
    if is_zero {
        std::hint::black_box(());
    }
    Box::pin(ready(u8::from(!is_zero)))
}

#[traced]
fn early(is_zero: bool) -> BoxFuture<'static, u8> {
    if is_zero {
        return Box::pin(ready(0));
    }
    Box::pin(async { 1 })
}

#[traced]
fn chosen(is_zero: bool) -> BoxFuture<'static, u8> {
    if is_zero { Box::pin(ready(0)) } else { Box::pin(async { 1 }) }
}

type OfAnything<T> = Pin<Box<dyn Future<Output = T> + Send>>;

trait Service<R> {
    type Response;
    type Future: Future<Output = Self::Response>;

    fn call(&mut self, request: R) -> Self::Future;
}

struct Boxed<S>(S);

impl<S, R> Service<R> for Boxed<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Future = OfAnything<S::Response>;

    #[traced(name = "associated_type")]
    fn call(&mut self, request: R) -> Self::Future {
        Box::pin(self.0.call(request))
    }
}

struct Echo;

impl Service<u8> for Echo {
    type Response = Result<u8, String>;
    type Future = OfAnything<Self::Response>;

    #[traced(name = "echo")]
    fn call(&mut self, request: u8) -> Self::Future {
        if request == 0 {
            return Box::pin(ready(Err("zero".to_owned())));
        }
        Box::pin(ready(Ok(request)))
    }
}

/// A service whose error type only its associated types name.
struct Inferred;

impl Service<u8> for Inferred {
    type Response = Result<u8, String>;
    type Future = OfAnything<Self::Response>;

    #[traced(name = "inferred", future)]
    fn call(&mut self, request: u8) -> Self::Future {
        Box::pin(ready(Ok(request)))
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<u8, String>> + Send>>;

#[traced(future)]
fn never_ready() -> Answer {
    Box::pin(std::future::pending())
}

#[traced(call_only)]
fn concrete() -> std::future::Ready<Result<u8, Box<dyn Error + Send + Sync>>> {
    ready(Ok(1))
}

#[traced]
fn panics(first: Noisy) -> LocalBoxFuture<usize> {
    let _local = first.named("local");
    Box::pin(async move { if first.len() > 1 { panic!("on purpose") } else { first.len() } })
}

pub(crate) fn observe(log: &mut Log) {
    log.future("arguments", |log| arguments(log.noisy("a"), log.noisy("b"), log.noisy("c")));
    log.future("borrowed", |_| borrowed("text"));
    for text in ["7", "77", "x"] {
        log.future("alias", |_| async move { alias(text).await.map_err(|it| it.to_string()) });
    }
    log.future("changed", |_| changed(1));
    for is_zero in [true, false] {
        log.future("behind_a_statement", |_| behind_a_statement(is_zero));
        log.future("early", |_| early(is_zero));
        log.future("chosen", |_| chosen(is_zero));
    }
    for request in [0, 1] {
        log.future("associated_type", move |_| Boxed(Echo).call(request));
    }
    log.future("inferred", |_| Inferred.call(1));
    log.call("never_ready", |_| drop(never_ready()));
    log.future("concrete", |_| async { concrete().await.is_ok() });
    for name in ["a", "aa"] {
        log.future("panics", |log| panics(log.noisy(name)));
    }
}
