//! Redacts the texts of files, and stores equal texts once.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;

use floe_redact::{KeyMeaning, Redactor};
use rustc_hash::FxHashMap;

use crate::span::Text;

/// The maximum length of a shared text and of its key, in bytes.
const LONGEST: usize = 256;
const MOST: usize = 1 << 16;

/// Redacts texts, and caches the results.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    pub(crate) redactor: Redactor,
    /// The redacted form of each text, by the key of its attribute.
    known: FxHashMap<Box<str>, FxHashMap<Box<str>, Text>>,
    size: usize,
    /// An estimate of the memory of all texts, in bytes.
    pub(crate) bytes: usize,
}

impl Texts {
    /// Redacts the value of a key without caching the result. The key is empty for a text outside of attributes.
    pub(crate) fn redacted<'t>(&self, key: &str, text: &'t str) -> Cow<'t, str> {
        if key.is_empty() {
            self.redactor.redact(text)
        } else {
            self.redactor.redact_value(key, text)
        }
    }

    /// Whether a value that is not a text is a secret under this key. `…` stands for any value.
    pub(crate) fn hides(&self, key: &str, value: impl Display) -> bool {
        self.redactor.meaning_of(key) != KeyMeaning::Text && {
            let value = value.to_string();
            self.redactor.redact_value(key, &value) != value
        }
    }

    pub(crate) fn text(&mut self, text: &str) -> Text {
        self.value("", text)
    }

    pub(crate) fn value(&mut self, key: &str, text: &str) -> Text {
        if let Some(known) = self.known.get(key).and_then(|texts| texts.get(text)) {
            return Arc::clone(known);
        }
        let shared: Text = self.redacted(key, text).as_ref().into();
        self.bytes += shared.len() + 16;
        if text.len() <= LONGEST && key.len() <= LONGEST {
            if self.size == MOST {
                self.known.clear();
                self.size = 0;
            }
            self.size += 1;
            let texts = self.known.entry(key.into()).or_default();
            texts.insert(text.into(), Arc::clone(&shared));
        }
        shared
    }
}
