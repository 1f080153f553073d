//! The parts of lists and mappings as serde asks for them, one after the other.

use std::iter::Enumerate;
use std::slice::Iter;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, IntoDeserializer};

use super::failure::Failure;
use super::{Entry, Node};

pub(super) struct Items<'de>(Enumerate<Iter<'de, Node>>);

impl<'de> Items<'de> {
    pub(super) fn of(items: &'de [Node]) -> Self {
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
            .map(|(at, item)| {
                seed.deserialize(item)
                    .map_err(|error| error.below(&at.to_string()))
            })
            .transpose()
    }
}

pub(super) struct Entries<'de> {
    rest: Iter<'de, Entry>,
    value: Option<&'de Entry>,
}

impl<'de> Entries<'de> {
    pub(super) fn of(entries: &'de [Entry]) -> Self {
        Self {
            rest: entries.iter(),
            value: None,
        }
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
        let key: StrDeserializer<'_, Failure> = entry.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|mut error| {
            error.place = Some(entry.place);
            error
        })
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        let Some(entry) = self.value.take() else {
            return Err(Failure::new("a value without a key"));
        };
        seed.deserialize(&entry.value)
            .map_err(|error| error.below(&entry.key))
    }
}

/// All fields of a structure, each a stand-in.
pub(super) struct StandIns<'de> {
    node: &'de Node,
    fields: Iter<'static, &'static str>,
}

impl<'de> StandIns<'de> {
    pub(super) fn of(node: &'de Node, fields: &'static [&'static str]) -> Self {
        Self {
            node,
            fields: fields.iter(),
        }
    }
}

impl<'de> de::MapAccess<'de> for StandIns<'de> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Failure> {
        let key = self.fields.next().copied();
        key.map(|key| seed.deserialize(IntoDeserializer::<Failure>::into_deserializer(key)))
            .transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        seed.deserialize(self.node)
    }
}
