//! Adds the exporters to a program that is linked with this crate.
#![allow(clippy::needless_update, reason = "the update is needed if a feature is disabled")]

use floe_telemetry_sdk::__parts::exporter::OtlpExporters;
use floe_telemetry_sdk::__parts::parts::OtlpPart;

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
        metrics: super::metrics::destination,
        #[cfg(feature = "logs")]
        logs: super::logs::start,
        try_connection: exporter::try_connection,
        ..OtlpExporters::WITHOUT
    }
);
