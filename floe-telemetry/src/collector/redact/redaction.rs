//! What is taken out, by the configuration, and how often it was.

use std::borrow::Cow;
use std::sync::Arc;

use crate::collector::Counters;
use crate::config::Policies;
use crate::sanitizer::{
    KeyMeaning, REDACTED, Rule, meaning_with, sanitize_error_message_with, sanitize_value_with,
    sanitize_with, set_policies,
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
        changed(text, |text| {
            sanitize_with(&self.policies.attribute, text, &mut |rule| self.count(rule))
        })
    }

    /// What the key of an attribute says about its value.
    pub(super) fn meaning(&self, key: &str) -> KeyMeaning {
        meaning_with(&self.policies.attribute, key)
    }

    /// The value of an attribute whose key has this meaning.
    pub(super) fn value(&self, key: &str, meaning: KeyMeaning, value: &str) -> Option<String> {
        changed(value, |value| {
            let fired = &mut |rule| self.count(rule);
            sanitize_value_with(&self.policies.attribute, key, meaning, value, fired)
        })
    }

    /// What an error says, at its full length.
    pub(super) fn error_text(&self, text: &str) -> Option<String> {
        changed(text, |text| {
            sanitize_with(&self.policies.text, text, &mut |rule| self.count(rule))
        })
    }

    /// What an error says, as much of it as is kept.
    pub(super) fn message(&self, text: &str) -> Option<String> {
        changed(text, |text| {
            sanitize_error_message_with(&self.policies.text, text, &mut |rule| self.count(rule))
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

/// The safe text, if it is not the same. A rule that only truncates borrows a prefix, one that hides
/// all borrows the mark.
fn changed<'t>(text: &'t str, rule: impl FnOnce(&'t str) -> Cow<'t, str>) -> Option<String> {
    match rule(text) {
        Cow::Borrowed(same) if std::ptr::eq(same, text) => None,
        other => Some(other.into_owned()),
    }
}
