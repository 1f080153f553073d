//! Array attributes. OpenTelemetry requires one type for all elements.

use opentelemetry::{Array, StringValue, Value};

use super::{AttributeValue, ToAttributeValue};

impl<T: ToAttributeValue> ToAttributeValue for [T] {
    fn to_attribute_value(&self) -> Option<AttributeValue> {
        let array = homogeneous(self).unwrap_or_else(|| Array::String(texts(self)));
        Some(AttributeValue::Array(Box::new(array)))
    }
}

impl<T: ToAttributeValue> ToAttributeValue for Vec<T> {
    fn to_attribute_value(&self) -> Option<AttributeValue> {
        self.as_slice().to_attribute_value()
    }
}

impl<T: ToAttributeValue, const N: usize> ToAttributeValue for [T; N] {
    fn to_attribute_value(&self) -> Option<AttributeValue> {
        self.as_slice().to_attribute_value()
    }
}

/// Returns an array of booleans, integers or floats, if all elements have the type of the first one.
fn homogeneous<T: ToAttributeValue>(items: &[T]) -> Option<Array> {
    Some(match items.iter().find_map(T::to_attribute_value)? {
        AttributeValue::Bool(_) => Array::Bool(all(items, |value| match value {
            AttributeValue::Bool(value) => Some(value),
            _ => None,
        })?),
        AttributeValue::I64(_) => Array::I64(all(items, |value| match value {
            AttributeValue::I64(value) => Some(value),
            _ => None,
        })?),
        AttributeValue::F64(_) => Array::F64(all(items, |value| match value {
            AttributeValue::F64(value) => Some(value),
            _ => None,
        })?),
        _ => return None,
    })
}

fn all<T: ToAttributeValue, V>(
    items: &[T],
    convert: fn(AttributeValue) -> Option<V>,
) -> Option<Vec<V>> {
    items.iter().filter_map(T::to_attribute_value).map(convert).collect()
}

fn texts<T: ToAttributeValue>(items: &[T]) -> Vec<StringValue> {
    items.iter().filter_map(T::to_attribute_value).map(text).collect()
}

fn text(value: AttributeValue) -> StringValue {
    match value {
        AttributeValue::Static(text) => text.into(),
        AttributeValue::Text(text) => String::from(text).into(),
        other => Value::from(other).as_str().into_owned().into(),
    }
}
