//! A cache of attribute keys, in which each key is classified once.
//!
//! For each call site, the keys of the attributes by position, and the constant values without a secret, are cached,
//! too. So a span costs one comparison per key, and one search for secrets per variable text.

use std::fmt::Display;

use floe_redact::{FieldRoles, KeyMeaning, REDACTED};
use opentelemetry::Key as OtelKey;
use rustc_hash::FxHashMap;

use super::Redaction;
use crate::keys;

/// The maximum number of keys in the cache. Programs have far fewer, unless they generate keys at run time.
const MAX_KEYS: usize = 4096;

/// The maximum number of attributes of a call site whose keys are found without a lookup.
const MAX_SLOTS: usize = 16;

/// The keys of error text, which is redacted more strictly because the author of the traced code did not choose it.
const ERROR_TEXTS: [&str; 4] =
    [keys::EXCEPTION_MESSAGE, keys::EXCEPTION_STACKTRACE, keys::ERROR_MESSAGE, keys::FLOE_WARNING];

#[derive(Debug)]
pub(super) struct Key {
    name: Box<str>,
    pub(super) redacted: Option<OtelKey>,
    pub(super) meaning: KeyMeaning,
    /// Whether the stricter policy for error text applies.
    is_error_text: bool,
    pub(super) roles: FieldRoles,
}

impl Key {
    pub(super) fn of(name: &str, redaction: &Redaction) -> Self {
        Self {
            name: name.into(),
            redacted: redaction.text(name).map(OtelKey::from),
            meaning: redaction.meaning(name),
            is_error_text: ERROR_TEXTS.contains(&name),
            roles: FieldRoles::of(name),
        }
    }

    /// Whether a cheap check shows that the value needs no redaction.
    #[inline]
    pub(super) fn is_plain(&self, value: &[u8], redaction: &Redaction) -> bool {
        !self.is_error_text && self.meaning == KeyMeaning::Text && redaction.is_plain_value(value)
    }

    /// Returns the replacement of a number, a boolean or a list of numbers that is a secret under this key.
    #[inline]
    pub(super) fn hidden(
        &self,
        value: impl Display,
        redaction: &Redaction,
    ) -> Option<&'static str> {
        if self.meaning == KeyMeaning::Text {
            return None;
        }
        redaction.value(&self.name, self.meaning, &value.to_string()).map(|_| REDACTED)
    }

    pub(super) fn apply(&self, value: &str, redaction: &Redaction) -> Option<String> {
        if self.is_plain(value.as_bytes(), redaction) {
            return None;
        }
        self.apply_rules(value, redaction)
    }

    /// Does the same as [`apply`](Self::apply), for a value that is not plain.
    pub(super) fn apply_rules(&self, value: &str, redaction: &Redaction) -> Option<String> {
        if self.is_error_text {
            return redaction.error_text(value);
        }
        redaction.value(&self.name, self.meaning, value)
    }
}

#[derive(Debug, Default)]
pub(super) struct Keys {
    entries: Vec<Key>,
    indices: FxHashMap<Box<str>, u32>,
    /// The number of times that the cache was cleared.
    generation: u32,
}

/// The keys of the last span of one call site. Most spans of a call site have the same keys in the same order.
#[derive(Debug, Default)]
pub(crate) struct SiteKeys {
    slots: Vec<Slot>,
    /// The number of leading slots whose keys are known to be within the limits.
    valid: usize,
    /// The roles of all keys that the call site has had, so that a span with the same keys costs no comparison.
    pub(super) roles: FieldRoles,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    key: u32,
    generation: u32,
    /// The address and the length of a static text that needs no redaction under this key.
    clean: (usize, usize),
}

impl SiteKeys {
    /// Whether the keys in the slots are known to be distinct and within the limits, for a span with this number of
    /// attributes.
    pub(in crate::collector) const fn are_valid(&self, attributes: usize) -> bool {
        attributes <= self.valid
    }

    /// Stores that the keys of the last span, which has this number of attributes, are within the limits.
    pub(in crate::collector) fn set_valid(&mut self, attributes: usize) {
        if attributes <= self.slots.len() {
            self.valid = attributes;
        }
    }

    pub(super) fn is_clean(&self, at: usize, text: &'static str) -> bool {
        self.slots.get(at).is_some_and(|slot| slot.clean == (text.as_ptr().addr(), text.len()))
    }

    pub(super) fn set_clean(&mut self, at: usize, text: &'static str) {
        if let Some(slot) = self.slots.get_mut(at) {
            slot.clean = (text.as_ptr().addr(), text.len());
        }
    }
}

impl Keys {
    /// Returns the key `name` of the attribute with index `at`, which is usually cached in the call site's slot.
    pub(super) fn of_site(
        &mut self,
        name: &str,
        site: &mut SiteKeys,
        at: usize,
        redaction: &Redaction,
    ) -> &Key {
        match site.slots.get(at) {
            Some(slot)
                if slot.generation == self.generation
                    && *self.entries[slot.key as usize].name == *name =>
            {
                &self.entries[slot.key as usize]
            }
            _ => {
                let index = self.index(name, redaction);
                site.roles.add(self.entries[index as usize].roles);
                if at < MAX_SLOTS {
                    let slot = Slot { key: index, generation: self.generation, clean: (0, 0) };
                    // Attributes come in the order of their index, so that no slot is left out.
                    match site.slots.get_mut(at) {
                        Some(cached) => *cached = slot,
                        None => site.slots.push(slot),
                    }
                    site.valid = 0;
                }
                &self.entries[index as usize]
            }
        }
    }

    pub(super) fn get(&mut self, name: &str, redaction: &Redaction) -> &Key {
        let index = self.index(name, redaction);
        &self.entries[index as usize]
    }

    #[expect(clippy::cast_possible_truncation, reason = "there are at most MAX_KEYS")]
    fn index(&mut self, name: &str, redaction: &Redaction) -> u32 {
        if let Some(index) = self.indices.get(name) {
            return *index;
        }
        if self.entries.len() >= MAX_KEYS {
            self.indices.clear();
            self.entries.clear();
            self.generation += 1;
        }
        let index = self.entries.len() as u32;
        self.entries.push(Key::of(name, redaction));
        self.indices.insert(name.into(), index);
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_key_replaces_the_cached_one() {
        let redaction = Redaction::default();
        let mut keys = Keys::default();
        let mut site = SiteKeys::default();
        let key = keys.of_site("table", &mut site, 0, &redaction);
        assert_eq!(key.meaning, KeyMeaning::Text);
        site.set_clean(0, "orders");
        assert!(site.is_clean(0, "orders"));
        let key = keys.of_site("password", &mut site, 0, &redaction);
        assert_eq!(key.meaning, KeyMeaning::Always("password"));
        assert!(!site.is_clean(0, "orders"));
    }

    #[test]
    fn generated_keys_do_not_grow_the_cache_without_bound() {
        let redaction = Redaction::default();
        let mut keys = Keys::default();
        let mut site = SiteKeys::default();
        for number in 0..3 * MAX_KEYS {
            let name = format!("key.{number}");
            assert_eq!(*keys.of_site(&name, &mut site, 0, &redaction).name, *name);
            assert!(keys.entries.len() <= MAX_KEYS);
            assert!(keys.indices.len() <= MAX_KEYS);
        }
        for at in 0..100 {
            keys.of_site("key", &mut site, at, &redaction);
        }
        assert_eq!(site.slots.len(), MAX_SLOTS);
        assert_eq!(keys.generation, 3);
    }
}
