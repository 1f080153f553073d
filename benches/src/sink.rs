//! The destination of a contestant's spans: a counter, or an OTLP receiver.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;

use fastrace::collector::{Reporter, SpanRecord};
use floe_telemetry::config::OtlpProtocol;
use opentelemetry_otlp::{SpanExporter as OtlpExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};

#[derive(Clone, Debug)]
pub(crate) enum Sink {
    /// An exporter in this process that counts its spans.
    Counting(Counting),
    /// A receiver in another process.
    Otlp(Otlp),
}

/// An exporter that counts spans and discards them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counting(Arc<AtomicU64>);

impl Counting {
    pub(crate) fn spans(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl SpanExporter for Counting {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.fetch_add(batch.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}

impl Reporter for Counting {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        self.0.fetch_add(spans.len() as u64, Ordering::Relaxed);
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Protocol {
    /// HTTP with protobuf bodies.
    Http,
    Grpc,
}

impl Protocol {
    pub(crate) const fn ours(self) -> OtlpProtocol {
        match self {
            Self::Http => OtlpProtocol::Http,
            Self::Grpc => OtlpProtocol::Grpc,
        }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Otlp {
    pub(crate) protocol: Protocol,
    /// The URL `http://127.0.0.1:PORT`.
    pub(crate) endpoint: String,
}

impl Otlp {
    /// Returns the exporter of the contestants without floe-telemetry, configured as its documentation shows.
    pub(crate) fn exporter(&self) -> OtlpExporter {
        let exporter = match self.protocol {
            Protocol::Http => OtlpExporter::builder()
                .with_http()
                .with_http_client(blocking_client())
                .with_endpoint(format!("{}/v1/traces", self.endpoint))
                .build(),
            Protocol::Grpc => {
                let _entered = RUNTIME.enter();
                OtlpExporter::builder().with_tonic().with_endpoint(&self.endpoint).build()
            }
        };

        exporter.expect("an exporter")
    }

    /// Returns the runtime that drives the exporter's futures, or `None` if they need none.
    pub(crate) fn runtime(&self) -> Option<&'static Runtime> {
        (self.protocol == Protocol::Grpc).then(|| &*RUNTIME)
    }
}

/// The host's runtime, which drives gRPC connections.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).enable_all();
    builder.build().expect("a runtime")
});

/// Returns a blocking client, because the SDK's processor has a thread without a runtime. The client is built on its
/// own thread, as the exporter builds its default client.
pub(crate) fn blocking_client() -> reqwest::blocking::Client {
    let client = thread::spawn(reqwest::blocking::Client::new).join();
    client.expect("a client")
}
