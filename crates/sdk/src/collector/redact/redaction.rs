//! Redaction of text by the configured policies, with counters.

use std::borrow::Cow;
use std::sync::Arc;

use floe_redact::{Finding, KeyMeaning, Redactor};
use opentelemetry::StringValue;

use super::policies::Policies;
use crate::collector::Counters;
use crate::recorder::Exception;
use crate::redaction::{set_redactors, shown};

/// The configured redaction. Methods that return a text return `None` if it needs no redaction.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    policies: Arc<Policies>,
    counters: Arc<Counters>,
}

impl Redaction {
    /// Creates the redaction of a provider. From now on, errors and baggage use the same policies.
    pub(crate) fn of_process(policies: Policies, counters: Arc<Counters>) -> Self {
        set_redactors(policies.error.clone(), policies.attribute.clone());
        Self::new(policies, counters)
    }

    pub(crate) fn new(policies: Policies, counters: Arc<Counters>) -> Self {
        Self { policies: Arc::new(policies), counters }
    }

    /// Redacts a name, a key, or other text that the author of the code chose.
    pub(in crate::collector) fn text(&self, text: &str) -> Option<String> {
        self.redacted(&self.policies.attribute, text)
    }

    /// Redacts the argument of an option whose name announces a secret, as in `["--password", "…"]`.
    pub(super) fn argument(&self, option: &StringValue, argument: &str) -> Option<String> {
        let redactor = &self.policies.attribute;
        let count = |finding: &Finding| self.counters.count_redaction(finding.rule);
        if_changed(argument, redactor.redact_argument(option.as_str(), argument, count))
    }

    pub(super) fn meaning(&self, key: &str) -> KeyMeaning {
        self.policies.attribute.meaning_of(key)
    }

    /// Whether a cheap check shows that the value of a key without a meaning needs no redaction.
    #[inline]
    pub(super) fn is_plain_value(&self, value: &[u8]) -> bool {
        self.policies.attribute.is_plain(value)
    }

    pub(super) fn value(&self, key: &str, meaning: KeyMeaning, value: &str) -> Option<String> {
        let redactor = &self.policies.attribute;
        let count = |rule| self.counters.count_redaction(rule);
        if_changed(value, redactor.redact_value_with(key, meaning, value, count))
    }

    /// Redacts the text of an error, unless it is the mark of an exception that was not written yet.
    pub(super) fn error_text(&self, text: &str) -> Option<String> {
        if text.is_empty() || text == Exception::MARK {
            return None;
        }
        self.redacted(&self.policies.error, text)
    }

    /// [`error_text`](Self::error_text) for a text whose secrets are counted elsewhere.
    pub(super) fn repeated_error_text(&self, text: &str) -> Option<String> {
        if_changed(text, self.policies.error.redact(text))
    }

    /// [`error_text`](Self::error_text), or the text itself if it needs no redaction.
    pub fn error_text_or_same(&self, text: String) -> String {
        self.error_text(&text).unwrap_or(text)
    }

    /// Redacts the reason of a failure outside of this library, for errors and warnings.
    pub(crate) fn failure(&self, text: String) -> String {
        shown(&self.error_text_or_same(text)).into_owned()
    }

    fn redacted(&self, redactor: &Redactor, text: &str) -> Option<String> {
        let count = |finding: &Finding| self.counters.count_redaction(finding.rule);
        if_changed(text, redactor.redact_with(text, count))
    }
}

/// The redacted text, if it differs. A replacement of the complete value may be borrowed, too.
fn if_changed(text: &str, redacted: Cow<'_, str>) -> Option<String> {
    match redacted {
        Cow::Borrowed(same) if std::ptr::eq(same, text) => None,
        changed => Some(changed.into_owned()),
    }
}
