//! The exporter of a signal: it connects, sends requests with retries, and replaces a broken transport.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use floe_telemetry_core::__sdk::caught::caught;
use floe_telemetry_core::__sdk::clock::Instant;
use floe_telemetry_core::__sdk::internal_log::internal_log;
use floe_telemetry_core::__sdk::redaction::sanitize_error;
use floe_telemetry_core::sanitize_error_message;
use floe_telemetry_sdk::__parts::config::needs;
use floe_telemetry_sdk::__parts::exporter::OtlpTarget;
use floe_telemetry_sdk::Error;
use floe_telemetry_sdk::config::{Compression, OtlpProtocol, Signal};
use opentelemetry_sdk::Resource;

use super::files::WatchedFiles;
#[cfg(feature = "grpc")]
use super::grpc;
#[cfg(feature = "http")]
use super::http;
use super::request::{EncodedBatch, RequestBuilder};
use super::response::Outcome;
use super::retry::{self, Accepted, Limits, Throttle};
use super::settings::OtlpSettings;
use super::time_limit::TimeLimit;
use super::transport::Transport;
use floe_telemetry_sdk::__parts::collector::{
    BatchExporter, BatchingDestination, Destination, Ending, ExportFailure, ExporterId,
    RateLimited, Worker, WorkerSettings,
};

/// Limits the warnings of receivers, because a receiver may send the same warning with each response.
static WARNINGS: LazyLock<RateLimited> = LazyLock::new(RateLimited::default);

/// A transport, and the state on which its next request depends.
pub(super) struct Otlp {
    transport: Box<dyn Transport>,
    throttle: Throttle,
    time: Arc<TimeLimit>,
    pub(super) settings: OtlpSettings,
    files: WatchedFiles,
}

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
    let (target, ending) = (target.clone(), Arc::clone(&settings.counters.ending));
    let worker = Worker::start(id, move || exporter(&target, ending), settings)?;
    Ok(Box::new(BatchingDestination::new(builder, worker)))
}

fn exporter(
    target: &OtlpTarget,
    ending: Arc<Ending>,
) -> Result<Box<dyn BatchExporter<EncodedBatch>>, Error> {
    Ok(Box::new(connect(target, Signal::Traces, ending)?))
}

pub(super) fn connect(
    target: &OtlpTarget,
    signal: Signal,
    ending: Arc<Ending>,
) -> Result<Otlp, Error> {
    let settings = OtlpSettings::resolve(target, signal)?;
    check_features(&settings)?;
    let time = Arc::new(TimeLimit::new(ending));
    let files = WatchedFiles::new(&settings);
    let transport = transport(&time, &settings).map_err(|error| error.of_setting("ENDPOINT"))?;
    Ok(Otlp { transport, throttle: Throttle::default(), time, settings, files })
}

fn transport(time: &Arc<TimeLimit>, settings: &OtlpSettings) -> Result<Box<dyn Transport>, Error> {
    match settings.protocol {
        #[cfg(feature = "grpc")]
        OtlpProtocol::Grpc => grpc::connect(time, settings),
        #[cfg(feature = "http")]
        OtlpProtocol::Http => http::connect(time, settings),
        // `check_features` has rejected it.
        #[allow(unreachable_patterns, reason = "unless a protocol is not compiled")]
        _ => Err(Error::config("otlp: the program is built without this transport")),
    }
}

impl Otlp {
    /// The deadline of a batch whose first request is sent now.
    pub(super) fn deadline(&self) -> Instant {
        retry::deadline(self.settings.timeout)
    }

    /// Sends a request, with retries until `deadline`.
    fn attempt(&mut self, request: Bytes, deadline: Instant) -> Result<Accepted, ExportFailure> {
        self.reload_certificates();
        let timeout = self.settings.timeout;
        let encoded = self.transport.encode(request).map_err(ExportFailure::from);
        self.time.set(deadline);
        let result = encoded.and_then(|request| {
            let limits = Limits { time: &self.time, timeout };
            let sent =
                caught(|| retry::send(&mut *self.transport, &request, &mut self.throttle, limits));
            sent.unwrap_or_else(|message| Err(self.restart(&message).into()))
        });
        let settings = &self.settings;
        let accepted = result.map_err(|failure| ExportFailure {
            reason: settings.with_receiver(&settings.without_own_headers(failure.reason)),
            ..failure
        })?;
        Ok(Accepted { message: settings.without_own_headers(accepted.message), ..accepted })
    }

