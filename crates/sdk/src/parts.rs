//! The parts of the library that are crates of their own and that a program can leave out: OTLP, the terminal, metrics
//! and log records.
//!
//! The features of `floe-telemetry` link them, and each adds itself to a list of the linker, so that this crate names
//! none of them. A part brings what a configuration has to know of it, and the functions that a provider calls, whose
//! types stand above this module.

use std::any::Any;

use opentelemetry::KeyValue;

/// A part that is linked into the program.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "not part of the public interface")]
pub enum Part {
    /// Export over OTLP.
    Otlp(OtlpPart),
    /// The terminal: an instance of [`ConsoleExporters`](crate::exporter::ConsoleExporters).
    Console(&'static (dyn Any + Send + Sync)),
    /// Metrics: an instance of [`MeterProviders`](crate::metrics::MeterProviders).
    Metrics(&'static (dyn Any + Send + Sync)),
    /// Log records: an instance of [`LogRecords`](crate::logs::LogRecords).
    Logs(&'static (dyn Any + Send + Sync)),
}

/// What exports over OTLP.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "not part of the public interface")]
pub struct OtlpPart {
    /// What it is compiled with.
    pub features: OtlpFeatures,
    /// Encodes an attribute as a field of an OTLP span.
    pub encode_attribute: fn(&KeyValue) -> Box<[u8]>,
    /// An instance of [`OtlpExporters`](crate::exporter::OtlpExporters).
    pub exporters: &'static (dyn Any + Send + Sync),
}

/// What the exporter over OTLP is compiled with.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    clippy::struct_excessive_bools,
    missing_docs,
    reason = "one for each feature"
)]
pub struct OtlpFeatures {
    pub grpc: bool,
    pub http: bool,
    pub tls: bool,
    pub zstd: bool,
}

floe_telemetry_core::__floe_link_list! {
    /// The parts of the program.
    #[allow(unsafe_code, reason = "the bounds of the list, where a linker makes one: see `link_list`")]
    static PARTS: [Part] = "fl_part_0_1";
}

/// Adds a part to the program.
#[macro_export]
#[doc(hidden)]
macro_rules! __part {
    ($part:expr) => {
        $crate::__floe_linked! {
            "fl_part_0_1"
            #[doc(hidden)]
            static PART: $crate::__parts::parts::Part = $part;
        }
    };
}

/// What exports over OTLP, if it is linked.
pub(crate) fn otlp() -> Option<&'static OtlpPart> {
    PARTS.iter().find_map(|part| match part {
        Part::Otlp(otlp) => Some(otlp),
        _ => None,
    })
}

/// What the exporter over OTLP is compiled with: nothing if it is not linked.
pub(crate) fn otlp_features() -> OtlpFeatures {
    otlp().map_or_else(OtlpFeatures::default, |otlp| otlp.features)
}

/// What aggregates metrics, if it is linked.
pub(crate) fn metrics() -> Option<&'static (dyn Any + Send + Sync)> {
    PARTS.iter().find_map(|part| match part {
        Part::Metrics(metrics) => Some(*metrics),
        _ => None,
    })
}

/// What makes log records, if it is linked.
pub(crate) fn logs() -> Option<&'static (dyn Any + Send + Sync)> {
    PARTS.iter().find_map(|part| match part {
        Part::Logs(logs) => Some(*logs),
        _ => None,
    })
}

/// What prints to the terminal, if it is linked.
pub(crate) fn console() -> Option<&'static (dyn Any + Send + Sync)> {
    PARTS.iter().find_map(|part| match part {
        Part::Console(console) => Some(*console),
        _ => None,
    })
}
