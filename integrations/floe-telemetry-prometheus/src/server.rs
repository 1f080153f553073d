//! The thread that serves scrapes. The number of connections, the size of a request and the time of a
//! connection are limited.

use std::cell::Cell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::{IpAddr, TcpListener as StdListener};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use bytes::Bytes;
use floe_telemetry::config::PrometheusConfig;
use floe_telemetry_core::__sdk::program_signals;
use floe_telemetry_core::__sdk::recorder::context::suppress;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HOST, HeaderMap, HeaderValue};
use hyper::http::uri::Authority;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus::Registry;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{self, Runtime};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use crate::text;

const PATH: &str = "/metrics";

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// The maximum number of concurrent connections. A further connection replaces the oldest one.
const MAX_CONNECTIONS: usize = 8;

/// The maximum number of bytes of a request's head.
const MAX_HEAD: usize = 16 * 1024;

/// The timeout for reading the head of a request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

const CONNECTION_TIMEOUT: Duration = Duration::from_secs(30);

/// The delay after a failed `accept`, for example if no file descriptor is free.
const ACCEPT_DELAY: Duration = Duration::from_millis(100);

/// The maximum time for which dropping a server waits for its thread.
const DROP_TIMEOUT: Duration = Duration::from_secs(1);

/// A running server. Dropping it stops the thread.
#[derive(Debug)]
pub(crate) struct Server {
    /// Stops the thread when this sender is dropped.
    stop: Option<oneshot::Sender<Infallible>>,
    /// Disconnected when the thread has ended.
    ended: mpsc::Receiver<Infallible>,
}

thread_local! {
    /// Whether this is the thread of a server.
    static IS_SERVER: Cell<bool> = const { Cell::new(false) };
}

impl Server {
    pub(crate) fn start(config: &PrometheusConfig, registry: Registry) -> Result<Self, String> {
        let bind_error = |error: std::io::Error| {
            format!("cannot listen on `{}` port {}: {error}", config.host, config.port)
        };
        let listener = StdListener::bind((&*config.host, config.port)).map_err(bind_error)?;
        listener.set_nonblocking(true).map_err(bind_error)?;
        let address = listener.local_addr().map_err(bind_error)?.ip();
        let own_name = address.is_loopback().then(|| config.host.clone());
        let runtime =
            runtime::Builder::new_current_thread().enable_all().build().map_err(bind_error)?;
        let endpoint = Arc::new(Endpoint { registry, own_name });
        let (stop, stopped) = oneshot::channel();
        let (running, ended) = mpsc::channel();
        let started = program_signals::spawn("floe-prometheus", move || {
            IS_SERVER.set(true);
            serve(&runtime, listener, endpoint, stopped);
            // Closes the port.
            drop(runtime);
            drop(running);
        });
        started.map_err(|error| format!("cannot start a thread: {error}"))?;
        Ok(Self { stop: Some(stop), ended })
    }

    /// Stops the thread and waits until the port is free, at most for `timeout`, because a callback of an observable
    /// instrument may never return. Returns `false` after the timeout.
    pub(crate) fn stop(&mut self, timeout: Duration) -> bool {
        drop(self.stop.take());
        // A callback of an instrument runs on the server's thread and may shut the provider down. A thread cannot wait
        // for itself.
        IS_SERVER.get() || self.ended.recv_timeout(timeout) == Err(RecvTimeoutError::Disconnected)
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
    let _quiet = suppress();
    runtime.spawn(async move {
        match TcpListener::from_std(listener) {
            Ok(listener) => accept(&listener, endpoint).await,
            Err(error) => tracing::error!(%error, "the Prometheus endpoint could not be started"),
        }
    });
    // Completes when the sender is dropped.
    let _ = runtime.block_on(stopped);
}

#[derive(Debug)]
struct Endpoint {
    registry: Registry,
    /// The configured host, if the endpoint listens on a loopback address.
    own_name: Option<String>,
}

async fn accept(listener: &TcpListener, endpoint: Arc<Endpoint>) {
    let mut connections = VecDeque::<AbortHandle>::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(ACCEPT_DELAY).await;
            continue;
        };
        connections.retain(|connection| !connection.is_finished());
        if connections.len() >= MAX_CONNECTIONS
            && let Some(oldest) = connections.pop_front()
        {
            oldest.abort();
        }
        let served = serve_connection(stream, Arc::clone(&endpoint));
        connections.push_back(tokio::spawn(served).abort_handle());
    }
}

async fn serve_connection(stream: TcpStream, endpoint: Arc<Endpoint>) {
    let service = service_fn(|request| {
        let response = endpoint.respond(&request);
        async { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_TIMEOUT)
        .keep_alive(false)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    // An invalid request or a timeout is an error of the client and is not reported.
    let _ = timeout(CONNECTION_TIMEOUT, connection).await;
}

impl Endpoint {
    fn respond(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if self.is_foreign(request.headers()) {
            return plain_text(
                StatusCode::MISDIRECTED_REQUEST,
                "expected an address, `localhost` or the configured name as host, found another name\n",
            );
        }
        match (request.uri().path(), request.method()) {
            (PATH, &Method::GET | &Method::HEAD) => self.metrics(),
            (PATH, _) => {
                let mut response = plain_text(StatusCode::METHOD_NOT_ALLOWED, "expected GET\n");
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
                response
            }
            _ => plain_text(StatusCode::NOT_FOUND, "expected GET /metrics\n"),
        }
    }

    /// Whether the `Host` of a request is a foreign name. Without this check, a web page in a browser on this machine
    /// could read the metrics through a name of the page that resolves to this machine (DNS rebinding).
    fn is_foreign(&self, headers: &HeaderMap) -> bool {
        let (Some(own), Some(host)) = (&self.own_name, headers.get(HOST)) else {
            return false;
        };
        let host = host.to_str().ok().and_then(|it| it.parse::<Authority>().ok());
        host.is_none_or(|host| {
            let name = host.host();
            let address = name.trim_start_matches('[').trim_end_matches(']');
            // For `[::1].shop.example`, `host` returns only the address.
            let port = host.as_str().strip_prefix(name).unwrap_or(name);
            !(port.bytes().all(|byte| byte == b':' || byte.is_ascii_digit())
                && (["localhost", own].iter().any(|own| name.eq_ignore_ascii_case(own))
                    || address.parse::<IpAddr>().is_ok()))
        })
    }

    /// Responds with the metrics. A panic is caught, because callbacks of observable instruments are user code.
    fn metrics(&self) -> Response<Full<Bytes>> {
        let Ok(Ok(text)) = catch_unwind(AssertUnwindSafe(|| text::collect(&self.registry))) else {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            return plain_text(status, "the metrics could not be collected, or exceed 64 MiB\n");
        };
        let mut response = Response::new(Full::from(text));
        response.headers_mut().insert(CONTENT_TYPE, TEXT);
        response
    }
}

fn plain_text(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response
}
