//! Redacts text by the configured policies.

use std::borrow::Cow;
use std::sync::Arc;

use floe_redact::KeyMeaning;

use super::policies::Policies;
use crate::redaction::{set_redactors, shown};

/// The configured redaction. Methods that return an optional text return `None` if it needs no redaction.
#[derive(Clone, Debug, Default)]
pub struct Redaction(Arc<Policies>);

impl Redaction {
    /// Creates the redaction of a provider. From now on, errors and baggage of the process use its policies.
    pub(crate) fn of_process(policies: Policies) -> Self {
        set_redactors(policies.error.clone(), policies.attribute.clone());
        Self::new(policies)
    }

    pub(crate) fn new(policies: Policies) -> Self {
        Self(Arc::new(policies))
    }

    /// Redacts a name, a key, or other text that the author of the code chose.
    pub(in crate::collector) fn text(&self, text: &str) -> Option<String> {
        if_changed(text, self.0.attribute.redact(text))
    }

    /// Returns the rules for keys and values.
    pub fn redactor(&self) -> &floe_redact::Redactor {
        &self.0.attribute
    }

    pub(super) fn meaning(&self, key: &str) -> KeyMeaning {
        self.0.attribute.meaning_of(key)
    }

    /// Whether a cheap check shows that a value needs no redaction, if its key has no special meaning.
    #[inline]
    pub(super) fn is_plain_value(&self, value: &[u8]) -> bool {
        self.0.attribute.is_plain(value)
    }

    pub(super) fn value(&self, key: &str, meaning: KeyMeaning, value: &str) -> Option<String> {
        if_changed(value, self.0.attribute.redact_value_with(key, meaning, value, |_| {}))
    }

    /// Redacts the text of an error.
    pub fn error_text(&self, text: &str) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        if_changed(text, self.0.error.redact(text))
    }

    /// Redacts the message of a log record.
    pub fn log_text(&self, text: &str) -> Option<String> {
        if_changed(text, self.0.log.redact(text))
    }

    /// Returns the redacted text of an error, or the text itself if it needs no redaction.
    pub fn error_text_or_same(&self, text: String) -> String {
        self.error_text(&text).unwrap_or(text)
    }

    /// Redacts the reason of a failure outside of this library, for errors and warnings.
    pub(crate) fn failure(&self, text: String) -> String {
        shown(&self.error_text_or_same(text)).into_owned()
    }
}

/// Returns the redacted text if it differs. A borrowed text may differ, too: the replacement of a complete value.
fn if_changed(text: &str, redacted: Cow<'_, str>) -> Option<String> {
    match redacted {
        Cow::Borrowed(same) if std::ptr::eq(same, text) => None,
        changed => Some(changed.into_owned()),
    }
}
