//! Implements `serde`'s deserializer for the tree, and describes the mistakes that it finds.

use std::fmt;
use std::iter::Enumerate;
use std::slice::Iter;
use std::str::FromStr;

use serde::de::value::{MapAccessDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, Expected, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

use super::{Content, Entry, Mistake, Node, Position, SPANNED};
use crate::config::mistake::below;
use crate::suggest::{expected, one_of, unknown_key};

/// Returns a scalar with its type in YAML's core schema, for targets that accept any type.
fn scalar(text: &str, is_plain: bool) -> Unexpected<'_> {
    match text {
        _ if !is_plain => Unexpected::Str(text),
        "true" | "True" | "TRUE" => Unexpected::Bool(true),
        "false" | "False" | "FALSE" => Unexpected::Bool(false),
        _ => match (integer(text), float(text)) {
            (Some(number), _) => Unexpected::Signed(number),
            (_, Some(number)) => Unexpected::Float(number),
            _ => Unexpected::Str(text),
        },
    }
}

/// Parses a whole number in decimal, or in YAML's hexadecimal or octal form.
fn integer<T: FromStr + TryFrom<u64>>(text: &str) -> Option<T> {
    let other = |prefix, radix| {
        let digits = text.strip_prefix(prefix)?;
        // `from_str_radix` also accepts signs.
        let is_digit = digits.starts_with(|c: char| c.is_ascii_hexdigit());
        u64::from_str_radix(digits, radix).ok().filter(|_| is_digit)
    };
    match other("0x", 16).or_else(|| other("0o", 8)) {
        Some(number) => T::try_from(number).ok(),
        None => text.parse().ok(),
    }
}

fn float(text: &str) -> Option<f64> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        // Rust also parses "infinity" as a number.
        _ if text.contains(|c: char| c.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    }
}

impl Node {
    /// Deserializes the value.
    ///
    /// # Errors
    ///
    /// Fails with the first mistake, with its path from this value.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Mistake> {
        T::deserialize(self).map_err(|mistake| mistake.placed(self.position))
    }

    fn kind(&self) -> Unexpected<'_> {
        match &self.content {
            Content::Scalar { .. } if self.is_null() => Unexpected::Unit,
            Content::Scalar { text, is_plain } => scalar(text, *is_plain),
            Content::List(_) => Unexpected::Seq,
            Content::Map(_) => Unexpected::Map,
        }
    }

    fn text(&self) -> &str {
        match &self.content {
            Content::Scalar { text, .. } => text,
            _ => "",
        }
    }

    /// Returns the error that `what` was expected instead of this node. The error quotes a scalar only if a word or a
    /// number was expected, because another scalar may be a misplaced credential.
    fn unexpected(&self, what: &str, quote: bool) -> Mistake {
        let found = match &self.content {
            Content::Scalar { text, is_plain: false }
                if quote && matches!(scalar(text, true), Unexpected::Bool(_)) =>
            {
                format!("the text `{text}`")
            }
            Content::Scalar { text, .. } if quote && !self.is_null() => format!("`{text}`"),
            Content::Scalar { .. } if !self.is_null() => "a text".to_owned(),
            _ => described(self.kind()),
        };
        Mistake::new("", format!("expected {what}, found {found}"))
    }
}

