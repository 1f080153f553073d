//! The effective OTLP settings of one signal. They combine the settings of the signal, of all signals and of the
//! backend, and contain the values of credential references.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::Uri;

use super::proxy::{Credential, Proxy};
use floe_telemetry_core::REDACTED;
use floe_telemetry_sdk::__parts::config::without_credentials;
use floe_telemetry_sdk::__parts::exporter::OtlpTarget;
use floe_telemetry_sdk::Error;
use floe_telemetry_sdk::TelemetryConfig;
use floe_telemetry_sdk::config::{Compression, OtlpOptions, OtlpProtocol, Signal};

/// Header values below this length in bytes stay in messages: they are no secrets and may occur in other words.
const MIN_SECRET: usize = 4;

/// The timeouts below this one are probably meant as seconds.
const SHORT_TIMEOUT: Duration = Duration::from_millis(100);

/// The header `User-Agent`: the exporter, its version and its language
/// ([specification](https://opentelemetry.io/docs/specs/otel/protocol/exporter/#user-agent)). The name
/// `OTel-OTLP-Exporter-Rust` belongs to OpenTelemetry's exporter, which has other versions.
pub(super) const USER_AGENT: &str =
    concat!("floe-telemetry/", env!("CARGO_PKG_VERSION"), " (OTLP exporter; Rust)");

/// The value of the setting of the protocol, and the exporter of OpenTelemetry's configuration file, for HTTP.
const HTTP_PROTOBUF: &str = "=http/protobuf";
const OTLP_HTTP: &str = "otlp_http";

/// A setting that messages name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Setting {
    Endpoint,
    Timeout,
    Headers,
    Certificate,
    ClientCertificate,
    /// The protocol, with a value that helps.
    Protocol(OtlpProtocol),
    BatchSize,
}

#[derive(Clone)]
pub(super) struct OtlpSettings {
    pub(super) signal: Signal,
    /// The URL of the requests. Over gRPC it is the endpoint.
    pub(super) url: String,
    pub(super) endpoint: Uri,
    /// The proxy that the environment names, or the reason why it cannot be used.
    pub(super) proxy: Result<Option<Proxy>, String>,
    pub(super) protocol: OtlpProtocol,
    /// The headers, including the credential. Names are in lower case, as HTTP/2 requires.
    pub(super) headers: Vec<(String, String)>,
    pub(super) timeout: Duration,
    /// The maximum size of a request before compression, in bytes.
    pub(super) max_request: usize,
    pub(super) compression: Compression,
    pub(super) certificate: Option<PathBuf>,
    /// The files with the client certificate and with its key.
    pub(super) client: Option<(PathBuf, PathBuf)>,
    /// The texts that messages must not contain, because a receiver or a proxy may quote them.
    secrets: Vec<String>,
    pub(super) config: Arc<TelemetryConfig>,
}

impl OtlpSettings {
    /// Resolves the settings of a signal. Call this when exporting starts, because it reads the credential references.
    ///
    /// # Errors
    ///
    /// A credential reference cannot be resolved, a header has invalid characters, the endpoint is not a URL, or one of gRPC
    /// has a path or a query.
    pub(super) fn resolve(target: &OtlpTarget, signal: Signal) -> Result<Self, Error> {
        let config = &target.config;
        let all = &config.otlp.all;
        let own = config.otlp.signal(signal);
        let (protocol, _) = config.otlp_route(signal);
        let file =
            |of: fn(&OtlpOptions) -> Option<&Path>| of(own).or_else(|| of(all)).map(Path::to_owned);
        let client = file(|options| options.client_certificate.as_deref())
            .zip(file(|options| options.client_key.as_deref()));
        let headers = target.headers(signal).map_err(|error| error.of_setting("HEADERS"))?;
        let of_bytes = headers.iter().find(|(name, _)| name.ends_with("-bin"));
        if let Some((name, _)) = of_bytes.filter(|_| protocol == OtlpProtocol::Grpc) {
            return Err(reserved(name));
        }
        let url = config.otlp_url(signal);
        let endpoint: Uri = url.parse().map_err(|error| {
            let shown = without_credentials(&url);
            Error::config(format!("otlp_endpoint: `{shown}` is not a URL: {error}"))
                .of_setting("ENDPOINT")
        })?;
        if protocol == OtlpProtocol::Grpc {
            check_grpc(config, signal, &url, &endpoint)?;
        }
        let proxy = Proxy::of(&endpoint, protocol);
        let credential = proxy.as_ref().ok().and_then(|proxy| proxy.as_ref()?.credential.clone());
        let of_proxy = credential.into_iter().flat_map(Credential::secrets);
        let values = headers.iter().map(|(_, value)| value.clone());
        Ok(Self {
            signal,
            secrets: values.chain(of_proxy).collect(),
            url,
            endpoint,
            proxy,
            protocol,
            headers,
            timeout: config.otlp.timeout(signal).min(max_timeout(config, signal)),
            max_request: config.otlp.max_request(signal),
            compression: config.otlp.compression(signal),
            certificate: file(|options| options.certificate.as_deref()),
            client,
            config: Arc::clone(config),
        })
    }

