//! The scalars of a value that serde can write, by their paths.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use serde::ser::{Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

use super::mistake::below;

/// Returns the scalars with their paths. Values that are not set are omitted.
pub(super) fn leaves(value: &impl Serialize) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    // A value that cannot be written ends the list.
    let _ = value.serialize(Leaves { path: String::new(), found: &mut found });
    found
}

struct Leaves<'a> {
    path: String,
    found: &'a mut BTreeMap<String, String>,
}

impl<'a> Leaves<'a> {
    fn leaf(self, value: &dyn Display) {
        self.found.insert(self.path, value.to_string());
    }

    const fn all(self) -> Below<'a> {
        Below { leaves: self, next: 0, key: String::new() }
    }
}

/// The values of a list or a mapping.
struct Below<'a> {
    leaves: Leaves<'a>,
    next: usize,
    key: String,
}

impl Below<'_> {
    fn at<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), fmt::Error> {
        let path = below(&self.leaves.path, key);
        value.serialize(Leaves { path, found: self.leaves.found })
    }
}

macro_rules! scalars {
    ($($method:ident $of:ty,)*) => {$(
        fn $method(self, value: $of) -> Result<(), fmt::Error> {
            self.leaf(&value);
            Ok(())
        }
    )*};
}

/// The shapes that no field of a configuration has.
macro_rules! no_field {
    ($($method:ident($($of:ty),*) -> $list:ty;)*) => {$(
        fn $method(self, $(_: $of),*) -> Result<$list, fmt::Error> {
            Err(fmt::Error)
        }
    )*};
}

type NoField = Impossible<(), fmt::Error>;

impl<'a> Serializer for Leaves<'a> {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = Below<'a>;
    type SerializeTuple = NoField;
    type SerializeTupleStruct = NoField;
    type SerializeTupleVariant = NoField;
    type SerializeMap = Below<'a>;
    type SerializeStruct = Below<'a>;
    type SerializeStructVariant = NoField;

    scalars! {
        serialize_bool bool, serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64, serialize_f32 f32,
        serialize_f64 f64, serialize_char char, serialize_str &str,
    }

    no_field! {
        serialize_bytes(&[u8]) -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_tuple(usize) -> NoField;
        serialize_tuple_struct(&'static str, usize) -> NoField;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> NoField;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> NoField;
    }

    fn serialize_none(self) -> Result<(), fmt::Error> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), fmt::Error> {
        value.serialize(self)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), fmt::Error> {
        self.leaf(&variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), fmt::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), fmt::Error> {
        self.all().at(variant, value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Below<'a>, fmt::Error> {
        Ok(self.all())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Below<'a>, fmt::Error> {
        Ok(self.all())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Below<'a>, fmt::Error> {
        Ok(self.all())
    }
}

impl SerializeSeq for Below<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        self.next += 1;
        self.at(&(self.next - 1).to_string(), value)
    }

    fn end(self) -> Result<(), fmt::Error> {
        Ok(())
    }
}

impl SerializeStruct for Below<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), fmt::Error> {
        self.at(key, value)
    }

    fn end(self) -> Result<(), fmt::Error> {
        Ok(())
    }
}

impl SerializeMap for Below<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), fmt::Error> {
        self.key = leaves(&key).into_values().next().unwrap_or_default();
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        let key = std::mem::take(&mut self.key);
        self.at(&key, value)
    }

    fn end(self) -> Result<(), fmt::Error> {
        Ok(())
    }
}
