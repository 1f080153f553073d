//! Responses that are not gRPC, such as the error page of a load balancer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tonic::body::Body;
use tonic::codegen::http::header::CONTENT_TYPE;
use tonic::codegen::http::{Request, Response, StatusCode};
use tower_service::Service;

/// Removes the body of a response that is not gRPC. tonic reads it as a message and fails; without one, it
/// [maps](https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md) the HTTP status to a code.
#[derive(Clone, Debug)]
pub(super) struct HttpStatusService<S>(pub(super) S);

impl<S: Service<Request<Body>, Response = Response<Body>>> Service<Request<Body>>
    for HttpStatusService<S>
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Responding<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Responding(Box::pin(self.0.call(request)))
    }
}

/// A request that waits for its response.
#[derive(Debug)]
pub(super) struct Responding<F>(Pin<Box<F>>);

impl<E, F: Future<Output = Result<Response<Body>, E>>> Future for Responding<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(self.0.as_mut().poll(context));
        Poll::Ready(response.map(without_page))
    }
}

fn without_page(response: Response<Body>) -> Response<Body> {
    let is_grpc = match response.headers().get(CONTENT_TYPE) {
        Some(kind) => kind.as_bytes().starts_with(b"application/grpc"),
        None => response.status() == StatusCode::OK,
    };
    if is_grpc { response } else { response.map(|_| Body::empty()) }
}