    /// Sends a request of a batch, with retries until `deadline`. Also fails if the receiver rejects a part of the
    /// batch.
    pub(super) fn send(&mut self, request: Bytes, deadline: Instant) -> Result<(), ExportFailure> {
        let accepted = self.attempt(request, deadline)?;
        if accepted.rejected > 0 {
            // The specification forbids a retry, because the receiver has accepted the other items.
            return Err(ExportFailure {
                items: Some(accepted.rejected),
                error_type: "rejected",
                reason: (self.settings).with_receiver(&rejected(&accepted)),
            });
        }
        self.warn(&accepted.message);
        Ok(())
    }

    /// Logs a warning of the receiver, if there is one.
    fn warn(&self, message: &str) {
        if message.is_empty() || !WARNINGS.is_due() {
            return;
        }
        let warning = sanitize_error(message);
        let warning = sanitize_error_message(&warning);
        let endpoint = self.settings.receiver();
        // A field `message` would replace the message of the record.
        internal_log!(
            warn,
            endpoint = endpoint,
            warning = &*warning,
            "the OTLP receiver sent a warning"
        );
    }

    /// Replaces the transport after a panic, and returns the error of the request. tokio panics if the operating system
    /// fails to report events, and then its runtime cannot be used any longer.
    fn restart(&mut self, panic: &str) -> String {
        let reason = format!("the connection panicked: {panic}");
        match transport(&self.time, &self.settings) {
            Ok(transport) => {
                self.transport = transport;
                reason
            }
            // The next request panics, too, and then the transport is replaced again.
            Err(error) => format!("{reason}, and there is no new one: {error}"),
        }
    }

    /// Replaces the transport if a certificate file has changed. If the new file cannot be used, the
    /// current transport stays in use.
    fn reload_certificates(&mut self) {
        if !self.files.have_changed() {
            return;
        }
        match transport(&self.time, &self.settings) {
            Ok(transport) => self.transport = transport,
            Err(error) => internal_log!(
                warn,
                error = error.to_string(),
                "a renewed certificate could not be loaded"
            ),
        }
    }
}

/// Sends one request without spans, to check the connection.
///
/// # Errors
///
/// The request was not accepted within `timeout`. The error is the reason.
pub(super) fn try_connection(target: &OtlpTarget, timeout: Duration) -> Result<(), String> {
    let otlp = connect(target, Signal::Traces, Arc::default());
    let mut otlp = otlp.map_err(|error| error.to_string())?;
    let request = otlp.transport.encode(Bytes::new())?;
    otlp.time.set(retry::deadline(timeout));
    match otlp.transport.send(request) {
        Outcome::Accepted { .. } => Ok(()),
        Outcome::Rejected(reason) | Outcome::Unanswered(reason) | Outcome::Retry { reason, .. } => {
            Err(otlp.settings.without_own_headers(reason))
        }
        Outcome::TimedOut => Err(format!("no answer within {timeout:?}")),
    }
}

fn rejected(accepted: &Accepted) -> String {
    let Accepted { rejected, message } = accepted;
    format!("the receiver rejected {rejected} items of a batch: {message}")
}

/// Fails if items were not sent because each of them exceeds the maximum size of a request.
pub(super) fn too_large(items: usize, max: usize) -> Result<(), ExportFailure> {
    if items == 0 {
        return Ok(());
    }
    Err(ExportFailure {
        items: Some(items as u64),
        error_type: "too_large",
        reason: format!(
            "{items} not sent: larger than the maximum size of a request, which is {max} bytes"
        ),
    })
}

fn check_features(settings: &OtlpSettings) -> Result<(), Error> {
    let endpoint = settings.receiver();
    let protocol = settings.protocol;
    let has_files = settings.certificate.is_some() || settings.client.is_some();
    let is_https = settings.endpoint.starts_with("https://");
    let compression = settings.compression;
    let (tls, zstd) = (cfg!(feature = "tls"), cfg!(feature = "zstd"));
    let zstd = zstd || compression != Compression::Zstd;
    for (setting, checked) in [
        ("PROTOCOL", protocol.check_feature(&endpoint)),
        ("ENDPOINT", needs(&endpoint, "otlp-tls", tls || !is_https)),
        ("CERTIFICATE", needs("certificate", "otlp-tls", tls || !has_files)),
        ("COMPRESSION", needs("zstd", "otlp-zstd", zstd)),
    ] {
        checked.map_err(|it| Error::config(format!("otlp: {it}")).of_setting(setting))?;
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
