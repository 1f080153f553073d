//! What few spans have besides a head and attributes, as it goes through the thread's ring.

use super::events::{EventHead, SpanEvents};
use super::record::{More, SpanRecord};
use crate::attributes::Attribute;

/// A piece of it.
#[derive(Debug)]
pub(super) enum Rare {
    /// The span's attributes, for which their own ring had no room.
    Attributes(Vec<Attribute>),
    More(Box<More>),
    /// Its attributes are in the ring of attributes, behind the span's.
    Event(EventHead),
}

impl Rare {
    /// Whether a span has any of it.
    #[inline]
    pub(super) fn is_in(record: &SpanRecord) -> bool {
        record.more.is_some() || !record.packed.heads.is_empty() || record.attributes.dropped() > 0
    }

    /// Puts it where it was. Events are left for when their attributes are there.
    #[cold]
    pub(super) fn put_back(self, record: &mut SpanRecord, told: &mut SpanEvents) {
        match self {
            Self::Attributes(all) => *record.attributes.items_mut() = all,
            Self::More(more) => {
                *record.attributes.dropped_mut() = more.dropped_attributes;
                record.more = Some(more);
            }
            Self::Event(head) => told.heads.push(head),
        }
    }
}
