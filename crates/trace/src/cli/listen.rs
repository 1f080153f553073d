//! `floe-trace listen`: a receiver of OTLP for a developer's machine, which draws each trace as it ends.
//!
//! A single thread decodes messages one at a time.

mod requests;
mod traces;

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use clap::Args;
use floe_trace::Recording;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use self::requests::Receiver;
use self::traces::Traces;
use super::show::Look;
use super::{Failure, print};

/// The timeout of a request, including its wait for other requests.
const SLOWEST: Duration = Duration::from_secs(10);
/// The interval at which open traces are checked.
const TICK: Duration = Duration::from_millis(100);

#[derive(Clone, Debug, Args)]
pub(crate) struct Listen {
    /// The address for OTLP over gRPC
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4317")]
    grpc: SocketAddr,
    /// The address for OTLP over HTTP, with protobuf or JSON
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4318")]
    http: SocketAddr,
    /// Limit the memory, in MiB: half for traces, half for one message and its decoded form
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    max_memory: usize,
    #[command(flatten)]
    look: Look,
}

impl Listen {
    /// Returns the limit for one message, which is also the limit for the traces and a picture of one, in bytes.
    const fn bytes(&self) -> usize {
        self.max_memory.saturating_mul(1 << 19)
    }
}

/// A message that has been received and redacted.
#[derive(Debug)]
struct Received {
    recording: Recording,
    /// The approximate memory of the message, in bytes.
    bytes: usize,
}

/// Receives and draws traces until Ctrl-C.
pub(crate) fn listen(options: &Listen) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Failure(format!("the receiver cannot start: {error}")))?;
    runtime.block_on(serve(options))
}

async fn serve(options: &Listen) -> Result<(), Failure> {
    let mut traces = Traces::new(options);
    let (sender, mut received) = mpsc::channel(1);
    // The future is created once. With a new future for each wait, a signal between two waits would be lost.
    let mut interrupted = pin!(interrupted());
    let routes = Receiver::new(sender, options.bytes()).routes();
    let mut addresses = Vec::new();
    for address in [options.grpc, options.http] {
        // Each address serves both protocols, so equal addresses are bound once.
        if address.port() != 0 && addresses.contains(&address) {
            continue;
        }
        let listener = TcpListener::bind(address).await.map_err(|error| {
            Failure(format!(
                "cannot listen on {address}: {error}; `--grpc` and `--http` set other addresses"
            ))
        })?;
        let address = listener.local_addr().unwrap_or(address);
        addresses.push(address);
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        tokio::spawn(axum::serve(listener, routes.clone()).into_future());
    }
    let [grpc, http] =
        [addresses.first(), addresses.last()].map(|it| it.copied().unwrap_or(options.grpc));
    let _ = writeln!(io::stderr(), "listening for OTLP: gRPC on {grpc}, HTTP on {http}");
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
    // A second Ctrl-C exits without drawing the rest.
    let mut again = pin!(self::interrupted());
    for picture in traces.pictures() {
        print(picture)?;
        tokio::select! {
            biased;
            () = &mut again => break,
            () = tokio::task::yield_now() => {}
        }
    }
    Ok(())
}

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
