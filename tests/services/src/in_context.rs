//! A service in the context of a capture.

use std::task::{Context as TaskContext, Poll};

use opentelemetry::Context;
use tower_service::Service;

/// Calls a service in the context in which this wrapper was created. It makes the spans of a server part of a capture,
/// although each connection is a task of its own.
#[derive(Clone, Debug)]
pub struct InContext<S> {
    inner: S,
    context: Context,
}

impl<S> InContext<S> {
    /// Creates a service for the current context.
    pub fn new(inner: S) -> Self {
        Self { inner, context: Context::current() }
    }

    /// Creates a service for this context.
    pub const fn with(inner: S, context: Context) -> Self {
        Self { inner, context }
    }
}

impl<S: Service<R>, R> Service<R> for InContext<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: R) -> S::Future {
        let _attached = self.context.clone().attach();
        self.inner.call(request)
    }
}
