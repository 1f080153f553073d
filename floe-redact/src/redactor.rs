//! The public interface.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use crate::REDACTED;
use crate::engine::{self, Redacted};
use crate::finding::{Evidence, Finding};
use crate::policy::{self, Level, Policy};
use crate::rules::keys::KeyKind;
use crate::rules::structures::CONFIGURED_KEY;

/// Removes secrets from texts.
///
/// Cheap to create and to clone; the tables are built once in a process.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    policy: Policy,
}

/// How a [`Redactor`] is configured, from [`Redactor::builder`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Builder {
    policy: Policy,
}

impl Builder {
    /// How much is redacted. Default: credentials and personal data.
    pub fn level(mut self, level: Level) -> Self {
        self.policy.level = level;
        self
    }

    /// Values of a key that ends with these words are secrets, too.
    ///
    /// Names are compared without case and separators: `customerRef` is `CUSTOMER_REF`. A name whose
    /// last word has fewer than two ASCII letters or digits, or that is longer than 64 bytes, has no
    /// effect; see [`is_usable_key`](Self::is_usable_key).
    pub fn key(mut self, key: &str) -> Self {
        self.policy.add_key(key);
        self
    }

    /// Values of this key stay, unless they are secrets by their own form.
    pub fn allowed_key(mut self, key: &str) -> Self {
        self.policy.allow_key(key);
        self
    }

    /// What a pattern matches is redacted.
    ///
    /// The function gives the range of its first match in the text at or after a byte, or `None`. With
    /// the `regex` crate it is `move |text, from| regex.find_at(text, from).map(|found| found.range())`.
    pub fn pattern(
        mut self,
        find: impl Fn(&str, usize) -> Option<Range<usize>> + Send + Sync + 'static,
    ) -> Self {
        self.policy.patterns.push(Arc::new(find));
        self
    }

    /// Cuts what is redacted to this number of characters, after it was redacted. Default: none.
    pub fn max_chars(mut self, chars: usize) -> Self {
        self.policy.max_chars = Some(chars);
        self
    }

    /// The redactor.
    pub fn build(self) -> Redactor {
        Redactor {
            policy: self.policy,
        }
    }

    /// Whether [`key`](Self::key) has an effect for this name.
    pub fn is_usable_key(key: &str) -> bool {
        policy::is_usable_key(key)
    }
}

/// What a key says about its value, when the two come apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedactValue {
    /// Nothing: the value is a text as any other.
    Text,
    /// The value is a secret if it looks like one.
    IfItLooksSecret,
    /// Any value is a secret.
    Always(
        /// The id of the rule.
        &'static str,
    ),
}

