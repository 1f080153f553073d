//! The type of a column's values, for receivers that need one. Engines without types provide none.

use floe_plugin::table::Value;

/// The type of all non-null values of a column.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ValueType {
    /// There is no value yet.
    #[default]
    Unknown,
    /// Integers.
    Integer,
    /// Numbers, not all of which are integers.
    Real,
    /// Any other values.
    Text,
}

impl ValueType {
    /// Combines the type so far with the type of a value.
    #[must_use]
    pub fn with(self, value: &Value<'_>) -> Self {
        let found = match value {
            Value::Integer(_) => Self::Integer,
            Value::Real(_) => Self::Real,
            Value::Text(_) | Value::Bytes(_) => Self::Text,
            _ => return self,
        };
        match (self, found) {
            (Self::Unknown, it) => it,
            (left, right) if left == right => left,
            (Self::Integer | Self::Real, Self::Integer | Self::Real) => Self::Real,
            _ => Self::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_the_type_that_fits_all_of_its_values() {
        let (one, half, text) = (Value::Integer(1), Value::Real(0.5), Value::Text("x"));
        for (values, expected) in [
            (&[][..], ValueType::Unknown),
            (&[Value::Null], ValueType::Unknown),
            (&[Value::Null, one, Value::Null], ValueType::Integer),
            (&[one, half], ValueType::Real),
            (&[half, one], ValueType::Real),
            (&[one, text], ValueType::Text),
            (&[Value::Bytes(b"x"), half], ValueType::Text),
        ] {
            let found = values.iter().fold(ValueType::default(), ValueType::with);
            assert_eq!(found, expected, "{values:?}");
        }
    }
}
