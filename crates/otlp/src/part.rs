//! Adds the exporters to a program that is linked with this crate.

use floe_telemetry_sdk::__parts::exporter::OtlpExporters;
use floe_telemetry_sdk::__parts::parts::OtlpPart;

use super::{encoding, exporter, logs, metrics};

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
        metrics: metrics::destination,
        logs: logs::start,
        try_connection: exporter::try_connection,
    }
);
