//! What is known about the keys of attributes: each is judged once.

use opentelemetry::Key as OtelKey;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::Redaction;
use crate::keys;
use crate::sanitizer::KeyMeaning;

/// Keys that are remembered. A program has far fewer, unless it makes them up as it goes.
const MAX_KEYS: usize = 4096;

/// Attributes of a place in the source that are recognised without a search for their key.
const MAX_SEEN: usize = 16;

/// Keys of error text besides `exception.message`: whoever failed wrote it, not the author of the
/// code that records it.
const ERROR_TEXTS: [&str; 3] = [
    keys::EXCEPTION_STACKTRACE,
    keys::ERROR_MESSAGE,
    keys::FLOE_WARNING,
];

/// A key and what it says about its values.
#[derive(Debug)]
pub(super) struct Key {
    name: Box<str>,
    /// The safe key, if it is another.
    pub(super) safe: Option<OtelKey>,
    pub(super) meaning: KeyMeaning,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Value,
    ErrorText,
    /// The message of an exception is cut like a status.
    Message,
}

impl Key {
    fn of(name: &str, redaction: &Redaction) -> Self {
        Self {
            name: name.into(),
            safe: redaction.text(name).map(OtelKey::from),
            meaning: redaction.meaning(name),
            kind: match name {
                keys::EXCEPTION_MESSAGE => Kind::Message,
                name if ERROR_TEXTS.contains(&name) => Kind::ErrorText,
                _ => Kind::Value,
            },
        }
    }

    /// Whether the value is known at once to be safe.
    #[inline]
    pub(super) fn is_plain(&self, value: &[u8], redaction: &Redaction) -> bool {
        self.kind == Kind::Value
            && self.meaning == KeyMeaning::Harmless
            && redaction.is_plain_value(value)
    }

    /// The safe value, if it is another.
    pub(super) fn apply(&self, value: &str, redaction: &Redaction) -> Option<String> {
        if self.is_plain(value.as_bytes(), redaction) {
            return None;
        }
        self.apply_rules(value, redaction)
    }

    /// The same of a value that is not plain.
    pub(super) fn apply_rules(&self, value: &str, redaction: &Redaction) -> Option<String> {
        match self.kind {
            Kind::Value => redaction.value(&self.name, self.meaning, value),
            Kind::ErrorText => redaction.error_text(value),
            Kind::Message => redaction.message(value),
        }
    }
}

/// The keys that were judged.
#[derive(Debug, Default)]
pub(super) struct Keys {
    known: Vec<Key>,
    places: FxHashMap<Box<str>, u32>,
    /// How often all of it was forgotten.
    generation: u32,
}

/// What the attributes of one place in the source were the last time. Most spans of a place have
/// the same keys in the same order.
#[derive(Debug, Default)]
pub(crate) struct Seen(SmallVec<[Slot; 4]>);

#[derive(Clone, Copy, Debug)]
struct Slot {
    key: u32,
    generation: u32,
    /// Address and length of a static text that needed no redaction under this key.
    clean: (usize, usize),
}

impl Seen {
    pub(super) fn is_clean(&self, at: usize, text: &'static str) -> bool {
        self.0
            .get(at)
            .is_some_and(|slot| slot.clean == (text.as_ptr().addr(), text.len()))
    }

    pub(super) fn set_clean(&mut self, at: usize, text: &'static str) {
        if let Some(slot) = self.0.get_mut(at) {
            slot.clean = (text.as_ptr().addr(), text.len());
        }
    }
}

impl Keys {
    /// The key of an attribute that is the `at`th of its span.
    pub(super) fn seen(
        &mut self,
        name: &str,
        seen: &mut Seen,
        at: usize,
        redaction: &Redaction,
    ) -> &Key {
        match seen.0.get(at) {
            Some(slot)
                if slot.generation == self.generation
                    && *self.known[slot.key as usize].name == *name =>
            {
                &self.known[slot.key as usize]
            }
            _ => {
                let place = self.place(name, redaction);
                if at < MAX_SEEN {
                    let slot = Slot {
                        key: place,
                        generation: self.generation,
                        clean: (0, 0),
                    };
                    // One after the other, so there are no gaps.
                    match seen.0.get_mut(at) {
                        Some(known) => *known = slot,
                        None => seen.0.push(slot),
                    }
                }
                &self.known[place as usize]
            }
        }
    }

    pub(super) fn get(&mut self, name: &str, redaction: &Redaction) -> &Key {
        let place = self.place(name, redaction);
        &self.known[place as usize]
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "there are at most MAX_KEYS"
    )]
    fn place(&mut self, name: &str, redaction: &Redaction) -> u32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        if self.known.len() >= MAX_KEYS {
            self.places.clear();
            self.known.clear();
            self.generation += 1;
        }
        let place = self.known.len() as u32;
        self.known.push(Key::of(name, redaction));
        self.places.insert(name.into(), place);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_not_taken_for_another_key() {
        let redaction = Redaction::default();
        let (mut keys, mut seen) = (Keys::default(), Seen::default());
        let key = keys.seen("table", &mut seen, 0, &redaction);
        assert_eq!(key.meaning, KeyMeaning::Harmless);
        seen.set_clean(0, "orders");
        assert!(seen.is_clean(0, "orders"));
        let key = keys.seen("password", &mut seen, 0, &redaction);
        assert_eq!(key.meaning, KeyMeaning::Secret);
        assert!(!seen.is_clean(0, "orders"));
    }

    #[test]
    fn keys_that_are_made_up_do_not_pile_up() {
        let redaction = Redaction::default();
        let (mut keys, mut seen) = (Keys::default(), Seen::default());
        for number in 0..3 * MAX_KEYS {
            let name = format!("key.{number}");
            assert_eq!(*keys.seen(&name, &mut seen, 0, &redaction).name, *name);
            assert!(keys.known.len() <= MAX_KEYS && keys.places.len() <= MAX_KEYS);
        }
        for at in 0..100 {
            keys.seen("key", &mut seen, at, &redaction);
        }
        assert_eq!(seen.0.len(), MAX_SEEN);
        assert_eq!(keys.generation, 3);
    }
}
