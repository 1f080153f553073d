//! Implements `serde`'s deserializer for the tree, and describes the mistakes that it finds.

use std::fmt;
use std::iter::Enumerate;
use std::slice::Iter;
use std::str::FromStr;

use floe_suggest::{one_of, unknown_key};
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, Expected, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::mistake::{Mistake, Position};
use crate::node::{Content, Entry, Node};
use crate::spanned::{NODE, SPANNED, hand_part, hand_position};

/// The type of a scalar in YAML's core schema, for targets that accept any type.
enum Scalar<'a> {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(&'a str),
}

fn scalar(text: &str, is_plain: bool) -> Scalar<'_> {
    match text {
        _ if !is_plain => Scalar::Text(text),
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        _ => match (integer(text), float(text)) {
            (Some(number), _) => Scalar::Integer(number),
            (_, Some(number)) => Scalar::Float(number),
            _ => Scalar::Text(text),
        },
    }
}

/// Parses a whole number in decimal, or in YAML's hexadecimal or octal form.
fn integer<T: FromStr + TryFrom<u64>>(text: &str) -> Option<T> {
    let digits = |prefix| {
        let digits = text.strip_prefix(prefix)?;
        // `from_str_radix` also accepts signs.
        digits.starts_with(|c: char| c.is_ascii_hexdigit()).then_some(digits)
    };
    let other = |prefix, radix| u64::from_str_radix(digits(prefix)?, radix).ok();
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
        T::deserialize(self).map_err(|failure| failure.into_mistake(self.position))
    }

    fn scalar(&self) -> Option<Scalar<'_>> {
        match &self.content {
            Content::Scalar { .. } if self.is_null() => Some(Scalar::Null),
            Content::Scalar { text, is_plain } => Some(scalar(text, *is_plain)),
            _ => None,
        }
    }

    /// Returns the error that `what` was expected instead of this node. The error quotes a scalar only if a word or a
    /// number was expected, because another scalar may be a misplaced credential.
    fn unexpected(&self, what: &str, quote: bool) -> Failure {
        let found = match (&self.content, self.scalar()) {
            (_, Some(Scalar::Null)) => "nothing".to_owned(),
            (Content::Scalar { text, is_plain: false }, _)
                if quote && matches!(scalar(text, true), Scalar::Bool(_)) =>
            {
                format!("the text `{text}`")
            }
            (Content::Scalar { text, .. }, _) if quote => format!("`{text}`"),
            (Content::List(_), _) => "a list".to_owned(),
            (Content::Map(_), _) => "a mapping".to_owned(),
            _ => "a text".to_owned(),
        };
        Failure::new(format!("expected {what}, found {found}")).at(self)
    }
}

