//! How OTLP is sent for one signal, when everything that was said is put together.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::ExposeSecret;

use super::{
    Compression, DEFAULT_OTLP_ENDPOINT, OtlpOptions, OtlpProtocol, Signal, TelemetryConfig, auth,
    secret,
};
use crate::error::Error;
use crate::exporter::OtlpTarget;

/// Where OTLP over HTTP is sent when nothing is said; [`DEFAULT_OTLP_ENDPOINT`] is that of gRPC.
const DEFAULT_HTTP_ENDPOINT: &str = "http://localhost:4318";

/// How long one export may take
/// ([`OTEL_EXPORTER_OTLP_TIMEOUT`](https://opentelemetry.io/docs/specs/otel/protocol/exporter/)).
const TIMEOUT: Duration = Duration::from_secs(10);

/// How OTLP is sent for one signal.
#[derive(Clone)]
pub(crate) struct OtlpSettings {
    pub(crate) signal: Signal,
    pub(crate) endpoint: String,
    /// The endpoint is the signal's own, so no path is appended to it.
    #[cfg_attr(
        not(feature = "otlp-http"),
        expect(dead_code, reason = "the paths of gRPC are its own")
    )]
    pub(crate) is_complete: bool,
    pub(crate) protocol: OtlpProtocol,
    /// Names in lower case, as HTTP/2 has them, with the credential among them.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) timeout: Duration,
    pub(crate) compression: Compression,
    pub(crate) certificate: Option<PathBuf>,
    /// The certificate and its key.
    pub(crate) client: Option<(PathBuf, PathBuf)>,
}

/// There are credentials among the headers.
impl fmt::Debug for OtlpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpSettings").finish_non_exhaustive()
    }
}

impl OtlpSettings {
    /// Looks up the credentials, too, so it is to be called when exporting starts.
    ///
    /// # Errors
    ///
    /// A credential is not where a reference says, or a header cannot carry it.
    pub(crate) fn of(target: &OtlpTarget, signal: Signal) -> Result<Self, Error> {
        let config = &target.config;
        let (all, own) = (&config.otlp.all, config.otlp.of(signal));
        let protocol = own.protocol.unwrap_or(config.otlp_protocol);
        let general = &*config.otlp_endpoint;
        let endpoint = match (&own.endpoint, protocol) {
            (Some(own), _) => own,
            (None, OtlpProtocol::Http) if general == DEFAULT_OTLP_ENDPOINT => DEFAULT_HTTP_ENDPOINT,
            (None, _) => general,
        };
        let timeout = own.timeout_millis.or(all.timeout_millis);
        let timeout = timeout.map_or(TIMEOUT, Duration::from_millis);
        let file =
            |of: fn(&OtlpOptions) -> Option<&Path>| of(own).or_else(|| of(all)).map(Path::to_owned);
        let client = file(|options| options.client_certificate.as_deref())
            .zip(file(|options| options.client_key.as_deref()));
        Ok(Self {
            signal,
            endpoint: endpoint.to_owned(),
            is_complete: own.endpoint.is_some(),
            protocol,
            headers: headers(target, all, own)?,
            timeout: timeout.min(longest(config, signal)),
            compression: own.compression.or(all.compression).unwrap_or_default(),
            certificate: file(|options| options.certificate.as_deref()),
            client,
        })
    }
}

/// What whoever drives the exporter allows it.
const fn longest(config: &TelemetryConfig, signal: Signal) -> Duration {
    match signal {
        Signal::Traces => config.batch_processor.export_timeout(),
        Signal::Metrics => config.metrics.export_timeout(),
        Signal::Logs => config.log_batch_processor.export_timeout(),
    }
}

/// Those of the backend; the signal's, which replace those of all signals; and the credential. A
/// later one wins.
fn headers(
    target: &OtlpTarget,
    all: &OtlpOptions,
    own: &OtlpOptions,
) -> Result<Vec<(String, String)>, Error> {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut set = |name: &str, value: String| -> Result<(), Error> {
        let name = name.to_ascii_lowercase();
        if !auth::is_header_name(&name) || !value.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return Err(Error::config(
                "a header of the OTLP exporter has characters that a header cannot carry, accepted are letters, \
                 digits, `-`, `_` and `.` in the name, printable ASCII in the value",
            ));
        }
        headers.retain(|(other, _)| *other != name);
        headers.push((name, value));
        Ok(())
    };
    let said = if own.headers.is_empty() {
        &all.headers
    } else {
        &own.headers
    };
    let backend = target.headers.iter().map(|(name, value)| (name, value));
    for (name, value) in backend.chain(said) {
        let value = secret::resolve(value)
            .map_err(|error| error.within(&format!("the header `{name}`")))?;
        set(name, value.expose_secret().to_owned())?;
    }
    if let Some(authentication) = &target.config.authentication
        && let Some((name, value)) = authentication.header()?
    {
        set(name, value)?;
    }
    Ok(headers)
}
