//! What a span has besides its head, piece by piece, as it goes through the thread's ring.

use opentelemetry::trace::Event;

use super::record::{More, SpanRecord};
use super::told::{self, EventHead};
use crate::attributes::Attribute;

/// A piece.
#[derive(Debug)]
pub(super) enum Detail {
    Attribute(Attribute),
    Attributes(Vec<Attribute>),
    More(Box<More>),
    /// Its attributes follow.
    #[cfg_attr(
        not(feature = "tracing"),
        expect(dead_code, reason = "only `tracing` has such events")
    )]
    Event(EventHead),
}

/// Puts the pieces of a span together.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    events: Vec<Event>,
    /// So many of the attributes that follow belong to the last event.
    of_event: u8,
}

impl Pieces {
    #[inline]
    pub(super) fn add(&mut self, record: &mut SpanRecord, piece: Detail) {
        match piece {
            // Most pieces, and not worth a call.
            Detail::Attribute(attribute) if self.of_event == 0 => {
                record.attributes.items_mut().push(attribute);
            }
            piece => self.add_rare(record, piece),
        }
    }

    #[inline(never)]
    fn add_rare(&mut self, record: &mut SpanRecord, piece: Detail) {
        match piece {
            Detail::Attribute(attribute) => {
                self.of_event -= 1;
                if let Some(event) = self.events.last_mut() {
                    told::add(event, attribute);
                }
            }
            Detail::Attributes(all) => *record.attributes.items_mut() = all,
            Detail::More(more) => {
                *record.attributes.dropped_mut() = more.dropped_attributes;
                record.more = Some(more);
            }
            Detail::Event(head) => {
                self.of_event = head.attributes;
                self.events.push(head.into_event([]));
            }
        }
    }

    #[inline]
    pub(super) fn finish(self, record: &mut SpanRecord) {
        record.add_events(self.events);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_as_large_as_an_attribute() {
        assert_eq!(size_of::<Detail>(), size_of::<Attribute>());
    }
}
