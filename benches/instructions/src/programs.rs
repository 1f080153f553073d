//! The programs whose instructions are counted.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::mem;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use floe_telemetry::config::{ContextMode, ExporterKind, OtlpProtocol};
use floe_telemetry::trace::TelemetryProviderBuilder;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced, tracing_layer};
use floe_telemetry_http::{HttpClientLayer, HttpServerLayer};
use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tower::{Layer as _, Service, service_fn};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::receiver;

const TIMEOUT: Duration = Duration::from_secs(60);

/// The number of spans between two flushes. A flush drains the buffers, so the caller's thread starts in the same state
/// each time.
const BATCH: i64 = 100;

pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// The number of calls, spans or requests.
    pub(crate) calls: i64,
    /// The suffix of each figure's name, and the end of the name of the measured function.
    pub(crate) figures: &'static [(&'static str, &'static str)],
}

/// Describes a program whose figure is the cost of `measured`, on the caller's thread.
const fn program(name: &'static str, calls: i64) -> Program {
    Program { name, calls, figures: &[("", "::measured")] }
}

pub(crate) const PROGRAMS: [Program; 22] = [
    program("sampled-3-attributes", 10_000),
    program("tail-sampled-3-attributes", 10_000),
    program("sampled", 10_000),
    program("boundaries-3-attributes", 10_000),
    program("boundaries", 10_000),
    // Futures that are pending once, or ten times.
    program("future", 10_000),
    program("future-ten-polls", 5_000),
    program("boundaries-future", 10_000),
    // These functions return an error: one without a source, and a chain of three.
    program("failing", 10_000),
    program("failing-chain", 10_000),
    program("unsampled-child", 10_000),
    program("unsampled-child-metrics", 5_000),
    program("unsampled-future", 10_000),
    program("unsampled-future-ten-polls", 5_000),
    program("off", 100_000),
    program("tracing-span", 10_000),
    // The costs on the collector's thread for spans with three attributes: all except the ring, and the cost of each
    // stage. Enrichment includes redaction.
    Program {
        figures: &[
            ("", "::Collector>::fetch"),
            ("-pipeline", "::Pipeline::push"),
            ("-enrichment", "::Enricher::enrich"),
            ("-redaction", "::Redactor::record"),
            ("-encoding", "::BatchBuilder>::push"),
        ],
        ..program("collector", 10_000)
    },
    Program {
        figures: &[
            ("", "::Collector>::fetch"),
            ("-enrichment", "::Enricher::enrich"),
            ("-encoding", "::BatchBuilder>::push"),
        ],
        ..program("collector-failing", 10_000)
    },
    program("http-server-request", 1_000),
    program("http-server-request-traceparent", 1_000),
    program("http-server-request-metrics", 1_000),
    program("http-client-request", 1_000),
];

#[traced(name = "child", attributes(rows = n, engine = "sqlite", table = text()))]
fn child_attributes(n: i64) -> i64 {
    work(n)
}

#[traced(name = "child")]
fn child(n: i64) -> i64 {
    work(n)
}

#[traced(name = "child", metrics)]
fn child_metrics(n: i64) -> i64 {
    work(n)
}

#[traced(name = "child")]
async fn child_future(n: i64, polls: u32) -> i64 {
    let mut pending = 0..polls;
    poll_fn(|_| pending.next().map_or(Poll::Ready(()), |_| Poll::Pending)).await;
    work(n)
}

#[derive(Debug)]
struct Refused(&'static str, Option<&'static Self>);

static REFUSED: Refused = Refused("connection refused", None);
static NOT_LOADED: Refused = Refused("cannot load the orders", Some(&REFUSED));

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Refused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.map(|source| source as _)
    }
}

#[traced(name = "child")]
fn refuse(n: i64, source: Option<&'static Refused>) -> Result<i64, Refused> {
    work(n);
    Err(Refused("there is no table `orders`", source))
}

fn failing(n: i64) -> i64 {
    i64::from(refuse(n, None).is_err())
}

fn failing_chain(n: i64) -> i64 {
    i64::from(refuse(n, Some(&NOT_LOADED)).is_err())
}

#[traced(name = "root")]
fn root(calls: i64, call: fn(i64) -> i64) {
    measured(calls, call);
}

#[inline(never)]
fn work(n: i64) -> i64 {
    black_box(n)
}

/// Returns a text of 14 bytes that is allocated on each call.
#[inline]
fn text() -> String {
    black_box("orders_by_city").to_owned()
}

/// Repeats a call. Callgrind counts the instructions of this function on the caller's thread.
#[inline(never)]
fn measured(calls: i64, mut call: impl FnMut(i64) -> i64) {
    for n in 0..calls {
        call(n);
    }
}

pub(crate) fn run(name: &str) {
    let program = PROGRAMS.iter().find(|program| program.name == name);
    let calls = program.expect("a program of the list").calls;
    match name {
        "off" => {
            // The first calls of a thread, which look for a global provider, are not counted.
            for n in 0..20_000 {
                child_attributes(n);
            }

            measured(calls, child_attributes);
        }
        "unsampled-child-metrics" => run_metrics(calls),
        "tracing-span" => run_tracing(calls),
        "collector" => run_collector(calls, child_attributes),
        "collector-failing" => run_collector(calls, failing),
        "http-client-request" => run_http(name, calls, &HttpClientLayer::new().layer(answer())),
        http if http.starts_with("http-") => {
            run_http(http, calls, &HttpServerLayer::new().layer(answer()));
        }
        spans => run_spans(spans, calls),
    }
}

