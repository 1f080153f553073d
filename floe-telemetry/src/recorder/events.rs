//! Events of `tracing` on a recorded span.
//!
//! They are stored packed, in memory that the recording reuses, with all attributes in one list, and go
//! through the thread's rings that way; the collector converts them into OpenTelemetry's events.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::trace::Event;
use opentelemetry::{KeyValue, Value};

use crate::attributes::{Attribute, AttributeValue};

/// The maximum number of events and event attributes that a span has in packed form. Together with the
/// span's own attributes their number must fit into a `u8`.
pub(super) const MAX_EVENTS: usize = 120;

/// The field that is the name of the event.
pub(crate) const MESSAGE: &str = "message";

/// The static metadata of an event.
#[cfg(feature = "tracing")]
type Metadata = &'static tracing::Metadata<'static>;

/// Uninhabited: only the `tracing` bridge records packed events.
#[cfg(not(feature = "tracing"))]
type Metadata = std::convert::Infallible;

/// An event without its attributes.
#[derive(Debug)]
pub(crate) struct EventHead {
    at: SystemTime,
    metadata: Metadata,
    /// The number of its attributes, which follow those of the previous event in [`SpanEvents`].
    pub(super) attributes: u8,
}

/// Packed events, with the attributes of all events in one list.
#[derive(Debug, Default)]
pub(super) struct SpanEvents {
    pub(super) heads: Vec<EventHead>,
    pub(super) attributes: Vec<Attribute>,
}

impl SpanEvents {
    /// Returns the number of attributes of all events.
    pub(super) fn attribute_count(&self) -> usize {
        let counts = self.heads.iter().map(|head| usize::from(head.attributes));
        counts.sum()
    }

    /// Converts the events to OpenTelemetry's.
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
    /// The head of an event that happens now.
    #[cfg(feature = "tracing")]
    pub(crate) fn now(metadata: Metadata) -> Self {
        Self {
            at: crate::clock::wall_now(),
            metadata,
            attributes: 0,
        }
    }

    /// Converts to an OpenTelemetry event with these attributes.
    pub(crate) fn into_event(self, attributes: impl IntoIterator<Item = Attribute>) -> Event {
        let mut all = Vec::with_capacity(usize::from(self.attributes) + 4);
        let name = describe(self.metadata, &mut all);
        let mut event = Event::new(name, self.at, all, 0);
        for attribute in attributes {
            add(&mut event, attribute);
        }
        event
    }
}

/// Returns the event's name, and adds its level, target and source location to the attributes.
#[cfg(feature = "tracing")]
fn describe(metadata: Metadata, attributes: &mut Vec<KeyValue>) -> &'static str {
    use crate::keys;

    attributes.push(KeyValue::new(keys::LEVEL, metadata.level().as_str()));
    attributes.push(KeyValue::new(keys::TARGET, metadata.target()));
    if let Some(file) = metadata.file() {
        attributes.push(KeyValue::new(keys::CODE_FILE_PATH, file));
    }
    if let Some(line) = metadata.line() {
        attributes.push(KeyValue::new(keys::CODE_LINE_NUMBER, i64::from(line)));
    }
    metadata.name()
}

#[cfg(not(feature = "tracing"))]
fn describe(metadata: Metadata, _: &mut Vec<KeyValue>) -> &'static str {
    match metadata {}
}

/// Adds an attribute, or sets the name if it is the message.
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
