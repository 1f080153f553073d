//! Server spans for the requests to a tower service.

use std::borrow::Cow;
use std::mem;
use std::sync::Arc;

use floe_telemetry::trace::Opening;
use http::HeaderValue;
use http::header::USER_AGENT;
use http::request::Parts;
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;

use crate::axum_routes::{self, check_router, original_uri};
use crate::exchange::Exchange;
use crate::forwarded::Forwarded;
use crate::http_semantics::{self as semantics, RequestMethod};
use crate::keys;
use crate::kind::Kind;
use crate::measurement::Measurement;
use crate::options::{Options, common_options, http_options, server_options};
use crate::served::exchange_of;
use crate::service::service;

/// A tower layer that records a server span for each request, as a child of the trace context in the
/// request headers, and the metric `http.server.request.duration`. The service runs with the span and the
/// request's baggage as current context.
///
/// The span ends when the server has polled the last frame of the response body, so it covers streaming responses.
/// Where HTTP allows no body, as after an upgrade, it ends with the headers. Its attributes and status follow
/// OpenTelemetry's [conventions]: a 5xx status is an error, every other one leaves the span status unset. If the
/// request is dropped before a response, for example because the client disconnects, the span is an error, and
/// `error.type` is `cancelled`, also in the metric. In this case, and if the body is dropped early, the span has the
/// attribute `floe.cancelled`.
///
/// `client.address`, `server.address` and `url.scheme` come from the proxies' headers `Forwarded` or `X-Forwarded-…`,
/// unless the caller is [not trusted](Self::untrusted). A request without a trace context starts a new trace, even if a
/// span is current where the server runs.
///
/// With the feature `axum` or `axum-0_7` and `Router::layer`, also in a `ServiceBuilder`, spans are named after the route:
/// `GET /orders/{id}`. A layer around a whole `Router` does not see the route, nor does one in a router of the other
/// version; one warning reports this, in the second case at the first recorded request. Nor does a layer see the routes of
/// a service in its router (`nest_service`, `fallback_service`), even if that service has a layer, too. Other routers need
/// [`with_route`](Self::with_route). `Router::layer` applies to the routes that were added before it, so requests for later
/// routes have no span. In a nested router, `url.path` and the requests that the functions of the options get have the
/// whole path.
///
/// If several layers are around a request, such as one of a nested router and one of the router around it, the outermost
/// records the request or leaves it out, by its own options, and the others do nothing, unless only an inner one is
/// [untrusted](Self::untrusted): its span is a root, and the caller's baggage ends there. A layer for gRPC inside of one
/// for HTTP, or the reverse, records its own span below the outer one. A request that is built in the process with the extensions of a recorded one counts as
/// that request; [`HttpClientLayer`](crate::HttpClientLayer) makes it a new one.
///
/// ```
/// use axum::{Router, routing::get};
/// use floe_telemetry_http::HttpServerLayer;
/// use http::{HeaderName, header};
///
/// let layer = HttpServerLayer::new()
///     .with_filter(|request| request.uri.path() != "/healthz")
///     .with_request_headers([header::ACCEPT_LANGUAGE])
///     .with_trace_id_header(HeaderName::from_static("x-trace-id"));
/// let app: Router = Router::new()
///     .route("/orders/{id}", get(|| async { "an order" }))
///     .layer(layer);
/// ```
///
/// With the feature `actix-web`, the layer is a middleware for `App::wrap`, too, with the same options.
///
/// hyper serves it through `hyper_util::service::TowerToHyperService`.
///
/// [conventions]: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
#[derive(Clone, Debug)]
pub struct HttpServerLayer {
    pub(crate) options: Arc<Options<Parts>>,
}

impl HttpServerLayer {
    /// Names the route of a request, such as `/orders/{id}`, for routers other than axum's. A route that the function
    /// returns takes precedence over axum's. The route is recorded in the span's name, as `http.route`, and in the
    /// metrics, so the function must not return text of the request itself.
    ///
    /// ```
    /// use floe_telemetry_http::HttpServerLayer;
    ///
    /// let layer = HttpServerLayer::new().with_route(|request| {
    ///     let is_file = request.uri.path().starts_with("/static/");
    ///     is_file.then_some("/static/{file}".into())
    /// });
    /// ```
    #[must_use]
    pub fn with_route(
        mut self,
        route: impl for<'r> Fn(&'r Parts) -> Option<Cow<'r, str>> + Send + Sync + 'static,
    ) -> Self {
        self.options_mut().route = Some(Arc::new(route));
        self
    }

    /// Counts active requests in the metric `http.server.active_requests`. It is off by default, because it is in
    /// development in OpenTelemetry's conventions and costs two measurements for each request.
    #[must_use]
    pub fn with_active_requests(mut self) -> Self {
        self.options_mut().has_active_requests = true;
        self
    }
}

common_options!(HttpServerLayer, Parts);
http_options!(HttpServerLayer);
server_options!(HttpServerLayer);
service!(HttpServerLayer, HttpServer, open, check);

