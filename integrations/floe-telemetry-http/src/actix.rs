//! [`HttpServerLayer`] as a middleware of actix-web.
//!
//! actix-web has the types of an older `http`, its own type of bodies, and futures that are not `Send`. This module
//! converts the head of a request, so that the layer has the same options as with tower.

use std::error::Error as StdError;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{self as actix_header, HeaderMap as ActixHeaders};
use actix_web::{Error, HttpMessage as _, HttpRequest};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Version};

use crate::exchange::Exchange;
use crate::http_semantics::RequestMethod;
use crate::http_server::{HttpServerLayer, OfActix, open};
use crate::options::Options;
use crate::response::RequestKind;
use crate::served::Served;

/// The middleware for `App::wrap`. A span is named by the route of its request, such as `GET /orders/{id}`. Until the
/// response, the route is the first pattern that matches the path, and then the pattern of the resource that the guards
/// have selected. For [`with_peer_address`](Self::with_peer_address), the extensions of a request contain the
/// [`SocketAddr`](std::net::SocketAddr) of the other end of the connection. An error that a handler returns is recorded
/// with the status of its response.
///
/// actix-web converts the error of an inner middleware into a response outside this middleware. The recorded status is
/// [`ResponseError::status_code`](actix_web::ResponseError::status_code), which is 500 for an error that only
/// implements `error_response`. Such a response gets no header from
/// [`with_trace_id_header`](Self::with_trace_id_header), and its headers
/// ([`with_response_headers`](Self::with_response_headers)) are not recorded.
///
/// A handler whose client has disconnected runs to its end by default, and so does its span. With
/// `HttpServer::h1_allow_half_closed(false)`, actix-web drops the handler, which is recorded as `cancelled`.
///
/// ```
/// use actix_web::{App, web};
/// use floe_telemetry_http::HttpServerLayer;
///
/// let app = App::new()
///     .route("/orders/{id}", web::get().to(|| async { "an order" }))
///     .wrap(HttpServerLayer::new()); // the span `GET /orders/{id}`
/// ```
impl<S, B> Transform<S, ServiceRequest> for HttpServerLayer
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ActixBody<B>>;
    type Error = Error;
    type Transform = ActixServer<S>;
    type InitError = ();
    type Future = Ready<Result<ActixServer<S>, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(ActixServer { inner, options: Arc::clone(&self.options) }))
    }
}

/// A service of actix-web that records a span for each request, created by [`HttpServerLayer`].
#[derive(Debug)]
pub struct ActixServer<S> {
    inner: S,
    options: Arc<Options<Parts>>,
}

impl<S, B> Service<ServiceRequest> for ActixServer<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ActixBody<B>>;
    type Error = Error;
    type Future = ActixFuture<S::Future>;

    fn poll_ready(&self, task: &mut TaskContext<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let mut parts = head(&request);
        let mut exchange = open(&self.options, &mut parts);
        if let Some(served) = parts.extensions.get::<Served>() {
            request.extensions_mut().insert(*served);
        }
        ActixFuture {
            inner: Exchange::run_in(&mut exchange, || self.inner.call(request)),
            exchange,
            request: RequestKind::of(&parts.method),
            routing: Routing::of(&self.options, parts),
        }
    }
}

/// The method of a request, and its route before guards are checked: the first pattern that matches the path.
#[derive(Debug)]
struct Routing {
    method: Method,
    route: Option<String>,
}

impl Routing {
    /// Returns the routing of a request, or `None` if the program names routes itself.
    fn of(options: &Options<Parts>, mut parts: Parts) -> Option<Self> {
        options.route.is_none().then(|| Self {
            route: parts.extensions.remove().and_then(|of_actix: OfActix| of_actix.route),
            method: parts.method,
        })
    }

    /// Corrects the route, which guards and inner middlewares may have changed.
    fn correct(&self, exchange: &mut Exchange, request: &HttpRequest) {
        if let Some(route) = request.match_pattern()
            && self.route.as_ref() != Some(&route)
        {
            let method = RequestMethod::of(&self.method);
            exchange.set_route(method.span_name(Some(&route)), route);
        }
    }
}

