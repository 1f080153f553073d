//! `floe-trace listen`: a receiver of OTLP for a developer's machine, which draws each trace as it ends.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response as HttpResponse};
use axum::routing::post;
use clap::Args;
use flate2::read::GzDecoder;
use floe_telemetry::printable;
use floe_trace::read::{LARGEST_MESSAGE, Reader};
use floe_trace::{Kind, Recording, TraceId, duration, write};
use indicatif::{ProgressBar, ProgressStyle};
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{
    LogsService, LogsServiceServer,
};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use serde::de::DeserializeOwned;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use super::show::{self, Look};
use super::{Failure, print};

/// Requests that have been received and not been processed; more have to wait.
const WAITING: usize = 16;
/// A trace whose root has ended is drawn when nothing of it has come for this time.
const QUIET: Duration = Duration::from_millis(500);
/// A trace whose root is in a program that may send later, as they all do within five seconds by default.
const SENT_LATER: Duration = Duration::from_secs(6);
/// Any other trace: its root has not ended.
const ABANDONED: Duration = Duration::from_secs(60);
/// How many spans of traces that are not drawn yet are kept; then the oldest trace is drawn.
const MOST_SPANS: usize = 200_000;
/// How often traces that are open are looked at.
const TICK: Duration = Duration::from_millis(100);

#[derive(Clone, Debug, Args)]
pub(crate) struct Listen {
    /// The address for OTLP over gRPC
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4317")]
    grpc: SocketAddr,
    /// The address for OTLP over HTTP, with protobuf or JSON
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4318")]
    http: SocketAddr,
    /// A file to which everything is appended, as JSON lines that the other commands read
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Do not draw traces
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    look: Look,
}

/// What has been received: redacted.
type Sender = mpsc::Sender<Recording>;

/// Receives until it is interrupted.
pub(crate) fn listen(options: &Listen) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime =
        runtime.map_err(|error| Failure(format!("the receiver cannot start: {error}")))?;
    runtime.block_on(serve(options))
}

async fn serve(options: &Listen) -> Result<ExitCode, Failure> {
    let mut traces = Traces::new(options)?;
    let (sender, mut received) = mpsc::channel(WAITING);
    let routes = routes(sender);
    let mut addresses = Vec::new();
    for address in [options.grpc, options.http] {
        // Both protocols are understood at both addresses, so one address twice is one.
        if address.port() != 0 && addresses.contains(&address) {
            continue;
        }
        let listener = TcpListener::bind(address).await.map_err(|error| {
            Failure(format!(
                "expected an address that is free, found {address}: {error}"
            ))
        })?;
        let address = listener.local_addr().unwrap_or(address);
        addresses.push(address);
        let server = tonic::transport::Server::builder()
            .accept_http1(true)
            .add_routes(routes.clone())
            .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)));
        tokio::spawn(server);
    }
    let [grpc, http] =
        [addresses.first(), addresses.last()].map(|it| it.copied().unwrap_or(options.grpc));
    let _ = writeln!(
        io::stderr(),
        "listening for OTLP: gRPC on {grpc}, HTTP on {http}"
    );
    let mut tick = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            recording = received.recv() => match recording {
                Some(recording) => traces.add(recording)?,
                None => break,
            },
            _ = tick.tick() => traces.draw_ended()?,
            () = interrupted() => break,
        }
    }
    while let Ok(recording) = received.try_recv() {
        traces.add(recording)?;
    }
    traces.draw_all()?;
    Ok(ExitCode::SUCCESS)
}

/// Waits for Ctrl-C, or for the signal by which a program is ended.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

fn routes(sender: Sender) -> Routes {
    let services = Services(sender);
    let gzip = CompressionEncoding::Gzip;
    let traces = TraceServiceServer::new(services.clone())
        .accept_compressed(gzip)
        .max_decoding_message_size(LARGEST_MESSAGE);
    let logs = LogsServiceServer::new(services.clone())
        .accept_compressed(gzip)
        .max_decoding_message_size(LARGEST_MESSAGE);
    let metrics = MetricsServiceServer::new(services.clone())
        .accept_compressed(gzip)
        .max_decoding_message_size(LARGEST_MESSAGE);
    let http = Router::new()
        .route("/v1/traces", post(http_traces))
        .route("/v1/logs", post(http_logs))
        .route("/v1/metrics", post(http_metrics))
        .layer(DefaultBodyLimit::max(LARGEST_MESSAGE))
        .with_state(services);
    let grpc = Routes::new(traces).add_service(logs).add_service(metrics);
    Routes::from(grpc.prepare().into_axum_router().merge(http))
}

