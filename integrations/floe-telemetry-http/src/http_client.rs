//! Client spans for the requests that a tower service sends, such as hyper's client.

use std::sync::Arc;

use floe_telemetry::propagation::current_context;
use http::request::Parts;
use opentelemetry::trace::SpanKind;

use crate::exchange::Exchange;
use crate::http_semantics::{self as semantics, Outgoing, RequestMethod};
use crate::kind::Kind;
use crate::measurement::Measurement;
use crate::options::{Options, common_options, http_options};
use crate::served::renew;
use crate::service::service;

/// A tower layer that records a client span for each request, injects the span's trace context and the
/// current baggage into the request headers, and records the metric `http.client.request.duration`.
///
/// The span ends when the last frame of the response body has been read, or when the body is dropped. Its attributes
/// and status follow OpenTelemetry's [conventions]: a 4xx or 5xx status or a failure is an error. If the request is
/// dropped before its response, the span has the attribute `floe.cancelled` and is no error. With a
/// [`UrlTemplate`](crate::UrlTemplate) in the extensions of the request, the span is named after the template.
///
/// ```no_run
/// use floe_telemetry_http::HttpClientLayer;
/// use tower_layer::Layer;
/// # fn with<C>(client: C) -> impl Sized {
///
/// // For example `hyper_util::client::legacy::Client`.
/// let client = HttpClientLayer::new().layer(client);
/// # client
/// # }
/// ```
///
/// [conventions]: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
#[derive(Clone, Debug)]
pub struct HttpClientLayer {
    options: Arc<Options<Parts>>,
}

common_options!(HttpClientLayer, Parts);
http_options!(HttpClientLayer);
service!(HttpClientLayer, HttpClient, open);

fn open(options: &Options<Parts>, parts: &mut Parts) -> Exchange {
    renew(parts);
    if !options.records(parts) {
        return Exchange::skipped(Kind::HttpClient, current_context());
    }
    let (host, port) = semantics::server_of(parts);
    let outgoing = Outgoing {
        method: RequestMethod::of(&parts.method),
        template: parts.extensions.get(),
        scheme: parts.uri.scheme_str(),
        host,
        port: port.or(match parts.uri.scheme_str() {
            Some("http") => Some(80),
            Some("https") => Some(443),
            _ => None,
        }),
    };
    let span =
        options.open(SpanKind::Client, current_context(), parts, &parts.headers, |opening| {
            outgoing.describe(opening, parts.uri.to_string());
        });
    let measurement = Measurement::start(|| outgoing.attributes());
    Exchange::new(Kind::HttpClient, span, measurement, options.response.as_ref())
}
