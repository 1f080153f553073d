//! The thread that answers scrapes: few connections at once, each for one request and for a short
//! time, whatever comes in.

use std::convert::Infallible;
use std::net::TcpListener as StdListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
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
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{sleep, timeout};

use super::families;
use crate::config::PrometheusConfig;
use crate::error::Error;

/// Where the metrics are.
const PATH: &str = "/metrics";

/// The version of the text.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Connections at the same time. One more is closed at once.
const MAX_CONNECTIONS: usize = 16;

/// Bytes of a request's head.
const MAX_HEAD: usize = 16 * 1024;

/// How long a request may take to come in.
const REQUEST: Duration = Duration::from_secs(5);

/// How long a connection may last.
const CONNECTION: Duration = Duration::from_secs(30);

/// How long nobody is let in when the system has no more connections.
const RECOVER: Duration = Duration::from_millis(100);

/// Answers until it is dropped.
#[derive(Debug)]
pub(super) struct Server {
    /// Dropped to end the thread.
    alive: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(
        config: &PrometheusConfig,
        reader: Arc<ManualReader>,
    ) -> Result<Self, Error> {
        let refused = |error: std::io::Error| {
            Error::config(format!(
                "metrics.prometheus: cannot listen on `{}` port {}: {error}",
                config.host, config.port
            ))
        };
        let listener = StdListener::bind((&*config.host, config.port)).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(refused)?;
        let (alive, ended) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("floe-prometheus".to_owned())
            .spawn(move || serve(&runtime, listener, reader, ended))
            .map_err(|error| Error::thread("prometheus", &error))?;
        Ok(Self {
            alive: Some(alive),
            thread: Some(thread),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.alive.take());
        // A callback may shut the provider down while it is collected, on that very thread.
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

fn serve(
    runtime: &Runtime,
    listener: StdListener,
    reader: Arc<ManualReader>,
    ended: oneshot::Receiver<Infallible>,
) {
    let _quiet = Context::enter_telemetry_suppressed_scope();
    runtime.spawn(async move {
        match TcpListener::from_std(listener) {
            Ok(listener) => accept(&listener, &reader).await,
            Err(error) => tracing::error!(%error, "nobody can scrape metrics"),
        }
    });
    // It ends when the sender does.
    let _ = runtime.block_on(ended);
}

async fn accept(listener: &TcpListener, reader: &Arc<ManualReader>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(RECOVER).await;
            continue;
        };
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            let reader = Arc::clone(reader);
            tokio::spawn(async move {
                answer(stream, &reader).await;
                drop(place);
            });
        }
    }
}

async fn answer(stream: TcpStream, reader: &ManualReader) {
    let service = service_fn(|request| {
        let response = respond(&request, reader);
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST)
        .keep_alive(false)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    // Who sends what is no request gets no metrics; nobody else has to know.
    let _ = timeout(CONNECTION, connection).await;
}

fn respond(request: &Request<Incoming>, reader: &ManualReader) -> Response<Full<Bytes>> {
    match (request.uri().path(), request.method()) {
        (PATH, &Method::GET | &Method::HEAD) => scraped(reader),
        (PATH, _) => {
            let mut response = said(StatusCode::METHOD_NOT_ALLOWED, "GET and HEAD are allowed\n");
            response
                .headers_mut()
                .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            response
        }
        _ => said(StatusCode::NOT_FOUND, "the metrics are at /metrics\n"),
    }
}

/// The metrics of this moment. What is observed may be the user's code.
fn scraped(reader: &ManualReader) -> Response<Full<Bytes>> {
    let text = catch_unwind(AssertUnwindSafe(|| {
        let mut metrics = ResourceMetrics::default();
        reader.collect(&mut metrics).ok()?;
        families::text(&metrics).ok()
    }));
    let Ok(Some(text)) = text else {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        return said(status, "the metrics could not be collected\n");
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    response.headers_mut().insert(CONTENT_TYPE, TEXT);
    response
}

fn said(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
}
