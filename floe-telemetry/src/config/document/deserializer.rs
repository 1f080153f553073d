//! The tree as serde sees it.

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::access::{Entries, Items, StandIns};
use super::failure::{Failure, Located as _};
use super::{Content, Entry, Node};

/// What a plain scalar says when nobody knows what it should be (YAML's core schema).
enum Meaning<'a> {
    Nothing,
    Bool(bool),
    Whole(i64),
    Float(f64),
    Text(&'a str),
}

fn meaning(text: &str, is_plain: bool) -> Meaning<'_> {
    match text {
        _ if !is_plain => Meaning::Text(text),
        "" | "~" | "null" | "Null" | "NULL" => Meaning::Nothing,
        "true" | "True" | "TRUE" => Meaning::Bool(true),
        "false" | "False" | "FALSE" => Meaning::Bool(false),
        _ => match (text.parse(), float(text)) {
            (Ok(number), _) => Meaning::Whole(number),
            (_, Some(number)) => Meaning::Float(number),
            _ => Meaning::Text(text),
        },
    }
}

fn float(text: &str) -> Option<f64> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        // Rust reads "infinity" as a number, too.
        _ if text.contains(|c: char| c.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    }
}

impl Node {
    fn meaning(&self) -> Option<Meaning<'_>> {
        match &self.content {
            Content::Scalar { text, is_plain } => Some(meaning(text, *is_plain)),
            _ => None,
        }
    }

    /// What it is, in words. A scalar is quoted only where a word or a number was asked for: in
    /// other places it may be a credential that slipped.
    fn accepted(&self, what: &str, quote: bool) -> Failure {
        let found = match (&self.content, self.meaning()) {
            (_, Some(Meaning::Nothing)) => "nothing".to_owned(),
            (Content::Scalar { text, .. }, _) if quote => format!("`{text}`"),
            (Content::List(_), _) => "a list".to_owned(),
            (Content::Map(_), _) => "a mapping".to_owned(),
            _ => "a text".to_owned(),
        };
        Failure::new(format!("found {found}, accepted is {what}")).at(self)
    }
}

/// Numbers: a stand-in is 1, which is accepted wherever there is a choice of numbers.
macro_rules! numbers {
    ($($method:ident => $visit:ident, $type:ty, $words:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            let number = match &self.content {
                Content::StandIn => Some(1 as $type),
                Content::Scalar { text, .. } => text.parse::<$type>().ok(),
                _ => None,
            };
            match number {
                Some(number) => visitor.$visit(number).at(self),
                None => Err(self.accepted($words, true)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let result = match (&self.content, self.meaning()) {
            (Content::List(_), _) => return self.deserialize_seq(visitor),
            (Content::Map(_), _) => return self.deserialize_map(visitor),
            (_, Some(Meaning::Bool(value))) => visitor.visit_bool(value),
            (_, Some(Meaning::Whole(value))) => visitor.visit_i64(value),
            (_, Some(Meaning::Float(value))) => visitor.visit_f64(value),
            (_, Some(Meaning::Text(value))) => visitor.visit_borrowed_str(value),
            (_, Some(Meaning::Nothing) | None) => visitor.visit_unit(),
        };
        result.at(self)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let value = match (&self.content, self.meaning()) {
            (Content::StandIn, _) => false,
            (_, Some(Meaning::Bool(value))) => value,
            _ => return Err(self.accepted("`true` or `false`", true)),
        };
        visitor.visit_bool(value).at(self)
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
            Content::StandIn => Some(1.0),
            Content::Scalar { text, .. } => float(text),
            _ => None,
        };
        match number {
            Some(number) => visitor.visit_f64(number).at(self),
            None => Err(self.accepted("a number", true)),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let text = match (&self.content, self.meaning()) {
            (Content::StandIn, _) => "",
            (_, Some(Meaning::Nothing)) => return Err(self.accepted("a text", false)),
            // As it is written: `1.20` is a version, not a number.
            (Content::Scalar { text, .. }, _) => text,
            _ => return Err(self.accepted("a text", false)),
        };
        visitor.visit_borrowed_str(text).at(self)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match (&self.content, self.meaning()) {
            (Content::StandIn, _) | (_, Some(Meaning::Nothing)) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let items: &[Node] = match &self.content {
            Content::List(items) => items,
            Content::StandIn => &[],
            _ => return Err(self.accepted("a list", false)),
        };
        visitor.visit_seq(Items::of(items)).at(self)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let entries: &[Entry] = match (&self.content, self.meaning()) {
            (Content::Map(entries), _) => entries,
            // A section with nothing in it has its defaults.
            (Content::StandIn, _) | (_, Some(Meaning::Nothing)) => &[],
            _ => return Err(self.accepted("a mapping", false)),
        };
        visitor.visit_map(Entries::of(entries)).at(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match &self.content {
            Content::StandIn => visitor.visit_map(StandIns::of(self, fields)),
            _ => self.deserialize_map(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let word: StrDeserializer<'_, Failure> = match &self.content {
            Content::StandIn => variants.first().copied().unwrap_or_default(),
            Content::Scalar { text, .. } => text.as_str(),
            Content::Map(entries) if entries.len() == 1 => {
                return visitor
                    .visit_enum(MapAccessDeserializer::new(Entries::of(entries)))
                    .at(self);
            }
            _ => return Err(self.accepted(&format!("one of {}", variants.join(", ")), false)),
        }
        .into_deserializer();
        visitor.visit_enum(word).at(self)
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}
