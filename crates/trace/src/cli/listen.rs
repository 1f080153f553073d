//! `floe-trace listen`: a receiver of OTLP for a developer's machine, which draws each trace as it ends.

use std::collections::BTreeMap;
use std::fs::File;
use std::future::{Future, ready};
use std::io::{self, IsTerminal as _, Read as _, Seek as _, SeekFrom, Write as _};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{self, DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response as HttpResponse};
use axum::routing::post;
use clap::Args;
use flate2::read::MultiGzDecoder;
use floe_redact::printable;
use floe_trace::read::{LARGEST_MESSAGE, Reader};
use floe_trace::{Kind, Recording, Span, TraceId, duration, write};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
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
use prost::{DecodeError, Message as _};
use rustc_hash::FxHashMap;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::time::{sleep, timeout};
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;
use tonic::{Request, Response, Status};

use super::show::{self, Look};
use super::{Failure, output, print};

/// Requests that have been received and not been processed; more have to wait.
const WAITING: usize = 16;
/// A trace whose root has ended is drawn when nothing of it has come for this time.
const QUIET: Duration = Duration::from_millis(500);
/// A trace whose root is in a program that may send later, as they all do within five seconds by default.
const SENT_LATER: Duration = Duration::from_secs(6);
/// Any other trace: its root has not ended.
const ABANDONED: Duration = Duration::from_secs(60);
/// About how many bytes of traces that are not drawn yet are kept; then the oldest trace is drawn.
const MOST_BYTES: usize = 128 << 20;
/// How many connections to an address are served; more have to wait. Fewer than the files that a program may open.
const MOST_CONNECTIONS: usize = 256;
/// How many requests are served; more have to wait. Each may need a few times the memory of the largest message.
const MOST_REQUESTS: usize = 8;
/// How long a request may take, and a connection until its first one.
const SLOWEST: Duration = Duration::from_secs(10);
/// How often traces that are open are looked at.
const TICK: Duration = Duration::from_millis(100);

#[derive(Clone, Debug, Args)]
pub(crate) struct Listen {
    /// The address for OTLP over gRPC
    #[arg(long, value_name = "ADDRESS", value_parser = address, default_value = "127.0.0.1:4317")]
    grpc: SocketAddr,
    /// The address for OTLP over HTTP, with protobuf or JSON
    #[arg(long, value_name = "ADDRESS", value_parser = address, default_value = "127.0.0.1:4318")]
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

/// The address of a name, of the older kind if it has both, since that is where programs send to by default.
fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = || format!("expected an address as `127.0.0.1:4317`, found `{text}`");
    let found: Vec<SocketAddr> = text.to_socket_addrs().map_err(|_| wrong())?.collect();
    let older = found.iter().find(|it| it.is_ipv4());
    older.or(found.first()).copied().ok_or_else(wrong)
}

/// What has been received: redacted.
#[derive(Debug)]
struct Received {
    recording: Recording,
    /// Its size as a message.
    bytes: usize,
}

type Sender = mpsc::Sender<Received>;

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
    // One for the whole time: a signal that came while nobody waited for it would be lost.
    let mut interrupted = pin!(interrupted());
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
        tokio::spawn(accept(listener, routes.clone(), || sleep(SLOWEST)));
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
            () = &mut interrupted => break,
        }
    }
    while let Ok(recording) = received.try_recv() {
        traces.add(recording)?;
    }
    // Who asks again does not want to see the rest.
    let mut again = pin!(self::interrupted());
    while traces.draw_oldest()? {
        tokio::select! {
            biased;
            () = &mut again => break,
            () = tokio::task::yield_now() => {}
        }
    }
    traces.status.finish_and_clear();
    Ok(ExitCode::SUCCESS)
}