fn check(options: &Options<Parts>, inner: &str) {
    if options.route.is_none() {
        check_router(inner);
    }
}

pub(crate) fn open(options: &Options<Parts>, parts: &mut Parts) -> Option<Exchange> {
    let whole = original_uri(parts).filter(|whole| **whole != parts.uri).cloned();
    let nested = whole.map(|whole| mem::replace(&mut parts.uri, whole));
    let exchange = exchange_of(options, parts, Kind::HttpServer, |parts, context, link| {
        let forwarded = Forwarded::of(&parts.headers, options.is_untrusted);
        let incoming = Incoming::of(options, parts, forwarded);
        let span = options.open(SpanKind::Server, context, parts, &parts.headers, |opening| {
            incoming.examine(options, parts);
            incoming.describe(opening, parts, forwarded);
            semantics::client(opening, forwarded, options.peer(parts));
            opening.links(&link);
        });
        let measured = || {
            incoming.examine(options, parts);
            incoming.attributes()
        };
        let measurement = Measurement::start(measured).map(|measurement| {
            if options.has_active_requests {
                measurement.active(incoming.series())
            } else {
                measurement
            }
        });
        Exchange::new(Kind::HttpServer, span, measurement, options.response.as_ref())
    });
    if let Some(nested) = nested {
        parts.uri = nested;
    }
    exchange
}

/// The properties of a request that only actix-web knows, for the extensions of the request.
#[cfg(feature = "actix-web")]
#[derive(Clone, Debug)]
pub(crate) struct OfActix {
    pub(crate) route: Option<String>,
    pub(crate) is_secure: bool,
}

struct Incoming<'r> {
    method: RequestMethod<'r>,
    route: Option<Cow<'r, str>>,
    scheme: &'static str,
    version: Option<&'static str>,
}

impl<'r> Incoming<'r> {
    fn of(options: &Options<Parts>, parts: &'r Parts, forwarded: Forwarded<'_>) -> Self {
        let route = options.route(parts);
        let known = forwarded.scheme().or(parts.uri.scheme_str());
        #[cfg(feature = "actix-web")]
        let known =
            known.or_else(|| parts.extensions.get::<OfActix>()?.is_secure.then_some("https"));
        let scheme = match known {
            Some(scheme) if scheme.eq_ignore_ascii_case("https") => "https",
            _ => "http",
        };
        Self {
            method: RequestMethod::of(&parts.method),
            route: route.or_else(|| matched_path(parts).map(Cow::Borrowed)),
            scheme,
            version: semantics::protocol(parts.version),
        }
    }

    /// Examines a recorded request that has no route.
    fn examine(&self, options: &Options<Parts>, parts: &Parts) {
        if self.route.is_none() && options.route.is_none() {
            options.examined.examine(parts);
        }
    }

    fn describe(&self, opening: &mut Opening, parts: &Parts, forwarded: Forwarded<'_>) {
        let uri = &parts.uri;
        opening.name_const(self.method.span_name(self.route.as_deref()));
        self.method.describe(opening);
        if let Some(route) = &self.route {
            opening.attribute(keys::HTTP_ROUTE, &**route);
        }
        opening.attribute(keys::URL_PATH, semantics::bounded(uri.path()));
        if let Some(query) = uri.query() {
            opening.attribute(keys::URL_QUERY, semantics::bounded(query));
        }
        opening.attribute_static(keys::URL_SCHEME, self.scheme);
        let named = forwarded.host();
        let (host, port) = match &named {
            Some(authority) => semantics::host_and_port(authority.as_str()),
            None => semantics::server_of(parts),
        };
        semantics::server(opening, host, port);
        if let Some(version) = self.version {
            opening.attribute_static(keys::NETWORK_PROTOCOL_VERSION, version);
        }
        if let Some(Ok(agent)) = parts.headers.get(USER_AGENT).map(HeaderValue::to_str) {
            opening.attribute(keys::USER_AGENT_ORIGINAL, semantics::bounded(agent));
        }
    }

    /// Returns the attributes of `http.server.active_requests`.
    fn series(&self) -> [KeyValue; 2] {
        [self.method.attribute(), KeyValue::new(keys::URL_SCHEME, self.scheme)]
    }

    fn attributes(&self) -> Vec<KeyValue> {
        let mut attributes = Vec::with_capacity(6);
        attributes.extend(self.series());
        if let Some(version) = self.version {
            attributes.push(KeyValue::new(keys::NETWORK_PROTOCOL_VERSION, version));
        }
        if let Some(route) = &self.route {
            attributes.push(KeyValue::new(keys::HTTP_ROUTE, route.clone().into_owned()));
        }
        attributes
    }
}

fn matched_path(parts: &Parts) -> Option<&str> {
    #[cfg(feature = "actix-web")]
    if let Some(of_actix) = parts.extensions.get::<OfActix>() {
        return of_actix.route.as_deref();
    }
    axum_routes::matched_path(parts)
}
