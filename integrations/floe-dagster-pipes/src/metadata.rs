//! Values of the metadata of assets and checks.

use serde_json::{Map, Value, json};

use crate::message::text;

/// A value in the metadata of an asset or a check. The variant is the type in Dagster.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Metadata<'a> {
    /// An integer.
    Int(i64),
    /// A floating-point number. It is reported as text if it is not finite, because JSON cannot express such numbers.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// Text.
    Text(&'a str),
    /// A URL, which Dagster shows as a link.
    Url(&'a str),
}

impl Metadata<'_> {
    fn to_json(self) -> Value {
        let typed = |kind: &str, value: Value| json!({ "raw_value": value, "type": kind });
        match self {
            Self::Int(value) => typed("int", value.into()),
            Self::Float(value) if value.is_finite() => typed("float", value.into()),
            Self::Float(value) => typed("text", value.to_string().into()),
            Self::Bool(value) => typed("bool", value.into()),
            Self::Text(value) => typed("text", text(value).into()),
            Self::Url(value) => typed("url", text(value).into()),
        }
    }
}

pub(crate) fn of(metadata: &[(&str, Metadata<'_>)]) -> Map<String, Value> {
    let entries = metadata.iter();
    entries.map(|(key, value)| ((*key).to_owned(), value.to_json())).collect()
}
