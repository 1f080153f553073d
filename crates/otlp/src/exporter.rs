//! The exporter of a signal: it connects, sends requests with retries, and replaces a broken transport.

use std::fs;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use floe_telemetry_core::__sdk::caught::caught;
use floe_telemetry_core::__sdk::clock::Instant;
use floe_telemetry_core::__sdk::internal_log::internal_log;
use floe_telemetry_core::__sdk::redaction::sanitize_error;
use floe_telemetry_sdk::__parts::config::needs;
use floe_telemetry_sdk::__parts::exporter::OtlpTarget;
use floe_telemetry_sdk::__parts::unheard::without_subscriber;
use floe_telemetry_sdk::Error;
use floe_telemetry_sdk::config::{OtlpProtocol, Signal};
use opentelemetry_sdk::Resource;

#[cfg(feature = "grpc")]
use super::grpc;
#[cfg(feature = "http")]
use super::http;
use super::request::{EncodedBatch, RequestBuilder};
use super::response::{Accepted, Outcome};
use super::retry::{self, LastRequests, Limits, Transport};
use super::settings::OtlpSettings;
use floe_telemetry_sdk::__parts::collector::{
    BatchExporter, Destination, Ending, ExportFailure, ExporterId, RateLimited, WorkerSettings,
};

/// Limits how often receivers' warnings are logged, because a receiver may send the same one with each response.
static WARNINGS: LazyLock<RateLimited> = LazyLock::new(RateLimited::default);

pub(super) struct Otlp {
    transport: Box<dyn Transport>,
    last: LastRequests,
    ending: Arc<Ending>,
    pub(super) settings: OtlpSettings,
    /// The versions of the certificate and key files that the transport has read.
    files: Vec<Option<FileVersion>>,
    /// Whether the transport has panicked. tokio panics if the operating system fails to report events, and then its
    /// runtime cannot be used any longer.
    is_broken: bool,
}

/// The time of the last change and the length of a certificate or key file, which may be renewed at any time.
type FileVersion = (Option<SystemTime>, u64);

/// Starts the span exporter for `target`.
///
/// # Errors
///
/// The settings of the target cannot be used, or the thread cannot be started.
pub(super) fn start_spans(
    id: &ExporterId,
    target: &OtlpTarget,
    resource: &Resource,
    settings: &WorkerSettings,
) -> Result<Box<dyn Destination>, Error> {
    let builder = RequestBuilder::new(resource, target.config.otlp.max_request(Signal::Traces));
    let target = target.clone();
    let ending = Arc::clone(&settings.counters.ending);
    let make = move || Ok(Box::new(connect(&target, Signal::Traces, ending)?) as _);
    settings.start(id, builder, make)
}

pub(super) fn connect(
    target: &OtlpTarget,
    signal: Signal,
    ending: Arc<Ending>,
) -> Result<Otlp, Error> {
    let settings = OtlpSettings::resolve(target, signal)?;
    check_features(&settings)?;
    // Reads the versions before the files, so that a change in between is detected.
    let files = versions(&settings);
    let transport = transport(&settings).map_err(|error| error.of_setting("ENDPOINT"))?;
    let last = LastRequests::default();
    Ok(Otlp { transport, last, ending, settings, files, is_broken: false })
}

fn versions(settings: &OtlpSettings) -> Vec<Option<FileVersion>> {
    let version = |path| {
        let file = fs::metadata(path).ok()?;
        Some((file.modified().ok(), file.len()))
    };
    let client = settings.client.iter().flat_map(|(certificate, key)| [certificate, key]);
    settings.certificate.iter().chain(client).map(version).collect()
}

fn transport(settings: &OtlpSettings) -> Result<Box<dyn Transport>, Error> {
    let proxy = match settings.proxy.clone() {
        Ok(proxy) => proxy,
        Err(reason) => return Ok(Box::new(reason)),
    };
    match settings.protocol {
        #[cfg(feature = "grpc")]
        OtlpProtocol::Grpc => grpc::connect(proxy, settings),
        #[cfg(feature = "http")]
        OtlpProtocol::Http => http::connect(proxy, settings),
        // `check_features` has already rejected such a protocol.
        #[allow(unreachable_patterns, reason = "reachable if the build lacks a protocol")]
        _ => Err(Error::config("otlp: the program is built without this transport")),
    }
}

/// The end of a connection writes lines, too.
impl Drop for Otlp {
    fn drop(&mut self) {
        without_subscriber(|| self.transport = Box::new(String::new()));
    }
}

impl Otlp {
    pub(super) fn deadline(&self) -> Instant {
        retry::deadline(self.settings.timeout)
    }

