//! Adds the exporters to a program that is linked with this crate.
#![allow(clippy::needless_update, reason = "the struct update is needed if a feature is disabled")]

use floe_telemetry_sdk::__parts::exporter::OtlpExporters;
use floe_telemetry_sdk::__parts::parts::Part;

use super::{encoding, exporter};

floe_telemetry_sdk::__part!(
    Part {
        features: &[
            ("otlp-grpc", cfg!(feature = "grpc")),
            ("otlp-http", cfg!(feature = "http")),
            ("otlp-tls", cfg!(feature = "tls")),
        ],
        encode_attribute: Some(encoding::encode_attribute),
    };
    "fl_otlp_0_1": exporter::OtlpExporters = OtlpExporters {
        spans: exporter::start_spans,
        #[cfg(feature = "metrics")]
        metrics: super::metrics::destination,
        #[cfg(feature = "logs")]
        logs: super::logs::start,
        try_connection: exporter::try_connection,
        ..OtlpExporters::WITHOUT
    };
);
