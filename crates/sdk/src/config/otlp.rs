//! The OTLP settings for all signals and for single signals.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::regular_file::shown;
use crate::suggest::one_of;
use serde::{Deserialize, Serialize};

use super::feature::needed;
use super::mistake::{Mistake, at, at_most, not_zero};
use super::named::choice;
use super::secret::{self, Secret};
use super::{auth, endpoint};
use crate::parts;

/// The default of `timeout_millis`
/// ([`OTEL_EXPORTER_OTLP_TIMEOUT`](https://opentelemetry.io/docs/specs/otel/protocol/exporter/)).
const DEFAULT_TIMEOUT_MILLIS: u64 = 10_000;

/// The maximum size of a request before compression, below the 4 MiB that receivers accept by default.
const MAX_REQUEST_BYTES: usize = 4_000_000;

const MAX_HEADERS: usize = 1024;

/// The names and values of headers. Values may be credentials.
pub type Headers = BTreeMap<String, Secret>;

/// The protocol of OTLP.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum OtlpProtocol {
    /// gRPC.
    Grpc,
    /// HTTP with protobuf bodies.
    Http,
}

/// The default is HTTP ([specification](https://opentelemetry.io/docs/specs/otel/protocol/exporter/)), unless the program
/// is built for gRPC only.
impl Default for OtlpProtocol {
    fn default() -> Self {
        if parts::sends_only_grpc() { Self::Grpc } else { Self::Http }
    }
}

impl OtlpProtocol {
    pub(crate) const ALL: [(&'static str, Self); 2] =
        [("grpc", Self::Grpc), ("http/protobuf", Self::Http)];

    /// Returns the protocol that the path or the port of an endpoint selects, or the default protocol.
    pub(crate) fn of(endpoint: Option<&str>) -> Self {
        match endpoint.and_then(endpoint::port) {
            _ if endpoint.is_some_and(endpoint::has_path) => Self::Http,
            Some(4317) => Self::Grpc,
            Some(4318) => Self::Http,
            _ => Self::default(),
        }
    }

    /// Returns the endpoint at OTLP's [default port](https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-default-port).
    pub const fn default_endpoint(self) -> &'static str {
        match self {
            Self::Grpc => "http://localhost:4317",
            Self::Http => "http://localhost:4318",
        }
    }

    /// Returns the name in the specification.
    #[doc(hidden)]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Http => "http/protobuf",
        }
    }

    /// Fails if the program is built without this protocol. The error names the protocol and `endpoint`.
    #[doc(hidden)]
    pub fn check_feature(self, endpoint: &str) -> Result<(), String> {
        if self.is_enabled() {
            return Ok(());
        }
        let all: Vec<_> =
            Self::ALL.iter().filter(|(_, it)| it.is_enabled()).map(|(name, _)| *name).collect();
        let expected = match all[..] {
            [] => String::new(),
            _ => format!("expected {}, ", one_of(&all)),
        };
        let found = format!("`{}` for `{endpoint}`", self.name());
        Err(format!("{expected}{}", needed(&found, self.feature())))
    }

    const fn feature(self) -> &'static str {
        match self {
            Self::Grpc => "otlp-grpc",
            Self::Http => "otlp-http",
        }
    }

    fn is_enabled(self) -> bool {
        parts::has(self.feature())
    }

    /// Returns `gRPC` or `HTTP`, for messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Grpc => "gRPC",
            Self::Http => "HTTP",
        }
    }
}

/// A signal.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Signal {
    /// Spans.
    Traces,
    /// Metrics.
    Metrics,
    /// Log records.
    Logs,
}

impl Signal {
    pub(crate) const ALL: [Self; 3] = [Self::Traces, Self::Metrics, Self::Logs];

    /// Returns `traces`, `metrics` or `logs`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }

    /// Returns the name of one item, for messages.
    pub(crate) const fn item(self) -> &'static str {
        match self {
            Self::Traces => "span",
            Self::Metrics => "metric",
            Self::Logs => "log record",
        }
    }

    fn path(self) -> String {
        format!("/v1/{}", self.as_str())
    }

    /// Removes the signals from the URLs and the settings that a text names.
    pub(crate) fn removed_from(text: &str) -> String {
        Self::ALL.iter().fold(text.to_owned(), |text, signal| {
            let variables = format!("OTLP_{}_", signal.as_str().to_ascii_uppercase());
            let keys = format!("`otlp.{}.", signal.as_str());
            let text = text.replace(&signal.path(), "");
            text.replace(&variables, "OTLP_").replace(&keys, "`otlp.")
        })
    }
}