    /// Sends a request, with retries until `deadline`.
    fn attempt(&mut self, request: Bytes, deadline: Instant) -> Result<Accepted, ExportFailure> {
        self.replace_transport();
        let transport = &mut self.transport;
        let last = &mut self.last;
        let limits = Limits { deadline, ending: &self.ending, timeout: self.settings.timeout };
        // A client writes the bytes of a request at TRACE, and so the credentials in its headers.
        let sent = caught(|| {
            without_subscriber(|| {
                let request = transport.encode(request);
                retry::send(&mut **transport, &request, last, limits)
            })
        });
        self.is_broken = sent.is_err();
        let result =
            sent.unwrap_or_else(|panic| Err(format!("the OTLP client panicked: {panic}").into()));
        let settings = &self.settings;
        let accepted = result.map_err(|failure| ExportFailure {
            reason: settings.with_receiver(&settings.without_secrets(failure.reason)),
            ..failure
        })?;
        Ok(Accepted { message: settings.without_secrets(accepted.message), ..accepted })
    }

    /// Sends a request of a batch, with retries until `deadline`. Also fails if the receiver rejects some of the items.
    pub(super) fn send(&mut self, request: Bytes, deadline: Instant) -> Result<(), ExportFailure> {
        let Accepted { rejected, message } = self.attempt(request, deadline)?;
        if rejected > 0 {
            // The specification forbids a retry, because the receiver has accepted the other items.
            let rejection = format!("the receiver rejected {rejected} items of a batch: {message}");
            let reason = self.settings.with_receiver(&rejection);
            return Err(ExportFailure { items: Some(rejected), error_type: "rejected", reason });
        }
        self.warn(&message);
        Ok(())
    }

    fn warn(&self, message: &str) {
        if message.is_empty() || !WARNINGS.is_due() {
            return;
        }
        let endpoint = self.settings.receiver();
        // The field is not named `message`, because it would then replace the message of the record.
        internal_log!(
            warn,
            endpoint = endpoint,
            warning = &*sanitize_error(message),
            "the OTLP receiver sent a warning"
        );
    }

    /// Replaces the transport if it is broken or if a certificate or key has been renewed. If no new transport can be
    /// created, the current one stays in use.
    fn replace_transport(&mut self) {
        let files = versions(&self.settings);
        let is_renewed = self.files != files;
        if !self.is_broken && !is_renewed {
            return;
        }
        self.files = files;
        match transport(&self.settings) {
            Ok(transport) => self.transport = transport,
            Err(error) if is_renewed => internal_log!(
                warn,
                error = error.to_string(),
                "a renewed certificate or key could not be loaded"
            ),
            // The export then fails with the panic of the broken transport as its reason.
            Err(_) => {}
        }
    }
}

/// Sends one request without spans, to check the connection.
///
/// # Errors
///
/// The settings cannot be used, or the request was not accepted within `timeout`. The error is the reason.
pub(super) fn try_connection(target: &OtlpTarget, timeout: Duration) -> Result<(), String> {
    let mut otlp =
        connect(target, Signal::Traces, Arc::default()).map_err(|error| error.to_string())?;
    let request = otlp.transport.encode(Bytes::new());
    match otlp.transport.send(request, timeout) {
        Outcome::Accepted(_) => Ok(()),
        Outcome::Rejected(reason) | Outcome::Unanswered(reason) | Outcome::Retry { reason, .. } => {
            Err(otlp.settings.without_secrets(reason))
        }
        Outcome::TimedOut { .. } => Err(format!("no answer within {timeout:?}")),
    }
}

/// Fails if `items`, the number of items that were not sent, is not 0. A span, a log record or a metric with these
/// items exceeds `max` bytes.
pub(super) fn too_large(items: usize, max: usize) -> Result<(), ExportFailure> {
    if items == 0 {
        return Ok(());
    }
    Err(ExportFailure {
        items: Some(items as u64),
        error_type: "too_large",
        reason: format!(
            "items not sent: {items}; a span, a log record or a metric exceeds the maximum size of a request, which is {max} bytes"
        ),
    })
}

fn check_features(settings: &OtlpSettings) -> Result<(), Error> {
    let endpoint = settings.receiver();
    let protocol = settings.protocol;
    let has_files = settings.certificate.is_some() || settings.client.is_some();
    let is_https = settings.url.starts_with("https://");
    let of_setting =
        |setting, problem| Error::config(format!("otlp: {problem}")).of_setting(setting);
    protocol.check_feature(&endpoint).map_err(|problem| of_setting("PROTOCOL", problem))?;
    for (setting, is_used, found, feature) in [
        ("ENDPOINT", is_https, &*endpoint, "otlp-tls"),
        ("CERTIFICATE", has_files, "certificate", "otlp-tls"),
    ] {
        if is_used {
            needs(found, feature).map_err(|problem| of_setting(setting, problem))?;
        }
    }
    Ok(())
}

impl BatchExporter<EncodedBatch> for Otlp {
    fn export(&mut self, batch: EncodedBatch) -> Result<(), ExportFailure> {
        let deadline = self.deadline();
        let mut result = Ok(());
        for request in batch.requests {
            let sent = self.send(request.bytes, deadline);
            result = ExportFailure::both(result, sent.map_err(|failure| failure.of(request.spans)));
        }
        let too_large = too_large(batch.too_large, self.settings.max_request);
        ExportFailure::both(result, too_large)
    }
}
