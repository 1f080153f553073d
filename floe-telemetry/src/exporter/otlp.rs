//! OTLP over gRPC and over HTTP. The only file that names the OTLP crate.

use std::time::Duration;

use opentelemetry_otlp::{RetryPolicy, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use tokio::runtime::{self, Runtime};

use crate::collector::BatchExporter;
use crate::config::{OtlpProtocol, TelemetryConfig};
use crate::error::Error;

/// The exporter and the runtime that its connections live on. The runtime is the worker thread's
/// own, so a flush never needs the host's.
#[derive(Debug)]
struct Otlp {
    runtime: Runtime,
    exporter: SpanExporter,
    timeout: Duration,
}

/// Makes the exporter that `config` describes. To be called on the worker's thread.
pub(crate) fn otlp(
    config: &TelemetryConfig,
    resource: &Resource,
) -> Result<Box<dyn BatchExporter>, Error> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::thread("otlp", &error))?;
    let timeout = config.batch_processor.export_timeout();
    let mut exporter = {
        let _entered = runtime.enter();
        build(config, timeout)?
    };
    exporter.set_resource(resource);
    Ok(Box::new(Otlp {
        runtime,
        exporter,
        timeout,
    }))
}

fn build(config: &TelemetryConfig, timeout: Duration) -> Result<SpanExporter, Error> {
    if config.otlp_endpoint.starts_with("https://") {
        return Err(Error::config(
            "otlp_endpoint: `https` is not built in: accepted is `http://`, for example a collector on this host",
        ));
    }
    match config.otlp_protocol {
        OtlpProtocol::Grpc => grpc(config, timeout),
        OtlpProtocol::Http => http(config, timeout),
    }
}

#[cfg(feature = "otlp-grpc")]
fn grpc(config: &TelemetryConfig, timeout: Duration) -> Result<SpanExporter, Error> {
    use opentelemetry_otlp::WithTonicConfig;
    use tonic::metadata::{AsciiMetadataKey, MetadataMap, MetadataValue};

    let mut metadata = MetadataMap::new();
    if let Some((name, value)) = config
        .authentication
        .as_ref()
        .and_then(|auth| auth.header())
    {
        // HTTP/2 knows lower-case names only.
        let key = AsciiMetadataKey::from_bytes(name.to_ascii_lowercase().as_bytes());
        let value = MetadataValue::try_from(value);
        let (Ok(key), Ok(mut value)) = (key, value) else {
            return Err(header_error());
        };
        value.set_sensitive(true);
        metadata.insert(key, value);
    }
    SpanExporter::builder()
        .with_tonic()
        .with_endpoint(&config.otlp_endpoint)
        .with_timeout(timeout)
        .with_metadata(metadata)
        .with_retry_policy(RetryPolicy::recommended())
        .build()
        .map_err(|error| Error::config(format!("the OTLP exporter cannot be made: {error}")))
}

#[cfg(not(feature = "otlp-grpc"))]
fn grpc(_: &TelemetryConfig, _: Duration) -> Result<SpanExporter, Error> {
    Err(Error::config(
        "otlp_protocol: `grpc` needs the feature `otlp-grpc`; `http` is built in",
    ))
}

#[cfg(feature = "otlp-http")]
fn http(config: &TelemetryConfig, timeout: Duration) -> Result<SpanExporter, Error> {
    use opentelemetry_otlp::{Protocol, WithHttpConfig};

    let headers = config
        .authentication
        .as_ref()
        .and_then(|auth| auth.header())
        .map(|(name, value)| (name.to_owned(), value));
    if let Some((name, value)) = &headers
        && (!is_header_name(name) || !value.bytes().all(|byte| (0x20..0x7f).contains(&byte)))
    {
        return Err(header_error());
    }
    SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(traces_url(&config.otlp_endpoint))
        .with_timeout(timeout)
        .with_headers(headers.into_iter().collect())
        .with_retry_policy(RetryPolicy::recommended())
        .build()
        .map_err(|error| Error::config(format!("the OTLP exporter cannot be made: {error}")))
}

#[cfg(not(feature = "otlp-http"))]
fn http(_: &TelemetryConfig, _: Duration) -> Result<SpanExporter, Error> {
    Err(Error::config(
        "otlp_protocol: `http` needs the feature `otlp-http`; `grpc` is built in",
    ))
}

/// The path of the signal is appended, unless it is there
/// ([specification](https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp)).
#[cfg(feature = "otlp-http")]
fn traces_url(endpoint: &str) -> String {
    let base = endpoint.trim_end_matches('/');
    if base.ends_with("/v1/traces") {
        base.to_owned()
    } else {
        format!("{base}/v1/traces")
    }
}

#[cfg(feature = "otlp-http")]
fn is_header_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn header_error() -> Error {
    Error::config(
        "authentication: the header name or the credential has characters that a header cannot carry: \
         accepted are letters, digits, `-`, `_` and `.` in the name, printable ASCII in the credential",
    )
}

impl BatchExporter for Otlp {
    fn export(&mut self, batch: Vec<SpanData>) -> Result<(), String> {
        let exported = self.runtime.block_on(async {
            tokio::time::timeout(self.timeout, self.exporter.export(batch)).await
        });
        match exported {
            Ok(result) => result.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no answer within {:?}", self.timeout)),
        }
    }

    fn flush(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn shutdown(&mut self, timeout: Duration) -> Result<(), String> {
        self.exporter
            .shutdown_with_timeout(timeout)
            .map_err(|error| error.to_string())
    }
}

#[cfg(all(test, feature = "otlp-http"))]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_appended_once() {
        for endpoint in [
            "http://c:4318",
            "http://c:4318/",
            "http://c:4318/v1/traces",
            "http://c:4318/v1/traces/",
        ] {
            assert_eq!(traces_url(endpoint), "http://c:4318/v1/traces");
        }
        assert_eq!(traces_url("http://c/otlp"), "http://c/otlp/v1/traces");
    }
}