macro_rules! numbers {
    ($($method:ident => $visit:ident, $parse:expr, $words:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
            match $parse(self.text()) {
                Some(number) => visitor.$visit(number),
                None => Err(self.unexpected($words, true)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self.kind() {
            Unexpected::Seq => self.deserialize_seq(visitor),
            Unexpected::Map => self.deserialize_map(visitor),
            Unexpected::Bool(value) => visitor.visit_bool(value),
            Unexpected::Signed(value) => visitor.visit_i64(value),
            Unexpected::Float(value) => visitor.visit_f64(value),
            Unexpected::Str(value) => visitor.visit_borrowed_str(value),
            _ => visitor.visit_unit(),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self.kind() {
            Unexpected::Bool(value) => visitor.visit_bool(value),
            _ => Err(self.unexpected("`true` or `false`", true)),
        }
    }

    numbers! {
        deserialize_u8 => visit_u8, integer, "a whole number from 0 to 255";
        deserialize_u16 => visit_u16, integer, "a whole number from 0 to 65535";
        deserialize_u32 => visit_u32, integer, "a whole number, 0 or more";
        deserialize_u64 => visit_u64, integer, "a whole number, 0 or more";
        deserialize_i8 => visit_i8, integer, "a whole number from -128 to 127";
        deserialize_i64 => visit_i64, integer, "a whole number";
        deserialize_f64 => visit_f64, float, "a number";
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.content {
            // The text is taken as written, because `1.20` may be a version instead of the number 1.2.
            Content::Scalar { text, .. } if !self.is_null() => visitor.visit_borrowed_str(text),
            _ => Err(self.unexpected("a text", false)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        if self.is_null() { visitor.visit_unit() } else { Err(self.unexpected("nothing", false)) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.content {
            Content::List(items) => visitor.visit_seq(Items(items.iter().enumerate())),
            _ => Err(self.unexpected("a list", false)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.content {
            Content::Map(entries) => visitor.visit_map(Entries::of(entries)),
            // A section without content has the defaults.
            _ if self.is_null() => visitor.visit_map(Entries::of(&[])),
            _ => Err(self.unexpected("a mapping", false)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match name {
            SPANNED => visitor.visit_seq(Placed { node: self, is_read: false }),
            _ => self.deserialize_map(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match &self.content {
            Content::Scalar { text, .. } => {
                visitor.visit_enum(StrDeserializer::<Mistake>::new(text))
            }
            Content::Map(entries) if entries.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(Entries::of(entries)))
            }
            Content::Map(entries) => {
                let count = entries.len();
                let keys = one_of(variants);
                Err(Mistake::new("", format!("expected one key ({keys}), found {count}")))
            }
            Content::List(_) => Err(self.unexpected(&one_of(variants), false)),
        }
    }

    forward_to_deserialize_any! {
        i16 i32 f32 i128 u128 char bytes byte_buf unit_struct tuple tuple_struct identifier ignored_any
    }
}

/// Describes a value. A text is not quoted, because it may be a misplaced credential.
fn described(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Str(_) => "a text".to_owned(),
        Unexpected::Unit => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a mapping".to_owned(),
        other => other.to_string(),
    }
}

struct Items<'de>(Enumerate<Iter<'de, Node>>);

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mistake> {
        let Some((index, item)) = self.0.next() else {
            return Ok(None);
        };
        let read = seed.deserialize(item);
        read.map(Some).map_err(|mistake| mistake.below(&index.to_string(), item.position))
    }
}

/// The fields of a [`Spanned`](super::Spanned): a value and its position.
struct Placed<'de> {
    node: &'de Node,
    is_read: bool,
}

impl<'de> de::SeqAccess<'de> for Placed<'de> {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mistake> {
        if !self.is_read {
            self.is_read = true;
            return seed.deserialize(self.node).map(Some);
        }
        let Position { line, column } = self.node.position;
        seed.deserialize(SeqDeserializer::new([line, column].into_iter())).map(Some)
    }
}

struct Entries<'de> {
    rest: Iter<'de, Entry>,
    value: Option<&'de Entry>,
}

impl<'de> Entries<'de> {
    fn of(entries: &'de [Entry]) -> Self {
        Self { rest: entries.iter(), value: None }
    }
}

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = Mistake;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Mistake> {
        self.value = self.rest.next();
        let Some(entry) = self.value else {
            return Ok(None);
        };
        let key = seed.deserialize(StrDeserializer::<Mistake>::new(&entry.key));
        key.map(Some).map_err(|mistake| mistake.below(&entry.key, entry.position))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mistake> {
        let Some(entry) = self.value.take() else {
            return Err(Mistake::new("", "a value without a key"));
        };
        let read = seed.deserialize(&entry.value);
        read.map_err(|mistake| mistake.below(&entry.key, entry.value.position))
    }
}

impl Mistake {
    fn placed(self, position: Position) -> Self {
        Self { position: self.position.or(Some(position)), ..self }
    }

    fn below(self, key: &str, position: Position) -> Self {
        let path = below(key, &self.path);
        Self { path, ..self.placed(position) }
    }
}

impl de::Error for Mistake {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new("", message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        if found == Unexpected::UnitVariant {
            let message = "expected a mapping whose only key is this value, found the value alone";
            return Self::new("", message);
        }
        Self::new("", format!("expected {expected}, found {}", described(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new("", format!("expected {expected}, found {found}"))
    }

    fn unknown_variant(found: &str, variants: &'static [&'static str]) -> Self {
        Self::new("", expected(variants, found))
    }

    fn unknown_field(found: &str, fields: &'static [&'static str]) -> Self {
        Self::new("", unknown_key(found, fields))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(field, "is missing")
    }
}
