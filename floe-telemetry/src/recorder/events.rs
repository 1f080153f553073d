//! Events of `tracing` on a recorded span.
//!
//! They are stored packed, in memory that the recording reuses, with all attributes in one list, and go
//! through the thread's rings that way; the collector converts them into OpenTelemetry's events.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::trace::Event;
use opentelemetry::{KeyValue, Value};
use tracing::Metadata;

use super::record::SpanRecord;
use crate::attributes::{Attribute, AttributeValue};
use crate::keys;

/// How many events, with their attributes, a span transports in packed form: together with the span's own
/// attributes the count must fit into a `u8`.
pub(super) const MAX_EVENTS: usize = 120;

/// The field that is the name of the event.
pub(crate) const MESSAGE: &str = "message";

/// What an event has besides its fields.
#[derive(Debug)]
pub(crate) struct EventHead {
    at: SystemTime,
    metadata: &'static Metadata<'static>,
    /// So many of the attributes that are next in [`SpanEvents`] are its own.
    pub(super) attributes: u8,
}

/// Packed events, and the attributes of all of them, one after the other.
#[derive(Debug, Default)]
pub(super) struct SpanEvents {
    pub(super) heads: Vec<EventHead>,
    pub(super) attributes: Vec<Attribute>,
}

impl SpanEvents {
    /// How many attributes the events have.
    pub(super) fn attributes_of_heads(&self) -> usize {
        let of_each = self.heads.iter().map(|head| usize::from(head.attributes));
        of_each.sum()
    }

    /// OpenTelemetry's, with their attributes.
    pub(super) fn into_events(self) -> Vec<Event> {
        let mut attributes = self.attributes.into_iter();
        let events = self.heads.into_iter().map(|head| {
            let own = attributes.by_ref().take(usize::from(head.attributes));
            head.into_event(own)
        });
        events.collect()
    }

    pub(super) fn clear(&mut self) {
        self.heads.clear();
        self.attributes.clear();
    }
}

impl EventHead {
    /// Of an event that happens now.
    #[cfg(feature = "tracing")]
    pub(crate) fn now(metadata: &'static Metadata<'static>) -> Self {
        Self {
            at: crate::clock::wall_now(),
            metadata,
            attributes: 0,
        }
    }

    /// The event with these attributes.
    pub(crate) fn into_event(self, attributes: impl IntoIterator<Item = Attribute>) -> Event {
        let metadata = self.metadata;
        let mut all = Vec::with_capacity(usize::from(self.attributes) + 4);
        all.push(KeyValue::new(keys::LEVEL, metadata.level().as_str()));
        all.push(KeyValue::new(keys::TARGET, metadata.target()));
        if let Some(file) = metadata.file() {
            all.push(KeyValue::new(keys::CODE_FILE_PATH, file));
        }
        if let Some(line) = metadata.line() {
            all.push(KeyValue::new(keys::CODE_LINE_NUMBER, i64::from(line)));
        }
        let mut event = Event::new(metadata.name(), self.at, all, 0);
        for attribute in attributes {
            add(&mut event, attribute);
        }
        event
    }
}

/// Adds an attribute, or the message.
pub(super) fn add(event: &mut Event, Attribute { key, value }: Attribute) {
    match value {
        AttributeValue::Text(text) if key.as_str() == MESSAGE => {
            event.name = Cow::Owned(text.into());
        }
        value => event
            .attributes
            .push(KeyValue::new(key, Value::from(value))),
    }
}

impl SpanRecord {
    /// Adds an event, whose attributes it takes.
    #[cfg(feature = "tracing")]
    pub(crate) fn push_event(&mut self, mut head: EventHead, attributes: &mut Vec<Attribute>) {
        let packed = self.packed.heads.len() + self.packed.attributes.len();
        match u8::try_from(attributes.len()) {
            Ok(own) if packed + usize::from(own) < MAX_EVENTS => head.attributes = own,
            _ => return self.add_event(head.into_event(attributes.drain(..))),
        }
        self.packed.heads.push(head);
        self.packed.attributes.append(attributes);
    }

    /// Converts the events here, because the ring has no room for them.
    #[cold]
    pub(super) fn unpack_events(&mut self) {
        let events = std::mem::take(&mut self.packed);
        self.add_events(events.into_events());
    }
}

#[cfg(test)]
#[cfg(feature = "tracing")]
mod tests {
    use super::*;
    use crate::attributes::AttributeList;

    fn with_events(messages: &[&str]) -> SpanRecord {
        let subscriber = tracing_subscriber::registry();
        let span = tracing::subscriber::with_default(subscriber, || tracing::info_span!("event"));
        let metadata = span.metadata().unwrap();
        let mut record = SpanRecord::blank();
        for (n, message) in (0_i64..).zip(messages) {
            let mut fields = AttributeList::default();
            fields.set(MESSAGE, *message);
            fields.set("n", &n);
            record.push_event(EventHead::now(metadata), fields.items_mut());
        }
        record
    }

    fn names(record: &SpanRecord) -> Vec<(String, KeyValue)> {
        let events = record.more.iter().flat_map(|more| &more.events);
        let name = |event: &Event| (event.name.to_string(), event.attributes[4].clone());
        events.map(name).collect()
    }

    #[test]
    fn without_room_in_the_ring_the_events_are_the_same() {
        let mut record = with_events(&["first", "a message that does not fit in place"]);
        assert_eq!(record.packed.heads.len(), 2);
        assert_eq!(record.packed.attributes.len(), 4);
        record.unpack_events();
        assert!(record.packed.heads.is_empty());
        assert_eq!(
            names(&record),
            [
                ("first".to_owned(), KeyValue::new("n", 0)),
                (
                    "a message that does not fit in place".to_owned(),
                    KeyValue::new("n", 1)
                ),
            ]
        );
    }

    #[test]
    fn events_beyond_the_packed_limit_are_kept() {
        let mut record = with_events(&["again"; 100]);
        assert!(record.packed.heads.len() + record.packed.attributes.len() <= MAX_EVENTS);
        record.unpack_events();
        let found = names(&record);
        let numbers: Vec<i64> = found
            .iter()
            .map(|(_, n)| match n.value {
                Value::I64(n) => n,
                _ => -1,
            })
            .collect();
        assert_eq!(numbers, (0..100).collect::<Vec<_>>());
    }
}