fn run_spans(program: &str, calls: i64) {
    let is_sampled = !program.starts_with("tail") && !program.starts_with("unsampled");
    let mut config = with_ratio(f64::from(u8::from(is_sampled)));
    if program.starts_with("boundaries") {
        config.context = ContextMode::Boundaries;
    }

    // With `keep_errors`, unsampled spans are buffered until it is known whether their trace has failed.
    config.sampling.keep_errors = program.starts_with("tail");
    let provider = builder(config).initialize().expect("the provider starts");
    let call = match program {
        "sampled" | "boundaries" => child,
        "failing" => failing,
        "failing-chain" => failing_chain,
        future if future.ends_with("future") => |n| block_on(child_future(n, 1)),
        future if future.ends_with("future-ten-polls") => |n| block_on(child_future(n, 10)),
        _ => child_attributes,
    };

    // These calls, which are not counted, allocate the thread's buffer and the memory for open and queued spans.
    for n in 0..2 * BATCH {
        call(n);
    }

    for _ in 0..calls / BATCH {
        provider.force_flush(TIMEOUT).expect("spans are delivered");
        root(BATCH, call);
    }
}

/// Neither flushes nor shuts down, because the metrics of the process would raise a signal that callgrind does not
/// survive.
fn run_metrics(calls: i64) {
    let builder = builder(with_ratio(0.0)).with_metric_exporter(Discard);
    let provider = builder.initialize().expect("the provider starts");
    for n in 0..2 * BATCH {
        child_metrics(n);
    }

    for _ in 0..calls / BATCH {
        root(BATCH, child_metrics);
    }

    mem::forget(provider);
}

fn run_tracing(calls: i64) {
    let provider = builder(with_ratio(1.0)).initialize().expect("the provider starts");
    let subscriber = tracing_subscriber::registry().with(tracing_layer());
    tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");
    let span = |n| {
        let table = text();
        let _entered = tracing::info_span!("child", rows = n, engine = "sqlite", table).entered();
        work(n)
    };

    for n in 0..2 * BATCH {
        span(n);
    }

    for _ in 0..calls / BATCH {
        provider.force_flush(TIMEOUT).expect("spans are delivered");
        measured(BATCH, span);
    }
}

fn run_collector(calls: i64, call: fn(i64) -> i64) {
    let mut config = with_ratio(1.0);
    config.otlp_endpoint = Some(receiver::start());
    config.otlp_protocol = Some(OtlpProtocol::Http);
    // See `run_metrics`.
    config.exporters.metrics = Some(vec![ExporterKind::None]);

    let started = TelemetryProvider::builder(config).initialize();
    let provider = started.expect("the provider starts");

    for _ in 0..calls / BATCH {
        root(BATCH, call);
        provider.force_flush(TIMEOUT).expect("spans are delivered");
    }
}

type Body = Empty<Bytes>;

/// Returns the service below the layers, which does nothing.
fn answer()
-> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone
{
    service_fn(async |_| Ok::<_, Infallible>(Response::new(Empty::new())))
}

fn run_http<S, B>(program: &str, calls: i64, service: &S)
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone,
    B: BodyExt,
{
    let mut builder = builder(with_ratio(1.0));
    let has_metrics = program.ends_with("metrics");
    if has_metrics {
        builder = builder.with_metric_exporter(Discard);
    }

    let provider = builder.initialize().expect("the provider starts");
    let mut service = service.clone();
    let request = || {
        let mut request = Request::get("/orders/7").header("host", "shop.example");
        if program.ends_with("traceparent") {
            let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
            request = request.header("traceparent", parent);
        }

        request.body(Empty::new()).expect("a request")
    };

    for batch in 0..=calls / BATCH {
        // See `run_metrics`.
        if !has_metrics {
            provider.force_flush(TIMEOUT).expect("spans are delivered");
        }

        let mut requests: Vec<_> = (0..BATCH).map(|_| request()).collect();
        let mut respond = |n| {
            let request = requests.pop().expect("a request for each call");
            let Ok(response) = block_on(service.call(request));
            drop(block_on(response.into_body().collect()));
            n
        };

        // The first batch, which allocates, is not counted.
        if batch == 0 {
            (0..BATCH).for_each(|n| {
                respond(n);
            });
        } else {
            measured(BATCH, respond);
        }
    }

    if has_metrics {
        mem::forget(provider);
    }
}

/// Executes a future by polling it until it is ready.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut task = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut task) {
            return value;
        }
    }
}

fn with_ratio(ratio: f64) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("instructions");
    config.sampling = config.sampling.clone().with_ratio(ratio);
    config.metrics.export_interval_millis = 3_600_000;
    config
}

fn builder(config: TelemetryConfig) -> TelemetryProviderBuilder {
    TelemetryProvider::builder(config).with_span_exporter(Discard)
}

#[derive(Clone, Copy, Debug)]
struct Discard;

impl SpanExporter for Discard {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }
}

impl PushMetricExporter for Discard {
    async fn export(&self, _: &ResourceMetrics) -> OTelSdkResult {
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}
