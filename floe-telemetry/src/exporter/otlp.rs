//! OTLP over gRPC and over HTTP. Spans are encoded on the collector thread, straight from the
//! record into the request; the exporter's thread sends the bytes.

#[cfg(feature = "otlp-http")]
mod compress;
mod exemplars;
mod files;
#[cfg(feature = "otlp-grpc")]
mod grpc;
#[cfg(feature = "otlp-http")]
mod http;
mod intake;
#[cfg(feature = "logs")]
mod logs;
mod metrics;
mod proxy;
mod request;
mod response;
mod retry;
mod sender;
mod settings;
mod span;
#[cfg(test)]
mod tests;
#[cfg(feature = "otlp-tls")]
mod tls;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use opentelemetry_sdk::Resource;
use tokio::runtime::{self, Runtime};

use self::files::Files;
use self::intake::OtlpIntake;
#[cfg(feature = "logs")]
pub(crate) use self::logs::otlp_logs;
pub(crate) use self::metrics::otlp_metrics;
use self::response::Answer;
use self::settings::OtlpSettings;
use super::OtlpTarget;
use crate::collector::{BatchExporter, Destination, Lane, Worker, WorkerSettings};
use crate::config::{Compression, OtlpProtocol, Signal};
use crate::error::Error;

/// Sends one request. What it answers is for the retries to judge.
trait Transport: std::fmt::Debug + Send {
    /// The request as it is sent, however often.
    fn encode(&self, request: Bytes) -> Result<Bytes, String> {
        Ok(request)
    }

    fn send(&mut self, request: Bytes) -> Pin<Box<dyn Future<Output = Answer> + '_>>;
}

/// The transport and the runtime that its connections live on. The runtime is the worker thread's
/// own, so a flush never needs the host's.
#[derive(Debug)]
struct Otlp {
    runtime: Runtime,
    transport: Box<dyn Transport>,
    settings: OtlpSettings,
    files: Files,
}

/// Starts the exporter that `config` describes.
pub(crate) fn otlp(
    target: &OtlpTarget,
    resource: &Resource,
    settings: &WorkerSettings,
) -> Result<Box<dyn Destination>, Error> {
    let intake = OtlpIntake::new(resource);
    let target = target.clone();
    let worker = Worker::start("otlp", move || exporter(&target), settings)?;
    Ok(Box::new(Lane { intake, worker }))
}

fn exporter(target: &OtlpTarget) -> Result<Box<dyn BatchExporter<Bytes>>, Error> {
    Ok(Box::new(connect(target, Signal::Traces)?))
}

fn connect(target: &OtlpTarget, signal: Signal) -> Result<Otlp, Error> {
    let settings = OtlpSettings::resolve(target, signal)?;
    check_features(&settings)?;
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::thread("otlp", &error))?;
    let files = Files::of(&settings);
    Ok(Otlp {
        transport: transport(&runtime, &settings)?,
        runtime,
        settings,
        files,
    })
}

fn transport(runtime: &Runtime, settings: &OtlpSettings) -> Result<Box<dyn Transport>, Error> {
    let _entered = runtime.enter();
    match settings.protocol {
        OtlpProtocol::Grpc => grpc(settings),
        OtlpProtocol::Http => http(settings),
    }
}

impl Otlp {
    /// Connects anew if a file of the connection is another one now. As long as what is there cannot be
    /// used, the connection stays what it was.
    fn renew(&mut self) {
        if !self.files.have_changed() {
            return;
        }
        match transport(&self.runtime, &self.settings) {
            Ok(transport) => self.transport = transport,
            Err(error) => tracing::warn!(%error, "a certificate was not renewed"),
        }
    }

    /// Looking up a name cannot be called off, and dropping the runtime would wait for it, which is
    /// not allowed where a runtime of the host is at work.
    fn close(self) {
        self.runtime.shutdown_background();
    }
}

/// Sends a request without spans, once, and says what came of it.
pub(crate) fn try_otlp(target: &OtlpTarget, timeout: Duration) -> Result<(), String> {
    let mut otlp = connect(target, Signal::Traces).map_err(|error| error.to_string())?;
    let request = otlp.transport.encode(Bytes::new())?;
    let answer = otlp.transport.send(request);
    let result = otlp
        .runtime
        .block_on(async { tokio::time::timeout(timeout, answer).await });
    otlp.close();
    match result {
        Ok(Answer::Taken) => Ok(()),
        Ok(Answer::Refused(reason) | Answer::Again { reason, .. }) => Err(reason),
        Err(_) => Err(format!("no answer within {timeout:?}")),
    }
}

/// What the settings need must be built in.
fn check_features(settings: &OtlpSettings) -> Result<(), Error> {
    let is_https = settings.endpoint.starts_with("https://");
    let has_files = settings.certificate.is_some() || settings.client.is_some();
    let (tls, gzip, zstd) = (
        cfg!(feature = "otlp-tls"),
        cfg!(feature = "otlp-gzip"),
        cfg!(feature = "otlp-zstd"),
    );
    let compression = settings.compression;
    let missing = [
        (is_https && !tls, "an `https` endpoint", "otlp-tls"),
        (has_files && !tls, "a certificate", "otlp-tls"),
        (
            compression == Compression::Gzip && !gzip,
            "compression with `gzip`",
            "otlp-gzip",
        ),
        (
            compression == Compression::Zstd && !zstd,
            "compression with `zstd`",
            "otlp-zstd",
        ),
    ];
    match missing.iter().find(|(is_missing, ..)| *is_missing) {
        Some((_, what, feature)) => Err(Error::config(format!(
            "otlp: {what} needs the feature `{feature}`"
        ))),
        None => Ok(()),
    }
}

#[cfg(feature = "otlp-grpc")]
fn grpc(settings: &OtlpSettings) -> Result<Box<dyn Transport>, Error> {
    Ok(Box::new(grpc::Grpc::new(settings)?))
}

#[cfg(not(feature = "otlp-grpc"))]
fn grpc(_: &OtlpSettings) -> Result<Box<dyn Transport>, Error> {
    Err(Error::config(
        "otlp_protocol: `grpc` needs the feature `otlp-grpc`; `http` is built in",
    ))
}

#[cfg(feature = "otlp-http")]
fn http(settings: &OtlpSettings) -> Result<Box<dyn Transport>, Error> {
    Ok(Box::new(http::Http::new(settings)?))
}

#[cfg(not(feature = "otlp-http"))]
fn http(_: &OtlpSettings) -> Result<Box<dyn Transport>, Error> {
    Err(Error::config(
        "otlp_protocol: `http` needs the feature `otlp-http`; `grpc` is built in",
    ))
}

impl BatchExporter<Bytes> for Otlp {
    fn export(&mut self, batch: Bytes) -> Result<(), String> {
        self.renew();
        let batch = self.transport.encode(batch)?;
        let sent = retry::send(&mut *self.transport, batch);
        let timeout = self.settings.timeout;
        self.runtime.block_on(async {
            match tokio::time::timeout(timeout, sent).await {
                Ok(result) => result,
                Err(_) => Err(format!("not delivered within {timeout:?}")),
            }
        })
    }

    fn flush(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn shutdown(&mut self, _: Duration) -> Result<(), String> {
        Ok(())
    }
}