/// Appends the path of the signal, unless the endpoint already ends with it, and removes that of traces
/// ([specification](https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp)).
pub(super) fn signal_url(endpoint: &str, signal: Signal) -> String {
    let (endpoint, query) = match endpoint.split_once('?') {
        Some((endpoint, query)) => (endpoint, format!("?{query}")),
        None => (endpoint, String::new()),
    };
    let base = endpoint.trim_end_matches('/');
    // The general endpoint often contains the path of traces.
    let base = base.strip_suffix("/v1/traces").unwrap_or(base);
    let path = signal.path();
    if base.ends_with(&path) { format!("{base}{query}") } else { format!("{base}{path}{query}") }
}

choice! {
    /// The compression of requests.
    #[derive(Default)]
    Compression {
        /// No compression.
        #[default]
        None = "none",
        /// gzip.
        Gzip = "gzip",
    }
}

/// The OTLP settings, all of them optional. The endpoint and the protocol for all signals are
/// `otlp_endpoint` and `otlp_protocol` of [`TelemetryConfig`](crate::TelemetryConfig).
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct OtlpConfig {
    /// Settings for all signals.
    pub all: OtlpOptions,
    /// Settings for spans, which take precedence over `all`.
    pub traces: OtlpOptions,
    /// Settings for metrics, which take precedence over `all`.
    pub metrics: OtlpOptions,
    /// Settings for log records, which take precedence over `all`.
    pub logs: OtlpOptions,
    /// The second and later receivers of a signal in OpenTelemetry's configuration file. Their options replace those of
    /// the signal.
    #[serde(skip)]
    pub(crate) additional: Vec<(Signal, OtlpOptions)>,
}

/// The OTLP settings for all signals or for one signal.
#[derive(Clone, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct OtlpOptions {
    /// The endpoint of one signal, which replaces `otlp_endpoint`. No path is appended to it. Default none.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "endpoint::deserialize_option",
        serialize_with = "endpoint::serialize_option"
    )]
    pub endpoint: Option<String>,
    /// The protocol, which replaces `otlp_protocol`. Default none: without either, the port of the endpoint selects it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<OtlpProtocol>,
    /// Headers, for example a tenant or a key. Values may be references as in `authentication`.
    /// Default none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: Headers,
    /// The timeout of one export including retries, in milliseconds. Default 10000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_millis: Option<u64>,
    /// The compression of requests. Default `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<Compression>,
    /// A smaller maximum size of a request, for tests with little data.
    #[doc(hidden)]
    #[serde(skip)]
    pub max_request_bytes: Option<usize>,
    /// A PEM file with the trusted certificate authorities. Default: those of the operating system.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "serialize_path")]
    pub certificate: Option<PathBuf>,
    /// A PEM file with the client certificate. Requires `client_key`. Default none.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "serialize_path")]
    pub client_certificate: Option<PathBuf>,
    /// A PEM file with the private key of `client_certificate`. Default none.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "serialize_path")]
    pub client_key: Option<PathBuf>,
}

impl OtlpConfig {
    /// Returns the settings of one signal.
    pub const fn signal(&self, signal: Signal) -> &OtlpOptions {
        match signal {
            Signal::Traces => &self.traces,
            Signal::Metrics => &self.metrics,
            Signal::Logs => &self.logs,
        }
    }

    pub(crate) const fn signal_mut(&mut self, signal: Signal) -> &mut OtlpOptions {
        match signal {
            Signal::Traces => &mut self.traces,
            Signal::Metrics => &mut self.metrics,
            Signal::Logs => &mut self.logs,
        }
    }

    pub(super) const fn options_mut(&mut self, signal: Option<Signal>) -> &mut OtlpOptions {
        match signal {
            Some(signal) => self.signal_mut(signal),
            None => &mut self.all,
        }
    }

