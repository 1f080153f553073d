//! The thread that serves scrapes. The number of connections, the size of a request and the time of a
//! connection are limited.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Future as _, poll_fn};
use std::net::{IpAddr, TcpListener as StdListener};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, PoisonError, Weak};
use std::task::{self, Poll};
use std::thread::{self, ThreadId};
use std::time::Duration;

use bytes::Bytes;
use floe_telemetry::config::PrometheusConfig;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{ACCEPT, ALLOW, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, VARY};
use hyper::http::uri::Authority;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use opentelemetry::Context;
use opentelemetry_sdk::metrics::ManualReader;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{self, Runtime};
use tokio::sync::{Mutex, Notify, OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::{AbortHandle, yield_now};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::families;
use crate::pieces::Text;
use crate::text::Format;

/// The path of the metrics.
const PATH: &str = "/metrics";

/// The content type of the text format.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// The content type of OpenMetrics.
const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// The maximum number of concurrent connections. Another one replaces the oldest that has not sent its request, or
/// the oldest of all.
const MAX_CONNECTIONS: usize = 16;

/// The maximum number of bytes of an answer.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// The same as a number of permits.
#[expect(clippy::cast_possible_truncation, reason = "it is small")]
const MAX_ANSWER_PERMITS: u32 = MAX_ANSWER as u32;

/// The maximum number of bytes of all answers that are being sent.
const MAX_ANSWERS: usize = 2 * MAX_ANSWER;

/// The maximum number of bytes of a request's head.
const MAX_HEAD: usize = 16 * 1024;

/// The timeout for reading the head of a request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// The timeout of a connection.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(30);

/// The time for which an answer is sent in any case. After it, the connection is closed if another answer needs the
/// room.
const SENDING_TIME: Duration = Duration::from_secs(2);

/// The delay after a failed `accept`, for example without free file descriptors.
const ACCEPT_DELAY: Duration = Duration::from_millis(100);

/// The minimum time between two warnings.
const WARNING_INTERVAL: Duration = Duration::from_secs(60);

/// How long dropping a server waits for its thread.
const DROP_TIMEOUT: Duration = Duration::from_secs(1);

/// A running server. Dropping it stops the thread.
#[derive(Debug)]
pub(crate) struct Server {
    /// Dropped to end the thread.
    stop: Option<oneshot::Sender<Infallible>>,
    /// Disconnected when the thread has ended.
    ended: mpsc::Receiver<Infallible>,
    thread: ThreadId,
}

impl Server {
    pub(crate) fn start(
        config: &PrometheusConfig,
        reader: Arc<ManualReader>,
    ) -> Result<Self, String> {
        let bind_error = |error: std::io::Error| {
            format!("cannot listen on `{}` port {}: {error}", config.host, config.port)
        };
        let listener = StdListener::bind((&*config.host, config.port)).map_err(bind_error)?;
        listener.set_nonblocking(true).map_err(bind_error)?;
        let address = listener.local_addr().map_err(bind_error)?.ip();
        let own_name = address.is_loopback().then(|| config.host.clone());
        let runtime =
            runtime::Builder::new_current_thread().enable_all().build().map_err(bind_error)?;
        let endpoint = Arc::new(Endpoint {
            config: config.clone(),
            reader,
            own_name,
            room: Arc::new(Semaphore::new(MAX_ANSWERS)),
            sending: Mutex::default(),
            warned: std::sync::Mutex::default(),
        });
        let (stop, stopped) = oneshot::channel();
        let (running, ended) = mpsc::channel();
        let thread = thread::Builder::new().name("floe-prometheus".to_owned());
        // It inherits the mask of this thread, on which the provider has blocked the signals of the program.
        let thread = thread.spawn(move || {
            serve(&runtime, listener, endpoint, stopped);
            // Closes the port.
            drop(runtime);
            drop(running);
        });
        let thread = thread.map_err(|error| format!("cannot start a thread: {error}"))?;
        Ok(Self { stop: Some(stop), ended, thread: thread.thread().id() })
    }

    /// Stops the thread and waits until the port is free, at most for `timeout`: a callback of an observable
    /// instrument may not return. Returns whether the thread has ended.
    pub(crate) fn stop(&mut self, timeout: Duration) -> bool {
        drop(self.stop.take());
        // Such a callback runs on this thread and may shut the provider down; a thread cannot wait for itself.
        self.thread == thread::current().id()
            || self.ended.recv_timeout(timeout) == Err(RecvTimeoutError::Disconnected)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.stop.is_some() {
            self.stop(DROP_TIMEOUT);
        }
    }
}

fn serve(
    runtime: &Runtime,
    listener: StdListener,
    endpoint: Arc<Endpoint>,
    stopped: oneshot::Receiver<Infallible>,
) {
    let _quiet = Context::enter_telemetry_suppressed_scope();
    runtime.spawn(async move {
        match TcpListener::from_std(listener) {
            Ok(listener) => accept(&listener, endpoint).await,
            Err(error) => tracing::error!(%error, "the Prometheus endpoint could not be started"),
        }
    });
    // Completes when the sender is dropped.
    let _ = runtime.block_on(stopped);
}

/// What all connections share.
#[derive(Debug)]
struct Endpoint {
    config: PrometheusConfig,
    reader: Arc<ManualReader>,
    /// The configured name, if the endpoint is for this machine alone.
    own_name: Option<String>,
    /// The bytes that answers may still occupy.
    room: Arc<Semaphore>,
    /// The connections with answers by the times at which these began. Whoever holds the lock is the next to answer.
    sending: Mutex<VecDeque<(Instant, Weak<Notify>)>>,
    /// When the last warning was written.
    warned: std::sync::Mutex<Option<Instant>>,
}

/// A connection that is served.
struct Connection {
    task: AbortHandle,
    has_request: Arc<AtomicBool>,
}

async fn accept(listener: &TcpListener, endpoint: Arc<Endpoint>) {
    let mut connections = Vec::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(ACCEPT_DELAY).await;
            continue;
        };
        make_room(&mut connections);
        let has_request = Arc::<AtomicBool>::default();
        let served = serve_connection(stream, Arc::clone(&endpoint), Arc::clone(&has_request));
        connections.push(Connection { task: tokio::spawn(served).abort_handle(), has_request });
    }
}

