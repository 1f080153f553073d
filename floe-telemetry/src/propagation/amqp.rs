//! The carrier of the `lapin` crate: the headers among the properties of an AMQP message.

use std::collections::BTreeMap;

use amq_protocol_types::{AMQPValue, FieldTable, ShortString};
use opentelemetry::propagation::{Extractor, Injector};

use super::carrier::PairExtractor;
use super::{ExtractFrom, InjectInto, kind};

impl ExtractFrom<kind::Pairs> for FieldTable {
    fn extract(&self, read: &mut dyn FnMut(&dyn Extractor)) {
        let headers = self.inner().iter();
        // A header that is not text counts as empty.
        let pairs = headers.map(|(name, value)| (name.as_str(), text(value).unwrap_or_default()));
        read(&PairExtractor(pairs.collect()));
    }
}

fn text(value: &AMQPValue) -> Option<&str> {
    match value {
        AMQPValue::LongString(text) => str::from_utf8(text.as_bytes()).ok(),
        AMQPValue::ShortString(text) => Some(text.as_str()),
        _ => None,
    }
}

impl InjectInto<kind::Pairs> for FieldTable {
    fn inject(&mut self, write: &mut dyn FnMut(&mut dyn Injector)) {
        write(&mut Table(self));
    }
}

struct Table<'a>(&'a mut FieldTable);

impl Injector for Table<'_> {
    fn set(&mut self, key: &str, value: String) {
        // AMQP has no longer names.
        let Ok(name) = ShortString::try_new(key) else {
            return;
        };
        // A message that is sent on has the headers of its sender, and no header can be removed.
        let is_same = |name: &ShortString| name.as_str().eq_ignore_ascii_case(key);
        let headers = self.0.inner();
        if headers.keys().any(is_same) {
            let others = headers.iter().filter(|(name, _)| !is_same(name));
            let others = others.map(|(name, value)| (name.clone(), value.clone()));
            *self.0 = others.collect::<BTreeMap<_, _>>().into();
        }
        self.0.insert(name, AMQPValue::LongString(value.into()));
    }
}
