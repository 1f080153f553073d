//! Attribute values as JSON, which tests compare.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use serde_json::{Value, json};

/// Converts a value. Bytes, a map, and no value become an object with a description, which no test expects.
pub(super) fn value(value: AnyValue) -> Value {
    match value.value {
        Some(any_value::Value::BoolValue(value)) => value.into(),
        Some(any_value::Value::IntValue(value)) => value.into(),
        Some(any_value::Value::DoubleValue(value)) => value.into(),
        Some(any_value::Value::StringValue(value)) => value.into(),
        Some(any_value::Value::ArrayValue(array)) => {
            array.values.into_iter().map(self::value).collect()
        }
        other => json!({"unexpected": format!("{other:?}")}),
    }
}

pub(super) fn attributes(list: Vec<KeyValue>) -> BTreeMap<String, Value> {
    let mut map = BTreeMap::new();
    for KeyValue { key, value, .. } in list {
        let value = self::value(value.unwrap_or_default());
        match map.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(value);
            }
            // Keys must be unique. A map would hide duplicates, so the value reports them.
            Entry::Occupied(mut entry) => {
                let both = json!({"sent twice": [entry.get(), value]});
                entry.insert(both);
            }
        }
    }
    map
}