/// Serves the connections to an address until the program ends. What `patience` returns ends when a connection should
/// have begun its first request.
async fn accept<P>(listener: TcpListener, routes: Router, patience: impl Fn() -> P)
where
    P: Future<Output = ()> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut server = Builder::new(TokioExecutor::new());
    // With it, hyper closes a connection whose next request does not come, or not whole, for 30 seconds.
    server.http1().timer(TokioTimer::new());
    while let Ok(place) = Arc::clone(&room).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            // Such as too many open files.
            sleep(TICK).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let begun = Arc::new(Notify::new());
        let begins = Arc::clone(&begun);
        let routes = routes.clone().layer(middleware::map_request(move |it| {
            begins.notify_one();
            ready::<extract::Request>(it)
        }));
        let (server, patience) = (server.clone(), patience());
        tokio::spawn(async move {
            let _place = place;
            let service = TowerToHyperService::new(routes);
            let mut connection = pin!(server.serve_connection(TokioIo::new(stream), service));
            // What is wrong with a connection is said at its other end.
            tokio::select! {
                biased;
                _ = &mut connection => {}
                () = begun.notified() => drop(connection.await),
                // Until it knows the version of HTTP, hyper waits for ever.
                () = patience => {}
            }
        });
    }
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

fn routes(sender: Sender) -> Router {
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
    let room = Arc::new(Semaphore::new(MOST_REQUESTS));
    grpc.into_axum_router()
        .merge(http)
        .fallback(unknown)
        .layer(middleware::from_fn_with_state(room, bounded))
}

/// Serves a request of a program that sends all of it in time, a few of them at once.
async fn bounded(
    State(room): State<Arc<Semaphore>>,
    request: extract::Request,
    next: Next,
) -> HttpResponse {
    // A page on another machine must not write here by a browser on this one, whatever address its name has.
    if request
        .headers()
        .get(header::ORIGIN)
        .is_some_and(|it| !is_local(it))
    {
        let message = "expected a program, or a page of this machine\n";
        return (StatusCode::FORBIDDEN, message).into_response();
    }
    let answer = async {
        let _place = room.acquire().await;
        next.run(request).await
    };
    timeout(SLOWEST, answer).await.unwrap_or_else(|_| {
        let message = format!(
            "expected a whole request in {} seconds\n",
            SLOWEST.as_secs()
        );
        (StatusCode::REQUEST_TIMEOUT, message).into_response()
    })
}

fn is_local(origin: &HeaderValue) -> bool {
    let origin = origin.to_str().ok().and_then(|it| it.parse::<Uri>().ok());
    let host = origin.as_ref().and_then(Uri::host);
    matches!(host, Some("localhost" | "127.0.0.1" | "[::1]"))
}

async fn unknown(headers: HeaderMap) -> HttpResponse {
    if content_type(&headers).starts_with("application/grpc") {
        return Status::unimplemented("").into_http();
    }
    let message = "expected the path /v1/traces, /v1/logs or /v1/metrics\n";
    (StatusCode::NOT_FOUND, message).into_response()
}

#[derive(Clone, Debug)]
struct Services(Sender);

impl Services {
    /// Passes on what was received. Metrics are accepted, so that no program complains, and not shown.
    async fn pass(&self, reader: Reader, bytes: usize) {
        // The other end is there until the program ends.
        let _ = self
            .0
            .send(Received {
                recording: reader.finish(),
                bytes,
            })
            .await;
    }

    async fn over_http(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        decode: fn(&[u8]) -> Result<Reader, DecodeError>,
    ) -> HttpResponse {
        match read(headers, body, decode) {
            Ok((format, reader, bytes)) => {
                self.pass(reader, bytes).await;
                format.accepted()
            }
            Err(refusal) => refusal.into_response(),
        }
    }
}

fn spans_of(request: ExportTraceServiceRequest) -> Reader {
    let mut reader = Reader::new();
    let resources = request.resource_spans.into_iter();
    resources.for_each(|it| reader.add_spans(it));
    reader
}

fn logs_of(request: ExportLogsServiceRequest) -> Reader {
    let mut reader = Reader::new();
    let resources = request.resource_logs.into_iter();
    resources.for_each(|it| reader.add_logs(it));
    reader
}

