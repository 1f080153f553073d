//! Attribute values in a form that tests compare.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Bool(bool),
    Int(i64),
    Double(f64),
    String(String),
    Array(Vec<Value>),
    /// A description of a value that an attribute should not have: bytes, a nested map, no value at
    /// all, or two values because its key was sent twice.
    Other(String),
}

impl Value {
    pub fn json(&self) -> serde_json::Value {
        match self {
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Double(value) => (*value).into(),
            Self::String(text) => text.as_str().into(),
            Self::Array(items) => items.iter().map(Self::json).collect(),
            Self::Other(_) => serde_json::Value::Null,
        }
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<AnyValue> for Value {
    fn from(value: AnyValue) -> Self {
        match value.value {
            Some(any_value::Value::BoolValue(value)) => Self::Bool(value),
            Some(any_value::Value::IntValue(value)) => Self::Int(value),
            Some(any_value::Value::DoubleValue(value)) => Self::Double(value),
            Some(any_value::Value::StringValue(value)) => Self::String(value),
            Some(any_value::Value::ArrayValue(array)) => {
                Self::Array(array.values.into_iter().map(Self::from).collect())
            }
            other => Self::Other(format!("{other:?}")),
        }
    }
}

pub(super) fn attributes(list: Vec<KeyValue>) -> BTreeMap<String, Value> {
    let mut map = BTreeMap::new();
    for KeyValue { key, value, .. } in list {
        let value = Value::from(value.unwrap_or_default());
        match map.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(value);
            }
            // Keys must be unique. A map would hide duplicates, so the value reports them.
            Entry::Occupied(mut entry) => {
                let both = format!("sent twice: {:?}, {value:?}", entry.get());
                entry.insert(Value::Other(both));
            }
        }
    }
    map
}
