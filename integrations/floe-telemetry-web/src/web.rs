//! The provider of a page.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use floe_telemetry::__http::Outcome;
use floe_telemetry::config::{
    Compression, ExporterKind, OtlpOptions, OtlpProtocol, Runtime, Signal,
};
use floe_telemetry::{Error, TelemetryConfig, TelemetryProvider, sanitize_error_message};
use js_sys::futures::{JsFuture, spawn_local};
use js_sys::{Function, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_time::Instant;

use crate::fetch::{Receiver, text};
use crate::queue::{Queue, Sending, Writer};

/// The most bytes of requests in flight that may outlive the page. A browser refuses more than 64 KiB
/// ([specification](https://fetch.spec.whatwg.org/#http-network-or-cache-fetch)).
const MAX_KEEPALIVE: usize = 60 * 1024;

/// A request in JSON has about so many times the bytes of the same request in protobuf, which is what
/// `max_request_bytes` limits.
const JSON_GROWTH: usize = 3;

/// The time in which a flush encodes, which holds up the page.
const ENCODE_TIMEOUT: Duration = Duration::from_secs(1);

/// The time between two warnings.
const WARNING_INTERVAL: Duration = Duration::from_secs(60);

/// The telemetry of a page. Clones are the same. When the last one is dropped, the provider shuts down, and what was not
/// flushed is lost.
#[derive(Clone)]
pub struct Web(Rc<Inner>);

/// Omits all fields, because they have credentials and the recorded values.
impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Web").finish_non_exhaustive()
    }
}

struct Inner {
    provider: TelemetryProvider,
    queue: Queue,
    receivers: Vec<Receiver>,
    /// The bytes of the requests in flight that may outlive the page.
    outliving: Cell<usize>,
    /// When the last warning was written.
    warned: Cell<Option<Instant>>,
}

/// Starts the telemetry of a page, or of a worker.
///
/// Spans go to [`otlp_endpoint`](TelemetryConfig::otlp_endpoint), by default `http://localhost:4318`, in protobuf or in
/// JSON ([`otlp_protocol`](TelemetryConfig::otlp_protocol)), with the headers and the timeout of
/// [`otlp`](TelemetryConfig::otlp); with the features `metrics` and `logs`, metrics and log records do, too. A receiver
/// of another origin has to allow the page's by
/// [CORS](https://opentelemetry.io/docs/specs/otlp/#otlphttp-request). Nothing is sent before a [flush](Web::flush). The
/// configuration's [`runtime`](TelemetryConfig::runtime) is [`Caller`](Runtime::Caller).
///
/// A browser finishes at most 64 KiB of requests after a page has ended. `otlp.all.max_request_bytes` is therefore 60 KiB
/// by default, or 20 KiB if a signal is sent in JSON: the setting limits the size in protobuf, and JSON is about three
/// times as long. A single span, log record or data point of a metric that exceeds the limit is not sent.
///
/// # Errors
///
/// As [`initialize`](floe_telemetry::TelemetryProviderBuilder::initialize). `authentication`, `otlp.additional`,
/// certificates, compression, gRPC, exporters other than `otlp`, an endpoint that is no URL, and a header whose value
/// refers to a variable or a file, are errors.
pub fn init(mut config: TelemetryConfig) -> Result<Web, Error> {
    floe_telemetry::__register_parts();
    check(&config)?;
    config.runtime = Runtime::Caller;
    let queue = Queue::default();
    let mut signals = Vec::new();
    for (signal, chosen) in [
        (Signal::Traces, &mut config.exporters.traces),
        #[cfg(feature = "metrics")]
        (Signal::Metrics, &mut config.exporters.metrics),
        #[cfg(feature = "logs")]
        (Signal::Logs, &mut config.exporters.logs),
    ] {
        let chosen = chosen.replace(vec![ExporterKind::None]);
        if chosen.is_none_or(|chosen| chosen.contains(&ExporterKind::Otlp)) {
            signals.push(signal);
        }
    }
    let receivers = signals.into_iter();
    let receivers = receivers.map(|signal| Receiver::new(&config, signal));
    let receivers = receivers.collect::<Result<Vec<_>, _>>()?;
    let is_json = receivers.iter().any(|receiver| receiver.is_json);
    let growth = if is_json { JSON_GROWTH } else { 1 };
    let max = &mut config.otlp.all.max_request_bytes;
    max.get_or_insert(MAX_KEEPALIVE / growth);
    let mut builder = TelemetryProvider::builder(config);
    for receiver in &receivers {
        let writer =
            Writer { signal: receiver.signal, is_json: receiver.is_json, queue: queue.clone() };
        builder = builder.with_otlp_writer(receiver.signal, writer);
    }
    Ok(Web(Rc::new(Inner {
        provider: builder.initialize()?,
        queue,
        receivers,
        outliving: Cell::new(0),
        warned: Cell::new(None),
    })))
}

