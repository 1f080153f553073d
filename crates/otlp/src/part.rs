//! Adds the exporters to a program that is linked with this crate.

use floe_telemetry_sdk::__parts::exporter::OtlpExporters;
use floe_telemetry_sdk::__parts::parts::OtlpPart;

#[cfg(feature = "logs")]
use super::logs;
#[cfg(feature = "metrics")]
use super::metrics;
use super::{encoding, exporter};

floe_telemetry_sdk::__part!(
    Otlp(OtlpPart {
        grpc: cfg!(feature = "grpc"),
        http: cfg!(feature = "http"),
        tls: cfg!(feature = "tls"),
        zstd: cfg!(feature = "zstd"),
        encode_attribute: encoding::encode_attribute,
    }),
    OtlpExporters {
        spans: exporter::start_spans,
        #[cfg(feature = "metrics")]
        metrics: metrics::destination,
        #[cfg(not(feature = "metrics"))]
        metrics: |_, _, _| Err(exporter::without("metrics")),
        #[cfg(feature = "logs")]
        logs: logs::start,
        #[cfg(not(feature = "logs"))]
        logs: |_, _, _, _| Err(exporter::without("logs")),
        try_connection: exporter::try_connection,
    }
);
