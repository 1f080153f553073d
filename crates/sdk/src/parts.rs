//! The optional parts of the library, which are separate crates: OTLP, the terminal, metrics and log records.
//!
//! The features of `floe-telemetry` link them, so that this crate does not name them. Each part is in two lists of the
//! linker: the list of this module tells a configuration which parts the program has, and the list of a calling module
//! contains the part's functions.

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
#[expect(
    clippy::exhaustive_structs,
    clippy::struct_excessive_bools,
    missing_docs,
    reason = "one for each feature"
)]
pub struct OtlpPart {
    /// Whether the build has the feature `otlp-grpc`; the next fields are the features `otlp-http`, and so on.
    pub grpc: bool,
    pub http: bool,
    pub tls: bool,
    pub zstd: bool,
    /// Encodes an attribute as a field of an OTLP span.
    pub encode_attribute: fn(&KeyValue) -> Box<[u8]>,
}

floe_telemetry_core::__floe_link_list! {
    #[allow(unsafe_code, reason = "the linker defines the bounds of the list, see `link_list`")]
    static PARTS: [Part] = "fl_part_0_1";
}

/// Adds a part to the program: its kind, and its functions.
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

/// Whether the exporter over OTLP is linked with a feature.
pub(crate) fn otlp_has(feature: fn(&OtlpPart) -> bool) -> bool {
    otlp().is_some_and(feature)
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
