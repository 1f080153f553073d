//! Redaction of text by the configured policies, with counters.

use std::borrow::Cow;
use std::sync::Arc;

use super::policies::Policies;
use crate::collector::Counters;
use crate::sanitizer::{
    KeyMeaning, Policy, REDACTED, Rule, is_plain, meaning_with, sanitize_error_message_with,
    sanitize_value_with, sanitize_with, set_policies,
};

/// The configured redaction. Methods that return a text return `None` if it needs no redaction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redaction {
    policies: Arc<Policies>,
    counters: Arc<Counters>,
}

impl Redaction {
    /// Creates the redaction of a provider. Errors and baggage use the same policies from now on.
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

    /// Redacts a name, a key, or other text that the author of the code chose.
    pub(in crate::collector) fn text(&self, text: &str) -> Option<String> {
        changed(&self.policies.attribute, text, |policy, text| {
            sanitize_with(policy, text, &mut |rule| self.count(rule))
        })
    }

    /// The meaning of an attribute key for its value.
    pub(super) fn meaning(&self, key: &str) -> KeyMeaning {
        meaning_with(&self.policies.attribute, key)
    }

    /// Whether a cheap check shows that the value of a harmless key needs no redaction.
    #[inline]
    pub(super) fn is_plain_value(&self, value: &[u8]) -> bool {
        is_plain(&self.policies.attribute, value)
    }

    /// Redacts the value of an attribute whose key has this meaning.
    pub(super) fn value(&self, key: &str, meaning: KeyMeaning, value: &str) -> Option<String> {
        let policy = &self.policies.attribute;
        let fired = &mut |rule| self.count(rule);
        if_changed(
            value,
            sanitize_value_with(policy, key, meaning, value, fired),
        )
    }

    /// Redacts the text of an error without truncating it.
    pub(super) fn error_text(&self, text: &str) -> Option<String> {
        changed(&self.policies.text, text, |policy, text| {
            sanitize_with(policy, text, &mut |rule| self.count(rule))
        })
    }

    /// Redacts and truncates the message of an error.
    pub(super) fn message(&self, text: &str) -> Option<String> {
        changed(&self.policies.text, text, |policy, text| {
            sanitize_error_message_with(policy, text, &mut |rule| self.count(rule))
        })
    }

    /// [`message`](Self::message), or the text itself if it needs no redaction.
    pub(crate) fn message_or_same(&self, text: String) -> String {
        self.message(&text).unwrap_or(text)
    }

    /// The replacement of a value whose key denotes a secret.
    pub(super) fn hidden(&self) -> &'static str {
        self.count(Rule::KeyValue);
        REDACTED
    }

    fn count(&self, rule: Rule) {
        self.counters.count_redaction(rule);
    }
}

/// Applies `sanitize` unless a cheap check shows that the text needs no redaction.
#[inline]
fn changed<'t>(
    policy: &Policy,
    text: &'t str,
    sanitize: impl FnOnce(&Policy, &'t str) -> Cow<'t, str>,
) -> Option<String> {
    if is_plain(policy, text.as_bytes()) {
        return None;
    }
    if_changed(text, sanitize(policy, text))
}

/// The redacted text, if it differs. A text that was only truncated borrows a prefix, and one that was
/// replaced entirely borrows the replacement.
fn if_changed(text: &str, redacted: Cow<'_, str>) -> Option<String> {
    match redacted {
        Cow::Borrowed(same) if std::ptr::eq(same, text) => None,
        changed => Some(changed.into_owned()),
    }
}
