//! Array attributes, whose elements must have one type in OpenTelemetry.

use opentelemetry::{Array, StringValue, Value};

use super::schema::AttributeType;
use super::{AttributeValue, ToAttributeValue};

impl<T: ToAttributeValue> ToAttributeValue for [T] {
    const TYPE: AttributeType = T::TYPE.array();

    fn to_attribute_value(&self) -> Option<AttributeValue> {
        let array = homogeneous(self, T::TYPE).unwrap_or_else(|| Array::String(texts(self)));
        Some(AttributeValue::Array(Box::new(array)))
    }
}

impl<T: ToAttributeValue> ToAttributeValue for Vec<T> {
    const TYPE: AttributeType = T::TYPE.array();

    fn to_attribute_value(&self) -> Option<AttributeValue> {
        self.as_slice().to_attribute_value()
    }
}

impl<T: ToAttributeValue, const N: usize> ToAttributeValue for [T; N] {
    const TYPE: AttributeType = T::TYPE.array();

    fn to_attribute_value(&self) -> Option<AttributeValue> {
        self.as_slice().to_attribute_value()
    }
}

/// The array, if every element has the type that `T` declares. Strings are handled by [`texts`].
fn homogeneous<T: ToAttributeValue>(items: &[T], element: AttributeType) -> Option<Array> {
    Some(match element {
        AttributeType::Boolean => Array::Bool(all(items, |value| match value {
            AttributeValue::Bool(value) => Some(value),
            _ => None,
        })?),
        AttributeType::Int => Array::I64(all(items, |value| match value {
            AttributeValue::I64(value) => Some(value),
            _ => None,
        })?),
        AttributeType::Double => Array::F64(all(items, |value| match value {
            AttributeValue::F64(value) => Some(value),
            _ => None,
        })?),
        _ => return None,
    })
}

/// The converted elements; `None` if `convert` rejects one of them.
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
