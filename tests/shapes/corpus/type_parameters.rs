//! Futures whose output is a type parameter that is not `'static`, as in generic middleware.

use std::fmt::{Debug, Display};
use std::future::Future;
use std::pin::Pin;

use super::traced;
use crate::log::{Log, pause};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

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

    #[traced(future)]
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

    #[traced(future, attributes(bytes = request.len()))]
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

#[traced]
fn opaque<T, F: Future<Output = T> + 'static>(future: F) -> impl Future<Output = T> + 'static {
    future
}

/// The output contains a lifetime instead of a type parameter.
#[traced]
fn borrowed<'a, F: Future<Output = &'a str> + Send + 'static>(future: F) -> BoxFuture<'static, &'a str> {
    Box::pin(future)
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
    log.future("opaque", |_| opaque(async { 1 }));
    log.future("borrowed", |_| borrowed(async { "a" }));
}
