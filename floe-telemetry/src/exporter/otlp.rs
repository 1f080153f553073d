//! OTLP over gRPC and over HTTP. Spans are encoded on the collector thread, straight from the
//! record into the request; the exporter's thread sends the bytes.

#[cfg(feature = "otlp-grpc")]
mod grpc;
#[cfg(feature = "otlp-http")]
mod http;
mod intake;
mod response;
mod retry;
mod span;
#[cfg(test)]
mod tests;
mod value;
mod wire;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use opentelemetry_sdk::Resource;
use tokio::runtime::{self, Runtime};

use self::intake::OtlpIntake;
use self::response::Answer;
pub(crate) use self::value::attribute as otlp_attribute;
use crate::collector::{BatchExporter, Destination, Lane, Worker, WorkerSettings};
use crate::config::{self, OtlpProtocol, TelemetryConfig};
use crate::error::Error;

/// The headers of a request, names in lower case.
type Headers = Vec<(String, String)>;

/// Sends one request. What it answers is for the retries to judge.
trait Transport: std::fmt::Debug {
    fn send(&mut self, request: Bytes) -> Pin<Box<dyn Future<Output = Answer> + '_>>;
}

/// The transport and the runtime that its connections live on. The runtime is the worker thread's
/// own, so a flush never needs the host's.
#[derive(Debug)]
struct Otlp {
    runtime: Runtime,
    transport: Box<dyn Transport>,
    timeout: Duration,
}

/// Starts the exporter that `config` describes.
pub(crate) fn otlp(
    config: &TelemetryConfig,
    resource: &Resource,
    settings: &WorkerSettings,
) -> Result<Box<dyn Destination>, Error> {
    let intake = OtlpIntake::new(resource);
    let config = config.clone();
    let worker = Worker::start("otlp", move || exporter(&config), settings)?;
    Ok(Box::new(Lane { intake, worker }))
}

fn exporter(config: &TelemetryConfig) -> Result<Box<dyn BatchExporter<Vec<u8>>>, Error> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::thread("otlp", &error))?;
    let transport = {
        let _entered = runtime.enter();
        transport(config)?
    };
    Ok(Box::new(Otlp {
        runtime,
        transport,
        timeout: config.batch_processor.export_timeout(),
    }))
}

fn transport(config: &TelemetryConfig) -> Result<Box<dyn Transport>, Error> {
    let headers = headers(config)?;
    match config.otlp_protocol {
        OtlpProtocol::Grpc => grpc(&config.otlp_endpoint, &headers),
        OtlpProtocol::Http => http(&config.otlp_endpoint, &headers),
    }
}

/// The environment's headers and the credential, which wins. HTTP/2 knows lower-case names only.
fn headers(config: &TelemetryConfig) -> Result<Headers, Error> {
    let mut headers = config::otlp_headers()?;
    if let Some((name, value)) = config
        .authentication
        .as_ref()
        .and_then(config::TelemetryAuth::header)
    {
        headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        headers.push((name.to_owned(), value));
    }
    for (name, value) in &mut headers {
        name.make_ascii_lowercase();
        let is_name = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if !is_name || !value.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return Err(Error::config(
                "a header of the OTLP exporter has characters that a header cannot carry: accepted are letters, \
                 digits, `-`, `_` and `.` in the name, printable ASCII in the value",
            ));
        }
    }
    Ok(headers)
}

#[cfg(feature = "otlp-grpc")]
fn grpc(endpoint: &str, headers: &Headers) -> Result<Box<dyn Transport>, Error> {
    Ok(Box::new(grpc::Grpc::new(endpoint, headers)?))
}

#[cfg(not(feature = "otlp-grpc"))]
fn grpc(_: &str, _: &Headers) -> Result<Box<dyn Transport>, Error> {
    Err(Error::config(
        "otlp_protocol: `grpc` needs the feature `otlp-grpc`; `http` is built in",
    ))
}

#[cfg(feature = "otlp-http")]
fn http(endpoint: &str, headers: &Headers) -> Result<Box<dyn Transport>, Error> {
    Ok(Box::new(http::Http::new(endpoint, headers)?))
}

#[cfg(not(feature = "otlp-http"))]
fn http(_: &str, _: &Headers) -> Result<Box<dyn Transport>, Error> {
    Err(Error::config(
        "otlp_protocol: `http` needs the feature `otlp-http`; `grpc` is built in",
    ))
}

impl BatchExporter<Vec<u8>> for Otlp {
    fn export(&mut self, batch: Vec<u8>) -> Result<(), String> {
        let sent = retry::send(&mut *self.transport, batch.into());
        self.runtime.block_on(async {
            match tokio::time::timeout(self.timeout, sent).await {
                Ok(result) => result,
                Err(_) => Err(format!("not delivered within {:?}", self.timeout)),
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