/// Closes a connection if there are too many: one that waits is rather that of a client which sends nothing.
fn make_room(connections: &mut Vec<Connection>) {
    connections.retain(|connection| !connection.task.is_finished());
    if connections.len() < MAX_CONNECTIONS {
        return;
    }
    let is_waiting = |connection: &Connection| !connection.has_request.load(Ordering::Relaxed);
    let waiting = connections.iter().position(is_waiting);
    connections.remove(waiting.unwrap_or(0)).task.abort();
}

async fn serve_connection(
    stream: TcpStream,
    endpoint: Arc<Endpoint>,
    has_request: Arc<AtomicBool>,
) {
    let end = Arc::<Notify>::default();
    let service = service_fn(|request| {
        has_request.store(true, Ordering::Relaxed);
        let response = endpoint.respond(request, &end);
        async move { Ok::<_, Infallible>(response.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_TIMEOUT)
        .keep_alive(false)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(timeout(CONNECTION_TIMEOUT, connection));
    let mut ended = pin!(end.notified());
    // An invalid request or a timeout is an error of the client and is not reported.
    poll_fn(|context| match ended.as_mut().poll(context) {
        Poll::Ready(()) => Poll::Ready(()),
        Poll::Pending => connection.as_mut().poll(context).map(drop),
    })
    .await;
}

impl Endpoint {
    async fn respond(&self, request: Request<Incoming>, end: &Arc<Notify>) -> Response<Pieces> {
        if self.is_foreign(request.headers()) {
            return plain_text(
                StatusCode::MISDIRECTED_REQUEST,
                "expected an address, `localhost` or the configured name as host, found another name\n",
            );
        }
        match (request.uri().path(), request.method()) {
            (PATH, &Method::GET | &Method::HEAD) => {
                let accepted = accepted(request.headers());
                // OpenMetrics requires the suffix of counters.
                let format = match accepted {
                    Format::OpenMetrics if !self.config.suffixes => Format::Text,
                    format => format,
                };
                self.metrics(format, end).await
            }
            (PATH, _) => {
                let mut response =
                    plain_text(StatusCode::METHOD_NOT_ALLOWED, "GET and HEAD are allowed\n");
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
                response
            }
            _ => plain_text(StatusCode::NOT_FOUND, "the metrics are at /metrics\n"),
        }
    }

    /// Whether a request is for a name that only the sender takes for this machine's: a web page reads what a browser
    /// on this machine gets from a name of the page, whatever address that name leads to.
    fn is_foreign(&self, headers: &HeaderMap) -> bool {
        let (Some(own), Some(host)) = (&self.own_name, headers.get(HOST)) else {
            return false;
        };
        let host = host.to_str().ok().and_then(|it| it.parse::<Authority>().ok());
        host.is_none_or(|host| {
            let name = host.host();
            let address = name.trim_start_matches('[').trim_end_matches(']');
            // Of `[::1].shop.example`, `host` is only the address.
            let port = host.as_str().strip_prefix(name).unwrap_or(name);
            !(port.bytes().all(|byte| byte == b':' || byte.is_ascii_digit())
                && (["localhost", own].iter().any(|own| name.eq_ignore_ascii_case(own))
                    || address.parse::<IpAddr>().is_ok()))
        })
    }

    /// Collects the metrics. Callbacks of observable instruments are user code, which may panic.
    async fn metrics(&self, format: Format, end: &Arc<Notify>) -> Response<Pieces> {
        let mut sending = self.sending.lock().await;
        // No more is collected than can be sent: collecting copies the metrics.
        let Some(mut room) = self.room(&mut sending).await else {
            return plain_text(
                StatusCode::SERVICE_UNAVAILABLE,
                "other scrapes are being answered\n",
            );
        };
        let text = catch_unwind(AssertUnwindSafe(|| {
            let mut metrics = ResourceMetrics::default();
            self.reader.collect(&mut metrics).ok()?;
            Some(families::text(&metrics, &self.config, format, MAX_ANSWER))
        }));
        let Ok(Some((text, cut))) = text else {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            return plain_text(status, "the metrics could not be collected\n");
        };
        if !cut.is_empty() {
            self.warn_cut(&cut);
        }
        drop(room.split(MAX_ANSWER.saturating_sub(text.len())));
        sending.push_back((Instant::now(), Arc::downgrade(end)));
        let mut response = Response::new(Pieces::new(text, Some(room)));
        let content_type = match format {
            Format::Text => TEXT,
            Format::OpenMetrics => OPEN_METRICS,
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, content_type);
        headers.insert(VARY, HeaderValue::from_static("accept"));
        response
    }

    /// Waits for the room of the largest answer. While it is missing, the connection that has been sending for the
    /// longest time is closed.
    async fn room(
        &self,
        sending: &mut VecDeque<(Instant, Weak<Notify>)>,
    ) -> Option<OwnedSemaphorePermit> {
        let mut room = pin!(Arc::clone(&self.room).acquire_many_owned(MAX_ANSWER_PERMITS));
        loop {
            sending.retain(|(_, end)| end.strong_count() > 0);
            let Some((since, end)) = sending.front() else {
                return room.await.ok();
            };
            if let Ok(room) = timeout_at(*since + SENDING_TIME, room.as_mut()).await {
                return room.ok();
            }
            if let Some(end) = end.upgrade() {
                end.notify_one();
            }
            sending.pop_front();
            // That connection releases its room.
            yield_now().await;
        }
    }

    fn warn_cut(&self, metrics: &[String]) {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.is_some_and(|at| at.elapsed() < WARNING_INTERVAL) {
            return;
        }
        *warned = Some(Instant::now());
        drop(warned);
        // The subscriber is code of the program, and its panic must not end the thread.
        let _ = catch_unwind(|| {
            let names = metrics.iter().take(10).map(|name| format!("`{name}`"));
            tracing::warn!(
                "a scrape has only a part of the series of {}: with all, the metrics are larger than {MAX_ANSWER} bytes of text",
                names.collect::<Vec<_>>().join(", ")
            );
        });
    }
}

/// The format that the client accepts: OpenMetrics if it names it.
fn accepted(headers: &HeaderMap) -> Format {
    let accepts = headers.get_all(ACCEPT).iter();
    let mut entries =
        accepts.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let is_open = |entry: &str| {
        let mut parts = entry.split(';').map(str::trim);
        let is_named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case("application/openmetrics-text"));
        is_named && parts.all(|part| !matches!(part, "q=0" | "q=0.0"))
    };
    if entries.any(is_open) { Format::OpenMetrics } else { Format::Text }
}

fn plain_text(status: StatusCode, text: &'static str) -> Response<Pieces> {
    let mut response = Response::new(Pieces::new(Text::from(text), None));
    *response.status_mut() = status;
    response
}

/// A body that is sent piece by piece. What is sent is released.
struct Pieces {
    text: Text,
    /// The part of the room for answers.
    room: Option<OwnedSemaphorePermit>,
}

impl Pieces {
    const fn new(text: Text, room: Option<OwnedSemaphorePermit>) -> Self {
        Self { text, room }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.text.pop();
        if let (Some(piece), Some(room)) = (&piece, &mut self.room) {
            drop(room.split(piece.len()));
        }
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.text.len() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.text.len() as u64)
    }
}