#[derive(Clone, Debug)]
struct Services(Sender);

impl Services {
    /// Redacts what was received and passes it on. Metrics are accepted, so that no program complains, and not shown.
    async fn spans(&self, request: ExportTraceServiceRequest) -> ExportTraceServiceResponse {
        let mut reader = Reader::new();
        request
            .resource_spans
            .into_iter()
            .for_each(|it| reader.add_spans(it));
        // The other end is there until the program ends.
        let _ = self.0.send(reader.finish()).await;
        ExportTraceServiceResponse::default()
    }

    async fn records(&self, request: ExportLogsServiceRequest) -> ExportLogsServiceResponse {
        let mut reader = Reader::new();
        request
            .resource_logs
            .into_iter()
            .for_each(|it| reader.add_logs(it));
        let _ = self.0.send(reader.finish()).await;
        ExportLogsServiceResponse::default()
    }
}

#[tonic::async_trait]
impl TraceService for Services {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        Ok(Response::new(self.spans(request.into_inner()).await))
    }
}

#[tonic::async_trait]
impl LogsService for Services {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        Ok(Response::new(self.records(request.into_inner()).await))
    }
}

#[tonic::async_trait]
impl MetricsService for Services {
    async fn export(
        &self,
        _: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

async fn http_traces(services: State<Services>, headers: HeaderMap, body: Bytes) -> HttpResponse {
    match decode(&headers, &body) {
        Ok((format, request)) => format.response(&services.spans(request).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn http_logs(services: State<Services>, headers: HeaderMap, body: Bytes) -> HttpResponse {
    match decode(&headers, &body) {
        Ok((format, request)) => format.response(&services.records(request).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn http_metrics(headers: HeaderMap) -> HttpResponse {
    match Format::of(&headers) {
        Ok(format) => format.response(&ExportMetricsServiceResponse::default()),
        Err(refusal) => refusal.into_response(),
    }
}

#[derive(Clone, Copy, Debug)]
enum Format {
    Protobuf,
    Json,
}

impl Format {
    fn of(headers: &HeaderMap) -> Result<Self, (StatusCode, String)> {
        let found = headers
            .get(header::CONTENT_TYPE)
            .and_then(|it| it.to_str().ok());
        let found = found.unwrap_or_default();
        match found.split(';').next().unwrap_or_default().trim() {
            "application/x-protobuf" => Ok(Self::Protobuf),
            "application/json" => Ok(Self::Json),
            _ => Err((
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                format!(
                    "expected the content type application/x-protobuf or application/json, found `{found}`\n"
                ),
            )),
        }
    }

    fn response<T: Message + serde::Serialize>(self, message: &T) -> HttpResponse {
        match self {
            Self::Protobuf => (
                [(header::CONTENT_TYPE, "application/x-protobuf")],
                message.encode_to_vec(),
            )
                .into_response(),
            // Nothing was refused, of which the JSON is an empty object.
            Self::Json => ([(header::CONTENT_TYPE, "application/json")], "{}").into_response(),
        }
    }
}

fn decode<T: Message + Default + DeserializeOwned>(
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Format, T), (StatusCode, String)> {
    let format = Format::of(headers)?;
    let refuse = |message: String| (StatusCode::BAD_REQUEST, format!("{message}\n"));
    let encoding = headers
        .get(header::CONTENT_ENCODING)
        .map(HeaderValue::as_bytes);
    let mut unzipped = Vec::new();
    let body = match encoding {
        None | Some(b"" | b"identity") => body,
        Some(b"gzip") => {
            let mut decoder = GzDecoder::new(body).take(LARGEST_MESSAGE as u64 + 1);
            decoder.read_to_end(&mut unzipped).map_err(|error| {
                refuse(format!(
                    "expected a body in gzip, found another one: {error}"
                ))
            })?;
            if unzipped.len() > LARGEST_MESSAGE {
                let message = format!("expected at most {LARGEST_MESSAGE} bytes, found more\n");
                return Err((StatusCode::PAYLOAD_TOO_LARGE, message));
            }
            &unzipped
        }
        Some(_) => {
            return Err((
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "expected a body in gzip or as it is\n".to_owned(),
            ));
        }
    };
    let request = match format {
        Format::Protobuf => T::decode(body).map_err(|error| error.to_string()),
        Format::Json => serde_json::from_slice(body).map_err(|error| error.to_string()),
    };
    let request = request.map_err(|error| {
        let error = floe_redact::Redactor::new().redact(&error).into_owned();
        refuse(format!(
            "expected a request of OTLP, found another body: {error}"
        ))
    })?;
    Ok((format, request))
}

/// A trace that is not drawn yet.
struct Open {
    id: TraceId,
    recording: Recording,
    last: Instant,
    has_root: bool,
    /// Whether a part of it that another program called has ended.
    has_entry: bool,
}

/// What is known of traces until they are drawn.
struct Traces<'o> {
    options: &'o Listen,
    out: Option<File>,
    /// By age.
    open: Vec<Open>,
    spans: usize,
    /// What is going on, below what has been drawn.
    status: ProgressBar,
}

impl<'o> Traces<'o> {
    fn new(options: &'o Listen) -> Result<Self, Failure> {
        let open = |path: &PathBuf| {
            let file = OpenOptions::new().append(true).create(true).open(path);
            file.map_err(|error| Failure(format!("{}: cannot be written: {error}", path.display())))
        };
        let status = if io::stderr().is_terminal() && io::stdout().is_terminal() && !options.quiet {
            let style = ProgressStyle::with_template("{msg}");
            ProgressBar::new_spinner()
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        } else {
            ProgressBar::hidden()
        };
        Ok(Self {
            options,
            out: options.out.as_ref().map(open).transpose()?,
            open: Vec::new(),
            spans: 0,
            status,
        })
    }

    fn add(&mut self, mut recording: Recording) -> Result<(), Failure> {
        for note in &recording.notes {
            let _ = writeln!(io::stderr(), "note: {}", printable(&note.message));
        }
        if let (Some(out), Some(path)) = (&mut self.out, &self.options.out) {
            let written = write::lines(&recording, io::BufWriter::new(out));
            written.map_err(|error| {
                Failure(format!("{}: cannot be written: {error}", path.display()))
            })?;
        }
        if self.options.quiet {
            return Ok(());
        }
        let now = Instant::now();
        for span in std::mem::take(&mut recording.spans) {
            let open = self.of(span.trace, now);
            open.last = now;
            open.has_root |= span.parent.is_none();
            open.has_entry |= matches!(span.kind, Kind::Server | Kind::Consumer);
            let source = recording.source(span.source).cloned().unwrap_or_default();
            open.recording.add_span(span, source);
            self.spans += 1;
        }
        while self.spans > MOST_SPANS {
            self.draw(0)?;
        }
        Ok(())
    }

    fn of(&mut self, id: TraceId, now: Instant) -> &mut Open {
        let known = self.open.iter().position(|open| open.id == id);
        let at = known.unwrap_or_else(|| {
            self.open.push(Open {
                id,
                recording: Recording::default(),
                last: now,
                has_root: false,
                has_entry: false,
            });
            self.open.len() - 1
        });
        &mut self.open[at]
    }

    fn draw_ended(&mut self) -> Result<(), Failure> {
        let now = Instant::now();
        let mut at = 0;
        while let Some(open) = self.open.get(at) {
            let enough = match (open.has_root, open.has_entry) {
                (true, _) => QUIET,
                (_, true) => SENT_LATER,
                _ => ABANDONED,
            };
            if now.duration_since(open.last) >= enough {
                self.draw(at)?;
            } else {
                at += 1;
            }
        }
        self.status.set_message(self.status());
        self.status.tick();
        Ok(())
    }

    /// The spans that are known by their children alone have not ended.
    fn status(&self) -> String {
        let lines = self.open.iter().rev().filter(|open| !open.has_root).take(8);
        let lines = lines.map(|open| {
            let spans = &open.recording.spans;
            let last = spans.last();
            let service = last.map_or("", |last| open.recording.service(last));
            let name = last.map_or("", |last| &*last.name);
            // Programs on this machine have its clock; of another one, the age is as wrong as its clock.
            let first = spans
                .iter()
                .map(|span| span.start)
                .min()
                .unwrap_or_default();
            let age = Duration::from_nanos(first);
            let age = SystemTime::now()
                .duration_since(UNIX_EPOCH + age)
                .unwrap_or_default();
            let age = duration(u64::try_from(age.as_nanos()).unwrap_or(u64::MAX));
            let count = match spans.len() {
                1 => "1 span".to_owned(),
                spans => format!("{spans} spans"),
            };
            let line = format!("◌ {service} open for {age} · {count}, the last: {name}");
            printable(&line).into_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn draw_all(&mut self) -> Result<(), Failure> {
        while !self.open.is_empty() {
            self.draw(0)?;
        }
        self.status.finish_and_clear();
        Ok(())
    }

    fn draw(&mut self, at: usize) -> Result<(), Failure> {
        let open = self.open.remove(at);
        self.spans -= open.recording.spans.len();
        let picture = show::picture(&open.recording, &self.options.look);
        self.status.suspend(|| print(format_args!("{picture}")))
    }
}