    /// Whether the timeout was probably meant as seconds. The one of the batch processor, which may be shorter, has another
    /// name than [`Setting::Timeout`].
    pub(super) fn has_short_timeout(&self) -> bool {
        self.config.otlp.timeout(self.signal) < SHORT_TIMEOUT
    }

    /// Returns the URL for messages, without parts that may be credentials.
    pub(super) fn receiver(&self) -> String {
        without_credentials(&self.url)
    }

    /// Adds the receiver to a message, because there may be several receivers.
    pub(super) fn with_receiver(&self, message: &str) -> String {
        format!("`{}`: {message}", self.receiver())
    }

    /// Returns the name of a setting for messages, as [`TelemetryConfig::name_of`]; `None` if the signal has none.
    pub(super) fn name_of(&self, setting: Setting) -> Option<String> {
        let (field, value, of_file) = match setting {
            Setting::BatchSize => return self.batch_size(),
            Setting::Endpoint => ("endpoint", "", "endpoint"),
            Setting::Timeout => ("timeout", "", "timeout"),
            Setting::Headers => ("headers", "", "headers"),
            Setting::Certificate => ("certificate", "", "ca_file"),
            Setting::ClientCertificate => ("client_certificate", "", "cert_file"),
            Setting::Protocol(OtlpProtocol::Grpc) => ("protocol", "=grpc", "otlp_grpc"),
            Setting::Protocol(_) => ("protocol", HTTP_PROTOBUF, OTLP_HTTP),
        };
        Some(self.config.name_of(self.signal, field, value, of_file))
    }

    fn batch_size(&self) -> Option<String> {
        let (variable, section) = match self.signal {
            Signal::Traces => ("BSP", "batch_processor"),
            Signal::Logs => ("BLRP", "log_batch_processor"),
            _ => return None,
        };
        let key = "max_export_batch_size";
        if self.config.is_of_file() {
            return Some(format!("`{key}`"));
        }
        Some(format!("`OTEL_{variable}_MAX_EXPORT_BATCH_SIZE` (`{section}.{key}`)"))
    }

    /// Removes the credentials and the values of the headers from a message.
    pub(super) fn without_secrets(&self, message: String) -> String {
        without_values(message, self.secrets.iter().map(String::as_str))
    }
}

/// Fails if an endpoint has parts that gRPC cannot send.
fn check_grpc(
    config: &TelemetryConfig,
    signal: Signal,
    url: &str,
    endpoint: &Uri,
) -> Result<(), Error> {
    let shown = without_credentials(url);
    if endpoint.path() != "/" {
        let http = config.name_of(signal, "protocol", HTTP_PROTOBUF, OTLP_HTTP);
        return Err(Error::config(format!(
            "otlp: the endpoint `{shown}` has a path, which gRPC cannot send; a receiver with a path speaks OTLP over \
             HTTP, which needs {http}"
        ))
        .of_setting("PROTOCOL"));
    }
    if endpoint.query().is_some() {
        return Err(Error::config(format!(
            "otlp: the endpoint `{shown}` has a query, which gRPC cannot send, expected an endpoint without one, for \
             example `http://collector:4317`"
        ))
        .of_setting("ENDPOINT"));
    }
    Ok(())
}

/// Returns the error of a header whose name gRPC reserves.
pub(super) fn reserved(name: &str) -> Error {
    let message = format!("otlp: gRPC reserves `*-bin` for bytes, found the header `{name}`");
    Error::config(message).of_setting("HEADERS")
}

