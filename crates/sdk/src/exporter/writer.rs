//! What writes the requests of OTLP in place of an endpoint.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::config::Signal;
use crate::error::Error;

/// Takes the requests of OTLP that would be sent to an endpoint, for example to write them into a file. See
/// [`with_otlp_writer`](crate::TelemetryProviderBuilder::with_otlp_writer).
///
/// ```
/// use std::error::Error;
/// use std::time::Duration;
///
/// use floe_telemetry::exporter::{OtlpRequest, OtlpWriter};
///
/// /// A line of JSON for each request.
/// #[derive(Debug, Default)]
/// struct Lines(Vec<u8>);
///
/// impl OtlpWriter for Lines {
///     fn name(&self) -> &str { "memory" }
///
///     fn write(&mut self, request: OtlpRequest<'_>, _: Duration) -> Result<(), Box<dyn Error + Send + Sync>> {
///         self.0.extend(request.to_json()?);
///         self.0.push(b'\n');
///         Ok(())
///     }
/// }
/// ```
pub trait OtlpWriter: fmt::Debug + Send + 'static {
    /// Where the requests go, for messages.
    fn name(&self) -> &str;

    /// Writes a request, on a thread of the library. It gives up after `timeout`.
    ///
    /// # Errors
    ///
    /// The request was not written. It is lost, which is counted.
    fn write(
        &mut self,
        request: OtlpRequest<'_>,
        timeout: Duration,
    ) -> Result<(), Box<dyn StdError + Send + Sync>>;

    /// Ends after the last request, when the provider shuts down, within `timeout`. Default: nothing is done.
    ///
    /// A writer of several signals is called once for each.
    ///
    /// # Errors
    ///
    /// What was written is not complete, which the shutdown of the provider reports.
    fn shutdown(&mut self, timeout: Duration) -> Result<(), Box<dyn StdError + Send + Sync>> {
        let _ = timeout;
        Ok(())
    }
}

/// A request of OTLP: `ExportTraceServiceRequest`, `ExportMetricsServiceRequest` or `ExportLogsServiceRequest`.
#[derive(Clone, Copy, Debug)]
pub struct OtlpRequest<'a> {
    signal: Signal,
    protobuf: &'a [u8],
    to_json: fn(Signal, &[u8]) -> Result<Vec<u8>, String>,
}

impl<'a> OtlpRequest<'a> {
    /// A request, and the encoder of its JSON.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        signal: Signal,
        protobuf: &'a [u8],
        to_json: fn(Signal, &[u8]) -> Result<Vec<u8>, String>,
    ) -> Self {
        Self { signal, protobuf, to_json }
    }

    /// The signal, which determines the message.
    #[must_use]
    pub const fn signal(&self) -> Signal {
        self.signal
    }

    /// The message in protobuf.
    #[must_use]
    pub const fn protobuf(&self) -> &[u8] {
        self.protobuf
    }

    /// Returns the message in OTLP's
    /// [JSON encoding](https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding), without a line end.
    ///
    /// # Errors
    ///
    /// Values are nested too deeply.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        (self.to_json)(self.signal, self.protobuf).map_err(Error::export)
    }
}

/// A writer that outlives the transports that use it.
#[derive(Clone, Debug)]
pub struct SharedWriter {
    name: Arc<str>,
    kind: &'static str,
    writer: Arc<Mutex<dyn OtlpWriter>>,
}

impl SharedWriter {
    pub(crate) fn new<W: OtlpWriter>(writer: W) -> Self {
        Self {
            name: writer.name().into(),
            kind: std::any::type_name::<W>(),
            writer: Arc::new(Mutex::new(writer)),
        }
    }

    /// Where the requests go.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type.
    pub(crate) const fn kind(&self) -> &'static str {
        self.kind
    }

    /// The writer, for one request.
    pub fn lock(&self) -> MutexGuard<'_, dyn OtlpWriter + 'static> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
