//! The carrier of the `lapin` crate: the headers among the properties of an AMQP message.

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
        if let Ok(name) = ShortString::try_new(key) {
            self.0.insert(name, AMQPValue::LongString(value.into()));
        }
    }
}