fn head(request: &ServiceRequest) -> Parts {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.method = Method::from_bytes(request.method().as_str().as_bytes()).unwrap_or_default();
    parts.uri = request.uri().to_string().parse().unwrap_or_default();
    parts.version = match request.version() {
        actix_web::http::Version::HTTP_09 => Version::HTTP_09,
        actix_web::http::Version::HTTP_10 => Version::HTTP_10,
        actix_web::http::Version::HTTP_2 => Version::HTTP_2,
        actix_web::http::Version::HTTP_3 => Version::HTTP_3,
        _ => Version::HTTP_11,
    };
    parts.headers = headers(request.headers());
    parts.extensions.insert(OfActix {
        route: request.match_pattern(),
        is_secure: request.app_config().secure(),
    });
    if let Some(peer) = request.peer_addr() {
        parts.extensions.insert(peer);
    }
    if let Some(served) = request.extensions().get::<Served>() {
        parts.extensions.insert(*served);
    }
    parts
}

fn headers(headers: &ActixHeaders) -> HeaderMap {
    let mut converted = HeaderMap::with_capacity(headers.len_keys());
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        if let (Ok(name), Ok(mut copy)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            copy.set_sensitive(value.is_sensitive());
            // A full map rejects the header, which is then left out.
            let _ = converted.try_append(name, copy);
        }
    }
    converted
}

pin_project_lite::pin_project! {
    /// The future of a response of an [`ActixServer`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ActixFuture<F> {
        #[pin]
        inner: F,
        exchange: Option<Exchange>,
        request: RequestKind,
        routing: Option<Routing>,
    }
}

impl<F, B> Future for ActixFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<ActixBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = Exchange::run_in(this.exchange, || this.inner.poll(task));
        let result = ready!(polled);
        let mut exchange = this.exchange.take();
        let mut response = match result {
            Ok(response) => response,
            Err(error) => {
                // The server converts the error into a response, whose body does not pass through here.
                if let Some(exchange) = &mut exchange {
                    let status = status(error.as_response_error().status_code());
                    exchange.respond(status, Version::HTTP_11, &HeaderMap::new());
                    exchange.end_body();
                }
                return Poll::Ready(Err(error));
            }
        };
        let status = status(response.status());
        if let Some(exchange) = &mut exchange {
            if let Some(routing) = this.routing {
                routing.correct(exchange, response.request());
            }
            respond(exchange, status, response.headers_mut());
        }
        let is_over = this.request.is_without_body(status);
        Poll::Ready(Ok(response.map_body(|_, body| ActixBody::new(body, exchange, is_over))))
    }
}

fn status(status: actix_web::http::StatusCode) -> StatusCode {
    StatusCode::from_u16(status.as_u16()).unwrap_or_default()
}

fn respond(exchange: &mut Exchange, status: StatusCode, actix: &mut ActixHeaders) {
    if !exchange.has_response_options() {
        return exchange.respond(status, Version::HTTP_11, &HeaderMap::new());
    }
    let headers = headers(actix);
    exchange.respond(status, Version::HTTP_11, &headers);
    if let Some((name, value)) = exchange.trace_id(&headers)
        && let Ok(name) = actix_header::HeaderName::from_bytes(name.as_str().as_bytes())
        && let Ok(value) = actix_header::HeaderValue::from_bytes(value.as_bytes())
    {
        actix.insert(name, value);
    }
}

pin_project_lite::pin_project! {
    /// The body of a response of an [`ActixServer`]. The span of the request ends when the body ends, fails or is
    /// dropped.
    #[derive(Debug)]
    pub struct ActixBody<B> {
        #[pin]
        inner: B,
        exchange: Option<Exchange>,
    }
}

impl<B: MessageBody> ActixBody<B> {
    fn new(inner: B, exchange: Option<Exchange>, is_over: bool) -> Self {
        let mut body = Self { inner, exchange };
        if (is_over || matches!(body.inner.size(), BodySize::None | BodySize::Sized(0)))
            && let Some(mut exchange) = body.exchange.take()
        {
            exchange.end_body();
        }
        body
    }
}

impl<B: MessageBody> MessageBody for ActixBody<B> {
    type Error = Box<dyn StdError>;

    fn size(&self) -> BodySize {
        self.inner.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        let polled = Exchange::run_in(this.exchange, || this.inner.poll_next(task));
        let part = ready!(polled).map(|part| part.map_err(Into::into));
        match (&part, &mut *this.exchange) {
            (_, None) | (Some(Ok(_)), _) => {}
            (None, Some(exchange)) => exchange.end_body(),
            (Some(Err(error)), Some(exchange)) => {
                // The type of the error is unknown, because the bodies of handlers are boxed.
                exchange.fail_as("_OTHER", error);
            }
        }
        if !matches!(part, Some(Ok(_))) {
            *this.exchange = None;
        }
        Poll::Ready(part)
    }
}
