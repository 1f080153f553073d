//! What is taken out, by the configuration, and how often it was.

use std::borrow::Cow;
use std::sync::Arc;

use super::policies::Policies;
use crate::collector::Counters;
use crate::sanitizer::{
    KeyMeaning, Policy, REDACTED, Rule, is_plain, meaning_with, sanitize_error_message_with,
    sanitize_value_with, sanitize_with, set_policies,
};

/// The configured redaction. Everything that answers with a text answers `None` when the text is
/// safe as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redaction {
    policies: Arc<Policies>,
    counters: Arc<Counters>,
}

impl Redaction {
    /// The one that errors and baggage follow from now on, too.
    pub(crate) fn of_process(policies: Policies, counters: Arc<Counters>) -> Self {
        set_policies(policies.text.clone(), policies.attribute.clone());
        Self::new(policies, counters)
    }

    pub(crate) fn new(policies: Policies, counters: Arc<Counters>) -> Self {
        Self {
            policies: Arc::new(policies),
            counters,
        }
    }

    /// A name, a key, or whatever else the author of the code chose.
    pub(in crate::collector) fn text(&self, text: &str) -> Option<String> {
        changed(&self.policies.attribute, text, |policy, text| {
            sanitize_with(policy, text, &mut |rule| self.count(rule))
        })
    }

    /// What the key of an attribute says about its value.
    pub(super) fn meaning(&self, key: &str) -> KeyMeaning {
        meaning_with(&self.policies.attribute, key)
    }

    /// Whether the value of a harmless key is known at once to be safe.
    #[inline]
    pub(super) fn is_plain_value(&self, value: &[u8]) -> bool {
        is_plain(&self.policies.attribute, value)
    }

    /// The value of an attribute whose key has this meaning.
    pub(super) fn value(&self, key: &str, meaning: KeyMeaning, value: &str) -> Option<String> {
        let policy = &self.policies.attribute;
        let fired = &mut |rule| self.count(rule);
        other(
            value,
            sanitize_value_with(policy, key, meaning, value, fired),
        )
    }

    /// What an error says, at its full length.
    pub(super) fn error_text(&self, text: &str) -> Option<String> {
        changed(&self.policies.text, text, |policy, text| {
            sanitize_with(policy, text, &mut |rule| self.count(rule))
        })
    }

    /// What an error says, as much of it as is kept.
    pub(super) fn message(&self, text: &str) -> Option<String> {
        changed(&self.policies.text, text, |policy, text| {
            sanitize_error_message_with(policy, text, &mut |rule| self.count(rule))
        })
    }

    /// [`message`](Self::message), whether it changed or not.
    pub(crate) fn safe(&self, text: String) -> String {
        self.message(&text).unwrap_or(text)
    }

    /// What stands for a value that goes because of its key.
    pub(super) fn hidden(&self) -> &'static str {
        self.count(Rule::KeyValue);
        REDACTED
    }

    fn count(&self, rule: Rule) {
        self.counters.count_redaction(rule);
    }
}

/// The safe text by the rule, if it is not the same.
#[inline]
fn changed<'t>(
    policy: &Policy,
    text: &'t str,
    rule: impl FnOnce(&Policy, &'t str) -> Cow<'t, str>,
) -> Option<String> {
    if is_plain(policy, text.as_bytes()) {
        return None;
    }
    other(text, rule(policy, text))
}

/// The safe text, if it is not the same. A rule that only truncates borrows a prefix, one that hides
/// all borrows the mark.
fn other(text: &str, redacted: Cow<'_, str>) -> Option<String> {
    match redacted {
        Cow::Borrowed(same) if std::ptr::eq(same, text) => None,
        changed => Some(changed.into_owned()),
    }
}
