//! The response of an instrumented service: its future and its body.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Buf;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use tower_service::Service;

use crate::exchange::Exchange;

pin_project_lite::pin_project! {
    /// The future of a response of an instrumented service.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        exchange: Option<Exchange>,
        request: RequestKind,
    }
}

/// The kind of a request, which determines whether its response may have a body.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RequestKind {
    Head,
    Connect,
    Other,
}

impl RequestKind {
    pub(crate) fn of(method: &Method) -> Self {
        match *method {
            Method::HEAD => Self::Head,
            Method::CONNECT => Self::Connect,
            _ => Self::Other,
        }
    }

    /// Whether HTTP allows no body ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-6.4.1)), so that a server
    /// does not poll the body of the response. Data after an upgrade is not part of the response.
    pub(crate) fn is_without_body(self, status: StatusCode) -> bool {
        match self {
            Self::Head => true,
            Self::Connect if status.is_success() => true,
            _ => status.is_informational() || matches!(status.as_u16(), 204 | 304),
        }
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn call<S, B, E>(
        service: &mut S,
        request: Request<B>,
        open: impl FnOnce(&mut Parts) -> E,
    ) -> Self
    where
        S: Service<Request<B>, Future = F>,
        E: Into<Option<Exchange>>,
    {
        let (mut parts, body) = request.into_parts();
        let kind = RequestKind::of(&parts.method);
        let mut exchange: Option<Exchange> = open(&mut parts).into();
        if let Some(exchange) = &exchange {
            exchange.inject(&mut parts.headers);
        }
        let request = Request::from_parts(parts, body);
        let inner = Exchange::run_in(&mut exchange, || service.call(request));
        Self { inner, exchange, request: kind }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
    E: Display,
{
    type Output = Result<Response<ResponseBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = Exchange::run_in(this.exchange, || this.inner.poll(task));
        let result = ready!(polled);
        let Some(mut exchange) = this.exchange.take() else {
            return Poll::Ready(result.map(|response| response.map(ResponseBody::plain)));
        };
        Poll::Ready(match result {
            Ok(response) => {
                let (mut parts, body) = response.into_parts();
                exchange.respond(parts.status, parts.version, &parts.headers);
                let trace_id = exchange.trace_id(&parts.headers);
                if let Some((name, value)) = trace_id.map(|(name, value)| (name.clone(), value)) {
                    parts.headers.insert(name, value);
                }
                let is_over = this.request.is_without_body(parts.status);
                let announced = if is_over {
                    Some(0)
                } else {
                    exchange.announced(&parts.headers, &body.size_hint())
                };
                let body = ResponseBody::new(body, exchange, announced);
                Ok(Response::from_parts(parts, body))
            }
            Err(error) => {
                exchange.fail(&error);
                Err(error)
            }
        })
    }
}

pin_project_lite::pin_project! {
    /// The body of a response of an instrumented service. The span of the request ends when the body ends,
    /// fails or is dropped.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        inner: B,
        exchange: Option<Exchange>,
        // The number of bytes until the body ends, if it is known.
        rest: Option<u64>,
    }
}

impl<B: Body> ResponseBody<B> {
    fn new(inner: B, mut exchange: Exchange, rest: Option<u64>) -> Self {
        if rest == Some(0) || inner.is_end_stream() {
            exchange.end_body();
            return Self::plain(inner);
        }
        Self { inner, exchange: Some(exchange), rest }
    }
}

impl<B> ResponseBody<B> {
    const fn plain(inner: B) -> Self {
        Self { inner, exchange: None, rest: None }
    }
}

impl<B> Body for ResponseBody<B>
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
        let Some(exchange) = this.exchange else {
            return this.inner.poll_frame(task);
        };
        let frame = ready!(exchange.run(|| this.inner.as_mut().poll_frame(task)));
        let is_over = match &frame {
            None => {
                exchange.end_body();
                true
            }
            Some(Err(error)) => {
                exchange.fail(error);
                true
            }
            Some(Ok(frame)) => match (frame.data_ref(), frame.trailers_ref()) {
                (_, Some(trailers)) => {
                    exchange.end_with(trailers);
                    true
                }
                (data, None) => {
                    let bytes = u64::try_from(data.map_or(0, Buf::remaining)).unwrap_or(u64::MAX);
                    *this.rest = this.rest.map(|rest| rest.saturating_sub(bytes));
                    // Once `is_end_stream` returns true, the body is not polled again.
                    let is_over = this.inner.is_end_stream() || *this.rest == Some(0);
                    if is_over {
                        exchange.end_body();
                    }
                    is_over
                }
            },
        };
        if is_over {
            *this.exchange = None;
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

impl<B: Default> Default for ResponseBody<B> {
    fn default() -> Self {
        Self::plain(B::default())
    }
}