/// Removes header values, and their parts after a scheme such as `Bearer`, from a message, which may contain JSON.
fn without_values<'a>(mut message: String, values: impl IntoIterator<Item = &'a str>) -> String {
    for value in values {
        let credential = value.split_once(' ').map(|(_, credential)| credential);
        for secret in [Some(value), credential].into_iter().flatten() {
            if secret.len() >= MIN_SECRET {
                message = without(&message, secret);
            }
        }
    }
    message
}

fn without(message: &str, secret: &str) -> String {
    let mut safe = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(first) = rest.chars().next() {
        if let Some(behind) = behind(rest, secret) {
            safe.push_str(REDACTED);
            rest = behind;
        } else {
            safe.push(first);
            rest = rest.strip_prefix(first).unwrap_or_default();
        }
    }
    safe
}

/// Returns the text after the secret; `None` if the text does not begin with the secret. JSON may have escaped some
/// characters of the secret, for example `/` as `\/` or `\u002f`.
fn behind<'t>(text: &'t str, secret: &str) -> Option<&'t str> {
    secret.chars().try_fold(text, |text, c| {
        if !text.starts_with('\\') {
            return text.strip_prefix(c);
        }
        let escape = format!("\\u{:04x}", u32::from(c));
        let escaped = text.split_at_checked(escape.len());
        let long = escaped.filter(|(it, _)| it.eq_ignore_ascii_case(&escape)).map(|(_, rest)| rest);
        let short = || text.strip_prefix('\\')?.strip_prefix(c);
        long.or_else(short).or_else(|| text.strip_prefix(c))
    })
}

/// Returns the export timeout of the signal, which limits all attempts of one export.
const fn max_timeout(config: &TelemetryConfig, signal: Signal) -> Duration {
    Duration::from_millis(match signal {
        Signal::Traces => config.batch_processor.export_timeout_millis,
        Signal::Metrics => config.metrics.export_timeout_millis,
        _ => config.log_batch_processor.export_timeout_millis,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_the_setting_that_applies() {
        let mut config = TelemetryConfig::new("orders");
        config.otlp.logs.certificate = Some(PathBuf::from("ca.pem"));
        let target = OtlpTarget::from(config);
        let general = "`OTEL_EXPORTER_OTLP_CERTIFICATE` (`otlp.all.certificate`)";
        let own = "`OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE` (`otlp.logs.certificate`)";
        let of_client = "`OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE` (`otlp.all.client_certificate`)";
        let spans = "`OTEL_BSP_MAX_EXPORT_BATCH_SIZE` (`batch_processor.max_export_batch_size`)";
        let protocol = Setting::Protocol(OtlpProtocol::Grpc);
        for (signal, setting, expected) in [
            (Signal::Traces, Setting::Certificate, Some(general)),
            (Signal::Logs, Setting::Certificate, Some(own)),
            (Signal::Logs, Setting::ClientCertificate, Some(of_client)),
            (Signal::Traces, Setting::BatchSize, Some(spans)),
            (Signal::Metrics, Setting::BatchSize, None),
            (
                Signal::Traces,
                protocol,
                Some("`OTEL_EXPORTER_OTLP_PROTOCOL=grpc` (`otlp_protocol`)"),
            ),
        ] {
            let settings = OtlpSettings::resolve(&target, signal).unwrap();
            assert_eq!(settings.name_of(setting).as_deref(), expected);
        }
    }

    #[test]
    fn a_value_is_removed_however_json_escapes_it() {
        let values = ["Bearer a/b+\"c\\d", "blue<whale"];
        for message in [
            r#"no access for a/b+"c\d, blue<whale"#,
            r#"{"message":"no access for a\/b+\"c\\d, blue\u003cwhale"}"#,
            r#"{"message":"Bearer a\u002Fb\u002b\u0022c\\d and blue\u003Cwhale, \u001b[31m"}"#,
        ] {
            let safe = without_values(message.to_owned(), values);
            assert_eq!(safe.matches(REDACTED).count(), 2, "{safe}");
            assert!(!safe.contains("whale"), "{safe}");
            assert!(!safe.contains("c\\"), "{safe}");
        }
        assert_eq!(without_values(r"C:\dir \u00".to_owned(), values), r"C:\dir \u00");
    }
}