#[tonic::async_trait]
impl TraceService for Services {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let request = request.into_inner();
        let bytes = request.encoded_len();
        self.pass(spans_of(request), bytes).await;
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Services {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let request = request.into_inner();
        let bytes = request.encoded_len();
        self.pass(logs_of(request), bytes).await;
        Ok(Response::new(ExportLogsServiceResponse::default()))
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
    let decode = |body: &[u8]| ExportTraceServiceRequest::decode(body).map(spans_of);
    services.over_http(&headers, &body, decode).await
}

async fn http_logs(services: State<Services>, headers: HeaderMap, body: Bytes) -> HttpResponse {
    let decode = |body: &[u8]| ExportLogsServiceRequest::decode(body).map(logs_of);
    services.over_http(&headers, &body, decode).await
}

async fn http_metrics(headers: HeaderMap) -> HttpResponse {
    match Format::of(&headers) {
        Ok(format) => format.accepted(),
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
        let found = content_type(headers);
        let format = found.split(';').next().unwrap_or_default().trim();
        match &*format.to_ascii_lowercase() {
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

    /// The answer that nothing was refused.
    fn accepted(self) -> HttpResponse {
        let (format, body) = match self {
            Self::Protobuf => ("application/x-protobuf", ""),
            Self::Json => ("application/json", "{}"),
        };
        ([(header::CONTENT_TYPE, format)], body).into_response()
    }
}

fn content_type(headers: &HeaderMap) -> &str {
    let found = headers.get(header::CONTENT_TYPE);
    found.and_then(|it| it.to_str().ok()).unwrap_or_default()
}

/// Reads a body, and returns its size without compression.
fn read(
    headers: &HeaderMap,
    body: &[u8],
    decode: fn(&[u8]) -> Result<Reader, DecodeError>,
) -> Result<(Format, Reader, usize), (StatusCode, String)> {
    let format = Format::of(headers)?;
    let refuse = |message: String| (StatusCode::BAD_REQUEST, format!("{message}\n"));
    let encoding = headers.get(header::CONTENT_ENCODING);
    let encoding = encoding.map_or(&b""[..], HeaderValue::as_bytes);
    let mut unzipped = Vec::new();
    let body = match &*encoding.to_ascii_lowercase() {
        b"" | b"identity" => body,
        b"gzip" => {
            let mut decoder = MultiGzDecoder::new(body).take(LARGEST_MESSAGE as u64 + 1);
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
        _ => {
            return Err((
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "expected a body in gzip or as it is\n".to_owned(),
            ));
        }
    };
    let reader = match format {
        Format::Protobuf => decode(body).map_err(|error| {
            refuse(format!(
                "expected a request of OTLP, found another body: {error}"
            ))
        })?,
        Format::Json => {
            let mut reader = Reader::new();
            let read = reader.read("body", body);
            read.map_err(|error| refuse(error.to_string()))?;
            reader
        }
    };
    Ok((format, reader, body.len()))
}

/// A trace that is not drawn yet.
struct Open {
    id: TraceId,
    recording: Recording,
    bytes: usize,
    last: Instant,
    has_root: bool,
    /// Whether a part of it that another program called has ended.
    has_entry: bool,
}

/// What is known of traces until they are drawn.
struct Traces<'o> {
    options: &'o Listen,
    out: Option<File>,
    /// By age, the oldest first.
    open: BTreeMap<u64, Open>,
    /// Where each of them is.
    places: FxHashMap<TraceId, u64>,
    /// The place of the next one.
    next: u64,
    bytes: usize,
    /// What is going on, below what has been drawn.
    status: ProgressBar,
}

/// Opens a file to write lines at its end. A line that is cut, by a full disk or a crash, is ended.
fn append(path: &Path) -> io::Result<File> {
    let mut file = output::private().append(true).create(true).open(path)?;
    if file.metadata()?.is_file()
        && let Ok(mut written) = File::open(path)
        && written.seek(SeekFrom::End(-1)).is_ok()
    {
        let mut last = [0];
        if written.read(&mut last)? == 1 && last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}

impl<'o> Traces<'o> {
    fn new(options: &'o Listen) -> Result<Self, Failure> {
        let open = |path: &PathBuf| {
            append(path)
                .map_err(|error| Failure(format!("{}: cannot be written: {error}", path.display())))
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
            open: BTreeMap::new(),
            places: FxHashMap::default(),
            next: 0,
            bytes: 0,
            status,
        })
    }

    fn add(&mut self, received: Received) -> Result<(), Failure> {
        let Received {
            mut recording,
            bytes,
        } = received;
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
        let bytes = bytes / recording.spans.len().max(1) + size_of::<Span>();
        for span in std::mem::take(&mut recording.spans) {
            self.bytes += bytes;
            let open = self.of(span.trace, now);
            open.last = now;
            open.bytes += bytes;
            open.has_root |= span.parent.is_none();
            open.has_entry |= matches!(span.kind, Kind::Server | Kind::Consumer);
            let source = recording.source(span.source).cloned().unwrap_or_default();
            open.recording.add_span(span, source);
        }
        while self.bytes > MOST_BYTES && self.draw_oldest()? {}
        Ok(())
    }

    fn of(&mut self, id: TraceId, now: Instant) -> &mut Open {
        let place = *self.places.entry(id).or_insert_with(|| {
            self.next += 1;
            self.next
        });
        self.open.entry(place).or_insert_with(|| Open {
            id,
            recording: Recording::default(),
            bytes: 0,
            last: now,
            has_root: false,
            has_entry: false,
        })
    }

    fn draw_ended(&mut self) -> Result<(), Failure> {
        let now = Instant::now();
        let ended = self.open.iter().filter(|(_, open)| {
            let enough = match (open.has_root, open.has_entry) {
                (true, _) => QUIET,
                (_, true) => SENT_LATER,
                _ => ABANDONED,
            };
            now.duration_since(open.last) >= enough
        });
        let ended: Vec<u64> = ended.map(|(place, _)| *place).collect();
        for place in ended {
            self.draw(place)?;
        }
        self.status.set_message(self.status());
        self.status.tick();
        Ok(())
    }

    /// The spans that are known by their children alone have not ended.
    fn status(&self) -> String {
        let lines = self
            .open
            .values()
            .rev()
            .filter(|open| !open.has_root)
            .take(8);
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

    /// Draws the trace that is open for the longest time, if there is one.
    fn draw_oldest(&mut self) -> Result<bool, Failure> {
        let Some(place) = self.open.keys().next().copied() else {
            return Ok(false);
        };
        self.draw(place).map(|()| true)
    }

    fn draw(&mut self, place: u64) -> Result<(), Failure> {
        let Some(open) = self.open.remove(&place) else {
            return Ok(());
        };
        self.places.remove(&open.id);
        self.bytes -= open.bytes;
        let picture = show::picture(open.recording, &self.options.look);
        self.status.suspend(|| print(format_args!("{picture}")))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::sync::SemaphorePermit;

    use super::*;

    /// Only a test that fails takes as long.
    const NEVER: Duration = Duration::from_secs(600);

    /// The patience for each connection ends by a permit, in their order.
    #[tokio::test]
    async fn connections_without_a_request_make_room_for_others() -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let ended = Arc::new(Semaphore::new(0));
        let permits = Arc::clone(&ended);
        let patience = move || {
            let permits = Arc::clone(&permits);
            async move { permits.acquire().await.map_or((), SemaphorePermit::forget) }
        };
        let (sender, _received) = mpsc::channel(WAITING);
        tokio::spawn(accept(listener, routes(sender), patience));
        let mut silent = Vec::new();
        for number in 0..MOST_CONNECTIONS {
            let sent = ["", "P", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "POST / HTTP"];
            let mut stream = TcpStream::connect(address).await?;
            stream
                .write_all(sent[number % sent.len()].as_bytes())
                .await?;
            silent.push(stream);
        }
        ended.add_permits(MOST_CONNECTIONS);
        let mut stream = TcpStream::connect(address).await?;
        let request = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        timeout(NEVER, stream.read_to_string(&mut answer)).await??;
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
        Ok(())
    }
}
