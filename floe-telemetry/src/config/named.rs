//! Values of a configuration that are chosen by their names, to which other crates add some.

use std::fmt;

use serde::Deserializer;
use serde::de::{EnumAccess, Error as _, VariantAccess as _, Visitor};

/// Reads a value from its name. A document with mistakes has the first of `stand_ins` in its place.
pub(super) fn deserialize<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    what: &'static str,
    stand_ins: &'static [&'static str],
    parse: fn(&str) -> Result<T, String>,
) -> Result<T, D::Error> {
    deserializer.deserialize_enum(what, stand_ins, Name { what, parse })
}

struct Name<T> {
    what: &'static str,
    parse: fn(&str) -> Result<T, String>,
}

impl<'de, T> Visitor<'de> for Name<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the name of a {}", self.what)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<T, A::Error> {
        let (name, variant): (String, _) = access.variant()?;
        variant.unit_variant()?;
        (self.parse)(&name).map_err(A::Error::custom)
    }
}

/// The schema of a name that is one of `known`, or another one that is registered.
#[cfg(feature = "schema")]
pub(super) fn json_schema(description: &str, known: &[&str]) -> schemars::Schema {
    schemars::json_schema!({
        "description": description,
        "anyOf": [{ "enum": known }, { "type": "string" }]
    })
}

/// Refuses a name whose crate is not linked into the program.
pub(super) fn needs_crate(name: &str, package: &str) -> String {
    let path = package.replace('-', "_");
    format!("found `{name}`, which needs the crate `{package}` and the line `use {path} as _;`")
}