/// Fails if a setting would have no effect.
fn check(config: &TelemetryConfig) -> Result<(), Error> {
    let (otlp, exporters) = (&config.otlp, &config.exporters);
    let options = [&otlp.all, &otlp.traces, &otlp.metrics, &otlp.logs];
    let any = |is_set: fn(&OtlpOptions) -> bool| options.into_iter().any(is_set);
    let is_compressed = any(|it| it.compression.is_some_and(|it| it != Compression::None));
    let has_grpc = config.otlp_protocol == Some(OtlpProtocol::Grpc)
        || any(|it| it.protocol == Some(OtlpProtocol::Grpc));
    let chosen = [&exporters.traces, &exporters.metrics, &exporters.logs];
    let has_other_exporter = (chosen.into_iter().flatten().flatten())
        .any(|kind| !matches!(kind, ExporterKind::Otlp | ExporterKind::None));
    let (no_value, protocols) = ("no value", "`http/protobuf` or `http/json`");
    let found = [
        ("authentication", no_value, config.authentication.is_some()),
        ("otlp.additional", no_value, !otlp.additional.is_empty()),
        ("certificate", no_value, any(|it| it.certificate.is_some())),
        ("client_certificate", no_value, any(|it| it.client_certificate.is_some())),
        ("client_key", no_value, any(|it| it.client_key.is_some())),
        ("compression", "`none`", is_compressed),
        ("otlp_protocol", protocols, has_grpc),
        ("exporters", "`otlp` or `none`", has_other_exporter),
    ];
    let Some((setting, expected, _)) = found.into_iter().find(|(.., is_set)| *is_set) else {
        return Ok(());
    };
    let found = if expected == no_value { "one" } else { "another" };
    Err(Error::config(format!(
        "{setting}: expected {expected} in a browser, where `fetch` sends the requests, found {found}"
    )))
}

impl Web {
    /// The provider of the page.
    pub fn provider(&self) -> &TelemetryProvider {
        &self.0.provider
    }

    /// Sends what was recorded, and waits for the answers of the receiver.
    ///
    /// A request without an answer, or to which the receiver answers with status 429, 502, 503 or 504, is sent again by
    /// the next flush; at most 4 MiB wait for it. What does not fit is lost, with a warning, and counted as in every
    /// program. Before such a request is sent again, and any other of its signal, a pause passes, also if the page is left
    /// meanwhile: up to one second after the first failure, doubled after each further one up to a minute. A `Retry-After`
    /// makes it longer, at most half of the timeout; a receiver of another origin has to name it in
    /// `Access-Control-Expose-Headers`. A flush in the pause fails. Redirects are not followed. A request that another
    /// flush is sending is not waited for.
    ///
    /// # Errors
    ///
    /// A request was not delivered or was rejected, also in part, or spans were lost. The error is the first reason.
    /// [`Statistics`](floe_telemetry::Statistics) counts a request as exported before it is sent.
    pub async fn flush(&self) -> Result<(), Error> {
        let mut result = self.0.provider.force_flush(ENCODE_TIMEOUT);
        for Begun { receiver, sending, started, outlives } in self.send() {
            let outcome = match started {
                Ok(sent) => receiver.answer(sent).await,
                Err(outcome) => outcome,
            };
            drop(outlives);
            result = result.and(self.ended(receiver, sending, outcome));
        }
        result
    }

