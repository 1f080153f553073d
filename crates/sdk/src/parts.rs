//! The optional parts of the library, which are separate crates: OTLP, the terminal, metrics and log records.
//!
//! The features of `floe-telemetry` link them, so that this crate names none of them. Each part is in two lists of the
//! linker: the list of this module tells a configuration the parts of the program, and the list of a calling module
//! contains the part's table of functions.

use opentelemetry::KeyValue;

/// A part that is linked into the program.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "not part of the public interface")]
pub enum Part {
    /// Export over OTLP.
    Otlp(OtlpPart),
    /// The terminal.
    Console,
    /// Metrics.
    Metrics,
    /// Log records.
    Logs,
}

/// The exporter over OTLP.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "not part of the public interface")]
pub struct OtlpPart {
    /// The features of the build.
    pub features: OtlpFeatures,
    /// Encodes an attribute as a field of an OTLP span.
    pub encode_attribute: fn(&KeyValue) -> Box<[u8]>,
}

/// The features with which the exporter over OTLP is built.
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
    #[allow(unsafe_code, reason = "the linker defines the bounds of the list, see `link_list`")]
    static PARTS: [Part] = "fl_part_0_1";
}

/// Adds a part to the program: its kind, and the table of its functions.
#[macro_export]
#[doc(hidden)]
macro_rules! __part {
    (Otlp($otlp:expr), $table:expr) => {
        $crate::__part!(@ Otlp($otlp), "fl_otlp_0_1", exporter::OtlpExporters, $table);
    };
    (Console, $table:expr) => {
        $crate::__part!(@ Console, "fl_console_0_1", exporter::ConsoleExporters, $table);
    };
    (Metrics, $table:expr) => {
        $crate::__part!(@ Metrics, "fl_metrics_0_1", metrics::MeterProviders, $table);
    };
    (Logs, $table:expr) => {
        $crate::__part!(@ Logs, "fl_logs_0_1", logs::LogRecords, $table);
    };
    (@ $part:ident $(($value:expr))?, $list:literal, $module:ident::$type:ident, $table:expr) => {
        $crate::__floe_linked! {
            "fl_part_0_1"
            static PART: $crate::__parts::parts::Part =
                $crate::__parts::parts::Part::$part $(($value))?;
        }
        $crate::__floe_linked! {
            $list
            static TABLE: $crate::__parts::$module::$type = $table;
        }
    };
}

pub(crate) fn otlp() -> Option<&'static OtlpPart> {
    PARTS.iter().find_map(|part| match part {
        Part::Otlp(otlp) => Some(otlp),
        _ => None,
    })
}

/// The features; none without the exporter.
pub(crate) fn otlp_features() -> OtlpFeatures {
    otlp().map_or_else(OtlpFeatures::default, |otlp| otlp.features)
}

pub(crate) fn has_metrics() -> bool {
    PARTS.iter().any(|part| matches!(part, Part::Metrics))
}

pub(crate) fn has_logs() -> bool {
    PARTS.iter().any(|part| matches!(part, Part::Logs))
}

pub(crate) fn has_console() -> bool {
    PARTS.iter().any(|part| matches!(part, Part::Console))
}
