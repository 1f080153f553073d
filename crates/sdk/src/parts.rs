//! The optional parts of the library, which are separate crates: OTLP, the terminal, metrics and log records.
//!
//! Features of `floe-telemetry` link the parts, so that this crate does not depend on them. The list in this module
//! tells a configuration which features the program has. The functions of a part are in a list of the module that calls
//! them.

use opentelemetry::KeyValue;

/// A part that is linked into the program.
#[derive(Debug)]
pub struct Part {
    /// The features of `floe-telemetry` that the part provides, and whether they are enabled.
    pub features: &'static [(&'static str, bool)],
    /// Encodes an attribute as a field of an OTLP span.
    pub encode_attribute: Option<EncodeAttribute>,
}

pub(crate) type EncodeAttribute = fn(&KeyValue) -> Box<[u8]>;

floe_telemetry_core::__floe_link_list! {
    #[allow(unsafe_code, reason = "the linker defines the bounds of the list, see `link_list`")]
    static PARTS: [Part] = "fl_part_0_1";
}

/// Adds a part to the program, and its functions to the lists of modules.
#[macro_export]
#[doc(hidden)]
macro_rules! __part {
    ($part:expr; $($list:literal: $module:ident::$type:ident = $table:expr;)+) => {
        $crate::__floe_linked! {
            "fl_part_0_1"
            static PART: $crate::__parts::parts::Part = $part;
        }
        $(const _: () = {
            $crate::__floe_linked! {
                $list
                static TABLE: $crate::__parts::$module::$type = $table;
            }
        };)+
    };
}

impl Part {
    /// Creates a part with these features that encodes nothing.
    pub const fn of(features: &'static [(&'static str, bool)]) -> Self {
        Self { features, encode_attribute: None }
    }
}

/// The features of this crate.
static OWN: [(&str, bool); 3] = [
    ("patterns", cfg!(feature = "patterns")),
    ("tracing", cfg!(feature = "tracing")),
    ("yaml", cfg!(feature = "yaml")),
];

/// Returns the enabled features.
pub(crate) fn features() -> impl Iterator<Item = &'static str> {
    let all = PARTS.iter().flat_map(|part| part.features).chain(&OWN);
    all.filter(|(_, is_enabled)| *is_enabled).map(|(name, _)| *name)
}

pub(crate) fn has(feature: &str) -> bool {
    features().any(|known| known == feature)
}

/// Whether OTLP over gRPC is the only protocol of the program.
pub(crate) fn sends_only_grpc() -> bool {
    has("otlp-grpc") && !has("otlp-http")
}

pub(crate) fn encode_attribute() -> Option<EncodeAttribute> {
    PARTS.iter().find_map(|part| part.encode_attribute)
}
