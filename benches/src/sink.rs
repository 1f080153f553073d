//! The destination of a contestant's spans: a counter, or an OTLP receiver.

use std::str::FromStr;
use std::sync::LazyLock;
use std::thread;

use floe_telemetry::config::OtlpProtocol;
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use tokio::runtime::{Builder, Runtime};

use crate::counting::Counting;

#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "of this workspace only")]
pub enum Sink {
    /// An exporter in this process that counts.
    Counting(Counting),
    /// A receiver in another process.
    Otlp(Otlp),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "of this workspace only")]
pub enum Protocol {
    /// HTTP with protobuf bodies.
    Http,
    Grpc,
}

/// An OTLP receiver.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Otlp {
    pub protocol: Protocol,
    /// `http://127.0.0.1:PORT`.
    pub endpoint: String,
}

impl Otlp {
    /// The exporter that the other contestants share, configured as in its documentation.
    ///
    /// # Panics
    ///
    /// The exporter cannot be built.
    #[must_use]
    pub fn exporter(&self) -> SpanExporter {
        let exporter = match self.protocol {
            Protocol::Http => SpanExporter::builder()
                .with_http()
                .with_http_client(blocking_client())
                .with_endpoint(format!("{}/v1/traces", self.endpoint))
                .build(),
            Protocol::Grpc => {
                let _entered = RUNTIME.enter();
                SpanExporter::builder().with_tonic().with_endpoint(&self.endpoint).build()
            }
        };
        exporter.expect("an exporter")
    }

    /// The runtime that drives the exporter's futures, if they need one.
    #[must_use]
    pub fn runtime(&self) -> Option<&'static Runtime> {
        (self.protocol == Protocol::Grpc).then(|| &*RUNTIME)
    }
}

/// The host's runtime, which drives gRPC connections.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).enable_all();
    builder.build().expect("a runtime")
});

/// The SDK's processor has a thread without a runtime, so it needs a blocking client. The client is
/// built on its own thread, as the exporter builds its default client.
pub(crate) fn blocking_client() -> reqwest::blocking::Client {
    let client = thread::spawn(reqwest::blocking::Client::new).join();
    client.expect("a client")
}

impl Protocol {
    pub const ALL: [Self; 2] = [Self::Http, Self::Grpc];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Grpc => "grpc",
        }
    }

    /// The name in our configuration.
    #[must_use]
    pub const fn ours(self) -> OtlpProtocol {
        match self {
            Self::Http => OtlpProtocol::Http,
            Self::Grpc => OtlpProtocol::Grpc,
        }
    }
}

impl FromStr for Protocol {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let mut protocols = Self::ALL.into_iter();
        protocols.find(|protocol| protocol.name() == name).ok_or(())
    }
}