    /// Begins all requests before the first answer: a page that ends runs no further code.
    fn send(&self) -> Vec<Begun<'_>> {
        let mut begun = Vec::new();
        while let Some(sending) = self.0.queue.take() {
            let Some(request) = sending.request() else {
                continue;
            };
            let of = |receiver: &&Receiver| receiver.signal == request.signal;
            let Some(receiver) = self.0.receivers.iter().find(of) else {
                sending.done();
                continue;
            };
            let outlives = Outlives::new(&self.0.outliving, request.body.len());
            let started = receiver.start(&request.body, outlives.is_some());
            begun.push(Begun { receiver, sending, started, outlives });
        }
        begun
    }

    /// Keeps a request that can be retried.
    fn ended(&self, receiver: &Receiver, sending: Sending, outcome: Outcome) -> Result<(), Error> {
        let reason = match outcome {
            Outcome::Accepted { rejected, message } => {
                sending.done();
                let message = receiver.sanitized(message);
                if rejected == 0 {
                    if !message.is_empty() {
                        self.warn(&format!("the receiver sent a warning: {message}"));
                    }
                    return Ok(());
                }
                format!("the receiver rejected {rejected} items of a batch: {message}")
            }
            Outcome::Rejected(reason) | Outcome::Invalid(reason) => {
                sending.done();
                receiver.sanitized(reason)
            }
            Outcome::Retry { reason, .. } | Outcome::Unanswered(reason) => {
                let reason = receiver.sanitized(reason);
                sending.keep(&reason);
                reason
            }
        };
        Err(Error::export(reason))
    }

    /// Flushes in this interval, and when the page is hidden, which may be the last that it learns
    /// ([`visibilitychange`](https://developer.mozilla.org/docs/Web/API/Document/visibilitychange_event)). It goes on as
    /// long as the page lives. What is not delivered is a warning on the console of the browser, at most one a minute.
    ///
    /// # Errors
    ///
    /// There is no `setInterval`, as outside of pages and workers.
    pub fn flush_every(&self, interval: Duration) -> Result<(), Error> {
        let web = self.clone();
        let flush = Closure::<dyn Fn()>::new(move || {
            let web = web.clone();
            spawn_local(async move {
                if let Err(error) = web.flush().await {
                    web.warn(&format!("telemetry was not exported: {error}"));
                }
            });
        });
        let no_timer = |error| Error::state(format!("`setInterval`: {}", text(&error)));
        let callback = flush.as_ref();
        // `setInterval` reads the milliseconds as an `i32`.
        let millis = i32::try_from(interval.as_millis()).unwrap_or(i32::MAX);
        let global = js_sys::global();
        Reflect::get(&global, &"setInterval".into())
            .and_then(JsCast::dyn_into::<Function>)
            .and_then(|set| set.call2(&global, callback, &millis.into()))
            .map_err(no_timer)?;
        if let Some(document) = web_sys::window().and_then(|window| window.document()) {
            document
                .add_event_listener_with_callback("visibilitychange", callback.unchecked_ref())
                .map_err(|error| Error::state(format!("`visibilitychange`: {}", text(&error))))?;
        }
        // The browser calls it as long as the page lives.
        flush.forget();
        Ok(())
    }

    fn warn(&self, message: &str) {
        let now = Instant::now();
        let is_recent = |last| now.duration_since(last) < WARNING_INTERVAL;
        if self.0.warned.get().is_some_and(is_recent) {
            return;
        }
        self.0.warned.set(Some(now));
        web_sys::console::warn_1(&(&*sanitize_error_message(message)).into());
    }
}

/// A request that `fetch` was called for.
struct Begun<'w> {
    receiver: &'w Receiver,
    sending: Sending,
    started: Result<JsFuture, Outcome>,
    outlives: Option<Outlives<'w>>,
}

/// The share of a request in [`MAX_KEEPALIVE`], which is returned when it is dropped.
struct Outlives<'w> {
    all: &'w Cell<usize>,
    bytes: usize,
}

impl<'w> Outlives<'w> {
    /// `None` if the request does not fit.
    fn new(all: &'w Cell<usize>, bytes: usize) -> Option<Self> {
        let sum = all.get() + bytes;
        (sum <= MAX_KEEPALIVE).then(|| {
            all.set(sum);
            Self { all, bytes }
        })
    }
}

impl Drop for Outlives<'_> {
    fn drop(&mut self) {
        self.all.set(self.all.get() - self.bytes);
    }
}
