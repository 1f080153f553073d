//! Client spans for the requests of a reqwest client.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;

use crate::exchange::Exchange;
use crate::http_semantics::{Outgoing, RequestMethod, bounded};
use crate::keys;
use crate::kind::Kind;
use crate::measurement::Measurement;
use crate::options::{Options, common_options, http_options};
use floe_telemetry::propagation::current_context;
use http::Extensions;
use opentelemetry::trace::SpanKind;

use super::reqwest_middleware::{Error, Middleware, Next, Result, reqwest};

/// A middleware for `reqwest-middleware` that records a client span for each request, injects the
/// span's trace context and the current baggage into the request headers, and records the metric
/// `http.client.request.duration`.
///
/// The span ends when the response headers arrive. Its attributes and status follow OpenTelemetry's [conventions]: a
/// 4xx or 5xx status is an error, as is a failure before a response. If the future is dropped early, the span has the
/// attribute `floe.cancelled` and is no error. With a [`UrlTemplate`](crate::UrlTemplate) in the extensions of the
/// request, the span is named after the template.
///
/// Inside a middleware that retries, each attempt has a span, from the second one on with `http.request.resend_count`.
///
/// ```no_run
/// use floe_telemetry_http::{HttpClientMiddleware, UrlTemplate};
/// use reqwest_middleware::{ClientBuilder, reqwest::Client};
///
/// # async fn get() -> Result<(), reqwest_middleware::Error> {
/// let client = ClientBuilder::new(Client::new())
///     .with(HttpClientMiddleware::new())
///     .build();
/// let request = client.get("http://orders.example/42");
/// request.with_extension(UrlTemplate::new("/{id}")).send().await?;
/// # Ok(())
/// # }
/// ```
///
/// [conventions]: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
#[derive(Clone, Debug)]
pub struct HttpClientMiddleware {
    options: Arc<Options<reqwest::Request>>,
}

common_options!(HttpClientMiddleware, reqwest::Request);
http_options!(HttpClientMiddleware);

#[async_trait::async_trait]
impl Middleware for HttpClientMiddleware {
    async fn handle(
        &self,
        mut request: reqwest::Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<reqwest::Response> {
        let sent = extensions.get().map_or(0, |Sent(times)| *times);
        extensions.insert(Sent(sent.saturating_add(1)));
        let mut exchange = open(&self.options, &request, extensions, sent);
        exchange.inject(request.headers_mut());
        let mut inner = pin!(next.run(request, extensions));
        let result = poll_fn(|task| exchange.run(|| inner.as_mut().poll(task))).await;
        match &result {
            Ok(response) => {
                let status = response.status();
                let version = response.version();
                exchange.set_peer(response.remote_addr());
                exchange.respond(status, version, response.headers());
                exchange.end_body();
            }
            Err(error) => exchange.fail_with_exception(error_type(error), error),
        }
        result
    }
}

/// The number of times that a request was sent, which exceeds 1 if an outer middleware sends it again.
#[derive(Clone, Copy)]
struct Sent(u32);

fn open(
    options: &Options<reqwest::Request>,
    request: &reqwest::Request,
    extensions: &Extensions,
    sent: u32,
) -> Exchange {
    if !options.records(request) {
        return Exchange::skipped(Kind::HttpClient, current_context());
    }
    let url = request.url();
    let outgoing = Outgoing {
        method: RequestMethod::of(request.method()),
        template: extensions.get(),
        scheme: Some(url.scheme()),
        host: url.host_str(),
        port: url.port_or_known_default(),
    };
    let span =
        options.open(SpanKind::Client, current_context(), request, request.headers(), |opening| {
            outgoing.describe(opening, bounded(url.as_str()).to_owned());
            if sent > 0 {
                opening.attribute(keys::HTTP_REQUEST_RESEND_COUNT, &sent);
            }
        });
    let measurement = Measurement::start(|| outgoing.attributes());
    Exchange::new(Kind::HttpClient, span, measurement, options.response.as_ref())
}

fn error_type(error: &Error) -> &'static str {
    match error {
        Error::Reqwest(error) if error.is_timeout() => "timeout",
        Error::Reqwest(error) if error.is_connect() => "connect",
        Error::Reqwest(error) if error.is_redirect() => "redirect",
        Error::Reqwest(error) if error.is_builder() => "request",
        Error::Reqwest(_) => "transport",
        Error::Middleware(_) => "middleware",
    }
}