impl Redactor {
    /// A redactor of credentials and personal data.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A redactor that is configured.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The text without its secrets; a clean text is borrowed. Applying it again changes nothing.
    #[must_use]
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.redact_with(text, |_| {})
    }

    /// The same, and calls a function with each finding.
    pub fn redact_with<'t>(&self, text: &'t str, mut found: impl FnMut(&Finding)) -> Cow<'t, str> {
        let safe = match engine::redact(&self.policy, text, &mut found) {
            Some(Redacted { text, .. }) => Cow::Owned(text),
            None => Cow::Borrowed(text),
        };
        match self.policy.max_chars {
            Some(max) => self.cut(safe, max, &mut found),
            None => safe,
        }
    }

    /// Cut to a number of characters, and redacted again: a number or a name that was harmless may
    /// look like a secret without its end.
    fn cut<'t>(
        &self,
        safe: Cow<'t, str>,
        max: usize,
        found: &mut dyn FnMut(&Finding),
    ) -> Cow<'t, str> {
        let Some(cut) = cut_at(&safe, max) else {
            return safe;
        };
        let mut short = safe.get(..cut).unwrap_or_default().to_owned();
        for _ in 0..8 {
            let Some(again) = engine::redact(&self.policy, &short, found) else {
                break;
            };
            let cut = cut_at(&again.text, max).unwrap_or(again.text.len());
            again
                .text
                .get(..cut)
                .unwrap_or_default()
                .clone_into(&mut short);
        }
        Cow::Owned(short)
    }

    /// The secrets of a text, sorted and apart from each other: what [`redact`](Self::redact) replaces.
    #[must_use]
    pub fn findings(&self, text: &str) -> Vec<Finding> {
        engine::redact(&self.policy, text, &mut |_| {})
            .map(|redacted| redacted.findings)
            .unwrap_or_default()
    }

    /// Whether nothing in the text is a place where a rule could begin, which is quickly seen of most
    /// short texts. [`redact`](Self::redact) gives them back as they are.
    #[inline]
    #[must_use]
    pub fn is_plain(&self, text: &str) -> bool {
        self.policy.patterns.is_empty() && self.policy.anchors().next(text.as_bytes(), 0).is_none()
    }

    /// Why each part of a text was redacted or was not, one line for each candidate.
    ///
    /// The secrets themselves are not in the explanation, values that stay are.
    #[must_use]
    pub fn explain(&self, text: &str) -> String {
        let mut lines: Vec<(usize, String)> = Vec::new();
        let findings = self.findings(text);
        for Finding {
            range,
            rule,
            evidence,
        } in &findings
        {
            let line = format!(
                "{}..{} redacted by {rule}: {evidence}",
                range.start, range.end
            );
            lines.push((range.start, line));
        }
        for candidate in engine::kept(&self.policy, text) {
            let Range { start, end } = candidate.range;
            let is_redacted = findings
                .iter()
                .any(|finding| finding.range.start < end && start < finding.range.end);
            if let (false, Some(value)) = (is_redacted, text.get(start..end)) {
                let (rule, score) = (candidate.rule, candidate.score);
                let line = format!("{start}..{end} kept {value:?}, a candidate of {rule}: {score}");
                lines.push((start, line));
            }
        }
        lines.sort();
        let mut explanation = String::new();
        for (_, line) in lines {
            let _ = writeln!(explanation, "{line}");
        }
        if explanation.is_empty() {
            explanation.push_str("no candidate\n");
        }
        explanation
    }

    /// What a key says about its value.
    #[must_use]
    pub fn key(&self, key: &str) -> RedactValue {
        match self.policy.meaning(key.as_bytes()) {
            None if is_address(key) => RedactValue::IfItLooksSecret,
            None => RedactValue::Text,
            Some(meaning) => match meaning.kind {
                KeyKind::Weak | KeyKind::Context | KeyKind::Identified => {
                    RedactValue::IfItLooksSecret
                }
                _ => RedactValue::Always(meaning.rule),
            },
        }
    }

    /// The value of a key without its secrets, when the two come apart, as in an attribute.
    ///
    /// ```
    /// # use floe_redact::Redactor;
    /// let redactor = Redactor::new();
    /// assert_eq!(redactor.redact_value("db.password", "winter"), "<REDACTED>");
    /// assert_eq!(redactor.redact_value("db.table", "orders"), "orders");
    /// ```
    #[must_use]
    pub fn redact_value<'v>(&self, key: &str, value: &'v str) -> Cow<'v, str> {
        self.redact_value_with(key, self.key(key), value, |_| {})
    }

    /// The same for a key whose meaning is known from [`key`](Self::key), and calls a function with
    /// the id of the rule of each redaction.
    pub fn redact_value_with<'v>(
        &self,
        key: &str,
        meaning: RedactValue,
        value: &'v str,
        mut found: impl FnMut(&'static str),
    ) -> Cow<'v, str> {
        match meaning {
            RedactValue::Text => self.redact_with(value, |finding| found(finding.rule)),
            RedactValue::Always(_) if value.is_empty() || value == REDACTED => Cow::Borrowed(value),
            RedactValue::Always(rule) => {
                found(rule);
                Cow::Borrowed(REDACTED)
            }
            RedactValue::IfItLooksSecret => {
                // In a text the key of an address means nothing.
                let key = if is_address(key) { "session" } else { key };
                let pair = format!("{key}={value}");
                match self.redact_with(&pair, |finding| found(finding.rule)) {
                    Cow::Borrowed(_) => Cow::Borrowed(value),
                    Cow::Owned(safe) => match safe
                        .strip_prefix(key)
                        .and_then(|safe| safe.strip_prefix('='))
                    {
                        Some(safe) if safe == value => Cow::Borrowed(value),
                        Some(safe) => Cow::Owned(safe.to_owned()),
                        None => Cow::Borrowed(REDACTED),
                    },
                }
            }
        }
    }
}

/// Addresses of clients and sessions: their values are secrets if they look like tokens.
fn is_address(key: &str) -> bool {
    key.strip_suffix(".id")
        .is_some_and(|key| key.contains("session") || key.contains("token"))
}

/// Where a text of too many characters is cut: never inside [`REDACTED`].
fn cut_at(text: &str, max: usize) -> Option<usize> {
    if text.len() <= max {
        return None;
    }
    let (cut, _) = text.char_indices().nth(max)?;
    let inside = (1..REDACTED.len())
        .filter_map(|back| cut.checked_sub(back))
        .find(|&start| {
            text.get(start..)
                .is_some_and(|tail| tail.starts_with(REDACTED))
        });
    Some(inside.unwrap_or(cut))
}

impl Finding {
    /// Whether the rule is one that was configured.
    pub fn is_configured(&self) -> bool {
        self.rule == CONFIGURED_KEY || self.evidence == Evidence::Pattern
    }
}
