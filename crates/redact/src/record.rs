//! Finds values whose name is the value of another field.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::group;
use crate::redactor::{KeyMeaning, Redactor};
use crate::rules::list::{WordList, words};
use crate::rules::words::{CHANGE_NAMES, NAME_NAMES, VALUE_NAMES};
use crate::text::Words;

/// The roles of fields in a record that has a name and its value in two fields: `key = "password", value = "…"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldRoles(u8);

/// The roles of words. If a word has both, it is the key of a value.
static ROLES: LazyLock<Words<FieldRoles>> = LazyLock::new(|| {
    Words::lists([
        (VALUE_NAMES, FieldRoles::VALUE),
        (CHANGE_NAMES, FieldRoles::VALUE),
        (NAME_NAMES, FieldRoles::NAME),
    ])
});

/// Names of fields that are values of a changed setting, but not of a path: `path = "/oauth/token", from = "10.0.0.7"`.
static WAYS: WordList = words!("from, to");

impl FieldRoles {
    /// The name of a value, as in `key` and `param_name`.
    pub const NAME: Self = Self(1);
    /// A value, as in `value`, `val` and `new_value`.
    const VALUE: Self = Self(2);
    /// The maximum length of the name of a value, in bytes. A longer text is no name.
    pub const LONGEST_NAME: usize = 256;

    /// Returns the role of the field with this key, if it has one. After a dot, only the last part of the key counts.
    #[must_use]
    pub fn of(key: &str) -> Self {
        let mut words = group::called(parts(key).1.as_bytes());
        words.find_map(|word| ROLES.all(word).next()).copied().unwrap_or_default()
    }

    /// Adds the role of another field.
    #[inline]
    pub const fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether there are a name and a value.
    #[inline]
    #[must_use]
    pub const fn are_both(self) -> bool {
        self.0 == Self::NAME.0 | Self::VALUE.0
    }
}

impl Redactor {
    /// Returns the fields whose value belongs to the name of a secret in another field, each with its index and this
    /// name. Such a value is redacted like that of a key with the name.
    ///
    /// A name and its value have the same key up to the last dot. [`FieldRoles::of`] reads the rest of the key. A name has
    /// at most two words and [`FieldRoles::LONGEST_NAME`] bytes. `fields` may have an empty text for a value of another
    /// type, because such a value is no name.
    ///
    /// ```
    /// # use floe_redact::Redactor;
    /// let fields = [("config.key", "password"), ("config.value", "winter77"), ("value", "orders")];
    /// assert_eq!(Redactor::new().named(&fields), [(1, "password")]);
    /// ```
    #[must_use]
    pub fn named<'f>(&self, fields: &[(&str, &'f str)]) -> Vec<(usize, &'f str)> {
        let mut names = BTreeMap::new();
        for (key, name) in fields {
            let is_name = FieldRoles::of(key) == FieldRoles::NAME
                && name.len() <= FieldRoles::LONGEST_NAME
                && name.split_whitespace().count() <= 2;
            let meaning = if is_name { self.meaning_of(name) } else { KeyMeaning::Text };
            if meaning != KeyMeaning::Text {
                let of_key = (matches!(meaning, KeyMeaning::Always(_)), *name);
                let known = names.entry(parts(key).0).or_insert(of_key);
                *known = of_key.max(*known);
            }
        }
        let value = |(at, (key, _)): (usize, &(&str, _))| {
            let (is_certain, name) = *names.get(parts(key).0)?;
            // Beside the path of a request, `from` is a caller or a page.
            let is_way = name.starts_with('/') && WAYS.has(parts(key).1.as_bytes());
            let is_value = FieldRoles::of(key) == FieldRoles::VALUE && !is_way;
            // Otherwise, the key hides more than the name.
            let is_hidden = is_certain || self.meaning_of(key) == KeyMeaning::Text;
            (is_value && is_hidden).then_some((at, name))
        };
        fields.iter().enumerate().filter_map(value).collect()
    }
}

/// Returns the part of a key before its last dot, and the part after it.
fn parts(key: &str) -> (&str, &str) {
    key.rsplit_once('.').unwrap_or(("", key))
}