    /// Returns the headers of a signal's requests: those of the signal or, if it has none, those for all signals.
    pub(crate) fn headers(&self, signal: Signal) -> &Headers {
        let own = &self.signal(signal).headers;
        if own.is_empty() { &self.all.headers } else { own }
    }

    /// Returns the timeout of one export of a signal, including retries.
    pub fn timeout(&self, signal: Signal) -> Duration {
        let own = self.signal(signal).timeout_millis;
        let millis = own.or(self.all.timeout_millis);
        Duration::from_millis(millis.unwrap_or(DEFAULT_TIMEOUT_MILLIS))
    }

    /// Returns the compression of the requests of a signal.
    pub fn compression(&self, signal: Signal) -> Compression {
        let own = self.signal(signal).compression;
        own.or(self.all.compression).unwrap_or_default()
    }

    /// Returns the maximum size of a signal's request, in bytes.
    #[doc(hidden)]
    pub fn max_request(&self, signal: Signal) -> usize {
        let own = self.signal(signal).max_request_bytes;
        own.or(self.all.max_request_bytes).unwrap_or(MAX_REQUEST_BYTES)
    }

    pub(super) fn check(&self) -> Result<(), Mistake> {
        self.all.check("all")?;
        Signal::ALL.into_iter().try_for_each(|signal| self.signal(signal).check(signal.as_str()))
    }
}

impl OtlpOptions {
    fn check(&self, section: &str) -> Result<(), Mistake> {
        let path = |key: &str| format!("otlp.{section}.{key}");
        at(&path("endpoint"), self.endpoint.as_deref().map_or(Ok(()), endpoint::check))?;
        not_zero(&path("timeout_millis"), self.timeout_millis.unwrap_or(1))?;
        let headers = path("headers");
        at_most(&headers, MAX_HEADERS, self.headers.len())?;
        for (name, value) in &self.headers {
            at(&headers, auth::check_header_name(name))?;
            let refused = |problem| format!("the value of `{name}` {problem}");
            at(&headers, secret::check(Some(value)).map_err(refused))?;
        }
        if self.client_certificate.is_some() != self.client_key.is_some() {
            let message =
                "`client_certificate` and `client_key` belong together, expected both or none";
            return Err(Mistake::new(path("client_certificate"), message));
        }
        Ok(())
    }
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn serialize_path<S: serde::Serializer>(
    path: &Option<PathBuf>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    path.as_deref().map(shown).serialize(serializer)
}

/// Writes the settings as a document has them, with credentials masked.
impl fmt::Debug for OtlpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OtlpOptions {}", serde_json::json!(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoint_selects_the_protocol() {
        for (endpoint, expected) in [
            ("http://c:4317", OtlpProtocol::Grpc),
            ("https://[::1]:4317/", OtlpProtocol::Grpc),
            ("https://[::1]:4317/path", OtlpProtocol::Http),
            ("http://c:4317?key=value/x", OtlpProtocol::Grpc),
            ("http://c:4318?key=value", OtlpProtocol::Http),
            ("http://c:9999/4318", OtlpProtocol::Http),
            ("http://c:9999", OtlpProtocol::default()),
            ("https://c", OtlpProtocol::default()),
        ] {
            assert_eq!(OtlpProtocol::of(Some(endpoint)), expected, "{endpoint}");
        }
        assert_eq!(OtlpProtocol::of(None), OtlpProtocol::default());
    }

    #[test]
    fn the_path_is_appended_once() {
        for endpoint in [
            "http://c:4318",
            "http://c:4318/",
            "http://c:4318/v1/traces",
            "http://c:4318/v1/traces/",
        ] {
            assert_eq!(signal_url(endpoint, Signal::Traces), "http://c:4318/v1/traces");
            assert_eq!(signal_url(endpoint, Signal::Metrics), "http://c:4318/v1/metrics");
        }
        for (endpoint, expected) in [
            ("http://c/otlp", "http://c/otlp/v1/logs"),
            ("http://c?k=v", "http://c/v1/logs?k=v"),
            ("http://c/v1/logs?k=v/", "http://c/v1/logs?k=v/"),
            ("http://c/?k=a?b", "http://c/v1/logs?k=a?b"),
        ] {
            assert_eq!(signal_url(endpoint, Signal::Logs), expected);
        }
    }
}
