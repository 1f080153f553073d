//! The response body of an instrumented service.

use std::fmt::Display;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use http_body::{Body, Frame, SizeHint};

use crate::keys;
use crate::recorder::DetachedSpan;

pin_project_lite::pin_project! {
    /// The response body of an [`HttpServer`](super::HttpServer). The span of the request ends when
    /// the body ends, fails or is dropped.
    #[derive(Debug)]
    pub struct HttpServerBody<B> {
        #[pin]
        inner: B,
        span: Option<DetachedSpan>,
    }
}

impl<B: Body> HttpServerBody<B> {
    pub(super) fn new(inner: B, mut span: DetachedSpan, is_head: bool) -> Self {
        // A server does not poll a body that it does not send.
        if is_head || inner.is_end_stream() {
            span.end();
            return Self::plain(inner);
        }
        Self {
            inner,
            span: Some(span),
        }
    }

    pub(super) const fn plain(inner: B) -> Self {
        Self { inner, span: None }
    }
}

impl<B> Body for HttpServerBody<B>
where
    B: Body,
    B::Error: Display,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(span) = this.span else {
            return this.inner.poll_frame(task);
        };
        let frame = ready!(span.run(|| this.inner.as_mut().poll_frame(task)));
        if let Some(Err(error)) = &frame {
            span.set_attribute(keys::ERROR_TYPE, std::any::type_name::<B::Error>());
            span.set_error(error.to_string());
        }
        // A server does not poll a body again after its end stream.
        if !matches!(frame, Some(Ok(_))) || this.inner.is_end_stream() {
            span.end();
            *this.span = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B: Default> Default for HttpServerBody<B> {
    fn default() -> Self {
        Self {
            inner: B::default(),
            span: None,
        }
    }
}