/// Numbers.
macro_rules! numbers {
    ($($method:ident => $visit:ident, $type:ty, $words:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            let number = match &self.content {
                Content::Scalar { text, .. } => integer::<$type>(text),
                _ => None,
            };
            match number {
                Some(number) => visitor.$visit(number).at(self),
                None => Err(self.unexpected($words, true)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let result = match (&self.content, self.scalar()) {
            (Content::List(_), _) => return self.deserialize_seq(visitor),
            (Content::Map(_), _) => return self.deserialize_map(visitor),
            (_, Some(Scalar::Bool(value))) => visitor.visit_bool(value),
            (_, Some(Scalar::Integer(value))) => visitor.visit_i64(value),
            (_, Some(Scalar::Float(value))) => visitor.visit_f64(value),
            (_, Some(Scalar::Text(value))) => visitor.visit_borrowed_str(value),
            (_, Some(Scalar::Null) | None) => visitor.visit_unit(),
        };
        result.at(self)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.scalar() {
            Some(Scalar::Bool(value)) => visitor.visit_bool(value).at(self),
            _ => Err(self.unexpected("`true` or `false`", true)),
        }
    }

    numbers! {
        deserialize_u8 => visit_u8, u8, "a whole number from 0 to 255";
        deserialize_u16 => visit_u16, u16, "a whole number from 0 to 65535";
        deserialize_u32 => visit_u32, u32, "a whole number, 0 or more";
        deserialize_u64 => visit_u64, u64, "a whole number, 0 or more";
        deserialize_i8 => visit_i8, i8, "a whole number from -128 to 127";
        deserialize_i16 => visit_i16, i16, "a whole number";
        deserialize_i32 => visit_i32, i32, "a whole number";
        deserialize_i64 => visit_i64, i64, "a whole number";
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let number = match &self.content {
            Content::Scalar { text, .. } => float(text),
            _ => None,
        };
        match number {
            Some(number) => visitor.visit_f64(number).at(self),
            None => Err(self.unexpected("a number", true)),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let text = match (&self.content, self.scalar()) {
            (_, Some(Scalar::Null)) => return Err(self.unexpected("a text", false)),
            // The text as written: `1.20` is a version, not the number 1.2.
            (Content::Scalar { text, .. }, _) => text,
            _ => return Err(self.unexpected("a text", false)),
        };
        visitor.visit_borrowed_str(text).at(self)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.is_null() { visitor.visit_unit() } else { Err(self.unexpected("nothing", false)) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match name {
            NODE => {
                hand_part(self.clone());
                visitor.visit_unit()
            }
            SPANNED => {
                hand_position(self.position);
                visitor.visit_newtype_struct(self)
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let items: &[Node] = match &self.content {
            Content::List(items) => items,
            _ => return Err(self.unexpected("a list", false)),
        };
        visitor.visit_seq(Items::of(items)).at(self)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let entries: &[Entry] = match (&self.content, self.scalar()) {
            (Content::Map(entries), _) => entries,
            // A section without content has the defaults.
            (_, Some(Scalar::Null)) => &[],
            _ => return Err(self.unexpected("a mapping", false)),
        };
        let value = visitor.visit_map(Entries::of(entries));
        value.map_err(|failure| failure.at_key(entries)).at(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let value = match &self.content {
            Content::Scalar { text, .. } => {
                visitor.visit_enum(StrDeserializer::<Failure>::new(text))
            }
            Content::Map(entries) if entries.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(Entries::of(entries)))
            }
            Content::Map(entries) => {
                let (count, keys) = (entries.len(), one_of(variants));
                Err(Failure::new(format!("expected one key, {keys}, found {count}")))
            }
            Content::List(_) => Err(self.unexpected(&one_of(variants), false)),
        };
        value.at(self)
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit_struct tuple tuple_struct identifier ignored_any
    }
}

/// The items of a list.
struct Items<'de>(Enumerate<Iter<'de, Node>>);

impl<'de> Items<'de> {
    fn of(items: &'de [Node]) -> Self {
        Self(items.iter().enumerate())
    }
}

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Failure> {
        self.0
            .next()
            .map(|(at, item)| seed.deserialize(item).at(item).below(|| at.to_string()))
            .transpose()
    }
}

/// The entries of a mapping.
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
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Failure> {
        self.value = self.rest.next();
        let Some(entry) = self.value else {
            return Ok(None);
        };
        let key = StrDeserializer::<Failure>::new(entry.name());
        seed.deserialize(key).map(Some).map_err(|error| Failure {
            position: Some(entry.position),
            path: vec![entry.key.clone()],
            ..error
        })
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        let Some(entry) = self.value.take() else {
            return Err(Failure::new("a value without a key"));
        };
        let value = seed.deserialize(&entry.value);
        value.at(&entry.value).below(|| entry.key.clone())
    }
}

/// The first mistake of a [`Node`] that is deserialized without [`Node::read`].
#[derive(Debug)]
pub struct Failure {
    position: Option<Position>,
    /// The keys from the root to the value.
    path: Vec<String>,
    message: String,
    is_unknown_key: bool,
}

impl Failure {
    fn new(message: impl Into<String>) -> Self {
        Self { position: None, path: Vec::new(), message: message.into(), is_unknown_key: false }
    }

    /// Converts the failure to a mistake. `root` is the position if the failure has none.
    pub(crate) fn into_mistake(self, root: Position) -> Mistake {
        Mistake {
            position: self.position.unwrap_or(root),
            path: self.path.join("."),
            message: self.message,
        }
    }

    /// Sets the position to the key's, if the mistake is a key that was read without a mistake.
    fn at_key(mut self, entries: &[Entry]) -> Self {
        if let (None, true, [key]) = (self.position, self.is_unknown_key, &mut *self.path)
            && let Some(entry) = entries.iter().find(|entry| entry.name() == key)
        {
            self.position = Some(entry.position);
            key.clone_from(&entry.key);
        }
        self
    }

    /// Sets the position to this node's, unless a more precise one is set.
    fn at(mut self, node: &Node) -> Self {
        self.position.get_or_insert(node.position);
        self
    }
}

/// Adds the place of a node to the error of a result.
trait Located {
    /// Sets the position, unless a more precise one is set.
    fn at(self, node: &Node) -> Self;

    /// Prepends the key of the value that contains the mistake.
    fn below(self, key: impl FnOnce() -> String) -> Self;
}

impl<T> Located for Result<T, Failure> {
    fn at(self, node: &Node) -> Self {
        self.map_err(|failure| failure.at(node))
    }

    fn below(self, key: impl FnOnce() -> String) -> Self {
        self.map_err(|mut failure| {
            failure.path.insert(0, key());
            failure
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl de::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        if found == Unexpected::UnitVariant {
            return Self::new("expected a mapping with this word as its key, found the word alone");
        }
        // A text may be a misplaced credential.
        let found = match found {
            Unexpected::Str(_) => "a text".to_owned(),
            Unexpected::Unit => "nothing".to_owned(),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Map => "a mapping".to_owned(),
            other => other.to_string(),
        };
        Self::new(format!("expected {expected}, found {found}"))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {expected}, found {found}"))
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        Self::new(floe_suggest::expected(expected, found))
    }

    fn unknown_field(found: &str, expected: &'static [&'static str]) -> Self {
        let mistake = Self::new(unknown_key(found, expected));
        Self { path: vec![found.to_owned()], is_unknown_key: true, ..mistake }
    }

    fn missing_field(field: &'static str) -> Self {
        Self { path: vec![field.to_owned()], ..Self::new("is missing") }
    }
}
