//! Requests that are written somewhere instead of being sent to an endpoint.

use std::error::Error as StdError;
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use super::response::Outcome;
use super::{Transport, json};
use crate::config::Signal;
use crate::error::Error;
use crate::redaction::sanitize_error_message;

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

    /// Ends after the last request, when the provider shuts down. Default: nothing is done.
    ///
    /// A writer of several signals is called once for each.
    ///
    /// # Errors
    ///
    /// What was written is not complete, which the shutdown of the provider reports.
    fn shutdown(&mut self) -> Result<(), Box<dyn StdError + Send + Sync>> {
        Ok(())
    }
}

/// A request of OTLP: `ExportTraceServiceRequest`, `ExportMetricsServiceRequest` or `ExportLogsServiceRequest`.
#[derive(Clone, Copy, Debug)]
pub struct OtlpRequest<'a> {
    signal: Signal,
    protobuf: &'a [u8],
}

impl OtlpRequest<'_> {
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
        json::encode(self.signal, self.protobuf).map_err(Error::export)
    }
}

/// A writer that outlives the transports that use it.
#[derive(Clone, Debug)]
pub(crate) struct SharedWriter {
    name: Arc<str>,
    writer: Arc<Mutex<dyn OtlpWriter>>,
}

impl SharedWriter {
    pub(crate) fn new(writer: impl OtlpWriter) -> Self {
        Self {
            name: writer.name().into(),
            writer: Arc::new(Mutex::new(writer)),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

/// Writes the requests of a signal.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) signal: Signal,
    pub(super) writer: SharedWriter,
}

impl Transport for Written {
    fn send(
        &mut self,
        request: Bytes,
        timeout: Duration,
    ) -> Pin<Box<dyn Future<Output = Outcome> + '_>> {
        let mut writer = (self.writer.writer.lock()).unwrap_or_else(PoisonError::into_inner);
        let request = OtlpRequest {
            signal: self.signal,
            protobuf: &request,
        };
        let outcome = match writer.write(request, timeout) {
            Ok(()) => Outcome::Accepted {
                rejected: 0,
                message: String::new(),
            },
            Err(error) => Outcome::Rejected(error.to_string()),
        };
        Box::pin(ready(outcome))
    }

    fn shutdown(&mut self) -> Result<(), String> {
        let mut writer = (self.writer.writer.lock()).unwrap_or_else(PoisonError::into_inner);
        let ended = writer.shutdown();
        ended.map_err(|error| sanitize_error_message(&error.to_string()).into_owned())
    }
}
