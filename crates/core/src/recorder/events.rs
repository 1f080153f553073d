//! Events of `tracing` on a recorded span.
//!
//! They are stored packed, in memory that the recording reuses, with all attributes in one list, and go
//! through the thread's rings that way; the collector converts them into OpenTelemetry's events.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::trace::Event;
use opentelemetry::{KeyValue, Value};

use self::metadata::{Metadata, describe};
use crate::attributes::{Attribute, AttributeValue};

/// The maximum number of packed events of a span, and of their attributes. Together with the number of the span's own
/// attributes, it must fit into a `u8`.
pub(super) const MAX_EVENTS: usize = 120;

/// The field that contains the name of the event.
pub const MESSAGE: &str = "message";

/// An event without its attributes.
#[derive(Debug)]
pub struct EventHead {
    at: SystemTime,
    metadata: Metadata,
    has_location: bool,
    /// The number of attributes of the event, which follow the previous event's attributes in [`SpanEvents`].
    pub(super) attributes: u8,
}

/// Packed events, with the attributes of all events in one list.
#[derive(Debug, Default)]
pub(super) struct SpanEvents {
    pub(super) heads: Vec<EventHead>,
    pub(super) attributes: Vec<Attribute>,
}

impl SpanEvents {
    pub(super) fn attribute_count(&self) -> usize {
        let counts = self.heads.iter().map(|head| usize::from(head.attributes));
        counts.sum()
    }

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
    /// Converts to an OpenTelemetry event with these attributes.
    pub fn into_event(self, attributes: impl IntoIterator<Item = Attribute>) -> Event {
        let mut all = Vec::with_capacity(usize::from(self.attributes) + 5);
        let name = describe(self.metadata, self.has_location, &mut all);
        let mut event = Event::new(name, self.at, all, 0);
        for attribute in attributes {
            add(&mut event, attribute);
        }
        event
    }
}

/// Adds an attribute, or sets the name if it is the message.
pub(super) fn add(event: &mut Event, Attribute { key, value }: Attribute) {
    match value {
        AttributeValue::Text(text) if key.as_str() == MESSAGE => {
            event.name = Cow::Owned(text.into());
        }
        value => event.attributes.push(KeyValue::new(key, Value::from(value))),
    }
}

mod metadata {
    use super::{EventHead, KeyValue};
    use crate::clock::wall_now;
    use crate::keys;

    pub(super) type Metadata = &'static tracing_core::Metadata<'static>;

    impl EventHead {
        /// The head of an event that happens now.
        pub fn now(metadata: Metadata, has_location: bool) -> Self {
            Self { at: wall_now(), metadata, has_location, attributes: 0 }
        }
    }

    /// Returns the event's name, and adds its level, target and source location to the attributes.
    pub(super) fn describe(
        metadata: Metadata,
        has_location: bool,
        attributes: &mut Vec<KeyValue>,
    ) -> &'static str {
        attributes.push(KeyValue::new(keys::LEVEL, metadata.level().as_str()));
        attributes.push(KeyValue::new(keys::TARGET, metadata.target()));
        if has_location {
            let module = metadata.module_path();
            attributes.extend(module.map(|module| KeyValue::new(keys::CODE_MODULE_NAME, module)));
            let file = metadata.file();
            attributes.extend(file.map(|file| KeyValue::new(keys::CODE_FILE_PATH, file)));
            let line = metadata.line().map(i64::from);
            attributes.extend(line.map(|line| KeyValue::new(keys::CODE_LINE_NUMBER, line)));
        }
        name_without_message(metadata)
    }

    /// The explicit name of an event, or its target, because `tracing`'s name contains a path of the machine that built
    /// the program.
    fn name_without_message(metadata: Metadata) -> &'static str {
        let place = metadata.name().strip_prefix("event ");
        match place.zip(metadata.file()) {
            Some((place, file)) if place.starts_with(file) => metadata.target(),
            _ => metadata.name(),
        }
    }
}
