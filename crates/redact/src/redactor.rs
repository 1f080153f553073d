//! The public interface to redact texts.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::ops::Range;
use std::sync::Arc;

use crate::engine::{self, Redacted};
use crate::policy::{self, Level, Policy};
use crate::rules::keys::KeyKind;
use crate::rules::list::{WordList, words};
use crate::scan::{Candidate, Finding};
use crate::text::{REDACTED, mark_around};

const NO_CANDIDATE: &str = "no candidate";

/// Removes secrets from texts.
///
/// It is cheap to create and to clone, because all redactors share the tables of rules.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    policy: Policy,
}

/// Configures a [`Redactor`]; created by [`Redactor::builder`].
///
/// ```
/// use floe_redact::{Level, Redactor};
///
/// let redactor = Redactor::builder()
///     .level(Level::Credentials)
///     .key("customer_ref")?
///     .allowed_key("page_token")
///     .max_chars(500)
///     .build();
/// assert_eq!(redactor.redact("customerRef=A17"), "customerRef=<REDACTED>");
/// # Ok::<(), floe_redact::UnusableKey>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct RedactorBuilder {
    policy: Policy,
}

impl RedactorBuilder {
    /// Sets the amount of data that is redacted. Default: credentials and personal data.
    pub fn level(mut self, level: Level) -> Self {
        self.policy.level = level;
        self
    }

    /// Adds the name of a secret. It applies to every key that ends with the words of the name, in any case and with
    /// any separators: `customer_ref` also applies to `oldCustomerRef`.
    ///
    /// After such a key and a separator every value is redacted, even a literal such as `true`. In a sentence, the look
    /// of the value decides.
    ///
    /// # Errors
    ///
    /// Fails if the name cannot be found in a text: see [`is_usable_key`](Self::is_usable_key).
    pub fn key(mut self, key: &str) -> Result<Self, UnusableKey> {
        if !Self::is_usable_key(key) {
            return Err(UnusableKey);
        }
        self.policy.add_key(key);
        Ok(self)
    }

    /// Adds a key that is not sensitive. Its values are redacted only if they look like secrets.
    pub fn allowed_key(mut self, key: &str) -> Self {
        self.policy.allow_key(key);
        self
    }

    /// Adds a pattern, whose matches are redacted.
    ///
    /// The function returns the byte range of its first match at or after a byte of the text, or `None`. A range within
    /// a character is widened, and a range beyond the text is ignored. With the `regex` crate, the function is `move
    /// |text, from| regex.find_at(text, from).map(|found| found.range())`.
    pub fn pattern(
        mut self,
        find: impl Fn(&str, usize) -> Option<Range<usize>> + Send + Sync + 'static,
    ) -> Self {
        self.policy.patterns.push(Arc::new(find));
        self
    }

    /// Sets the maximum number of characters of a redacted text. Texts are truncated after redaction. Default: no
    /// limit.
    pub fn max_chars(mut self, chars: usize) -> Self {
        self.policy.max_chars = Some(chars);
        self
    }

    /// Returns the redactor.
    pub fn build(self) -> Redactor {
        Redactor { policy: self.policy }
    }

    /// Whether [`key`](Self::key) accepts this name. It must be ASCII of at most 64 bytes, and its last word must have
    /// two or more letters or digits.
    pub fn is_usable_key(key: &str) -> bool {
        policy::is_usable_key(key)
    }
}

/// The error of [`RedactorBuilder::key`]: the name cannot be found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnusableKey;

impl fmt::Display for UnusableKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a key, expected at most 64 ASCII characters, with two or more letters or digits in the last word",
        )
    }
}

impl std::error::Error for UnusableKey {}

/// How a key affects the redaction of its value, if key and value are passed separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyMeaning {
    /// The value is redacted like any other text.
    Text,
    /// The value is redacted if it looks like a secret.
    IfItLooksSecret,
    /// Any value is redacted, but `true` and `false` are judged like values in a text: `has_password=true` stays.
    Always(
        /// The id of the rule.
        &'static str,
    ),
}

impl Redactor {
    /// Creates a redactor of credentials and personal data.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a builder for a redactor with other settings.
    pub fn builder() -> RedactorBuilder {
        RedactorBuilder::default()
    }

    /// Returns the text without its secrets; a clean text is borrowed. Redacting the result again changes nothing,
    /// unless a text of more than 1 KiB has a chain of more than five secrets of which each hides the next.
    ///
    /// If a text takes too long, its rest becomes `<REDACTED>`, too. This is a finding of the rule `unread`; redacting
    /// the result again may redact more of it.
    #[must_use]
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.redact_with(text, |_| {})
    }

    /// Redacts a text like [`redact`](Self::redact), and calls `found` with each of the
    /// [`findings`](Self::findings).
    pub fn redact_with<'t>(&self, text: &'t str, found: impl FnMut(&Finding)) -> Cow<'t, str> {
        let safe = match engine::redact(&self.policy, text) {
            Some(Redacted { text, findings }) => {
                findings.iter().for_each(found);
                Cow::Owned(text)
            }
            None => Cow::Borrowed(text),
        };
        match self.policy.max_chars {
            Some(max) => self.cut(safe, max),
            None => safe,
        }
    }

    /// Truncates a redacted text, and then redacts it again, because a harmless number or name may look like a secret
    /// without its end.
    fn cut<'t>(&self, safe: Cow<'t, str>, max: usize) -> Cow<'t, str> {
        let Some(cut) = cut_at(&safe, max) else {
            return safe;
        };
        let mut short = safe.get(..cut).unwrap_or_default().to_owned();
        for _ in 0..8 {
            let Some(again) = engine::redact(&self.policy, &short) else {
                break;
            };
            let cut = cut_at(&again.text, max).unwrap_or(again.text.len());
            again.text.get(..cut).unwrap_or_default().clone_into(&mut short);
        }
        Cow::Owned(short)
    }

    /// Returns the secrets of a text, which [`redact`](Self::redact) replaces. They are sorted and do not touch each
    /// other. The maximum number of characters does not apply.
    ///
    /// ```
    /// # use floe_redact::Redactor;
    /// let text = "password=hunter2";
    /// let findings = Redactor::new().findings(text);
    /// assert_eq!(&text[findings[0].range.clone()], "hunter2");
    /// assert_eq!(findings[0].rule, "password");
    /// ```
    #[must_use]
    pub fn findings(&self, text: &str) -> Vec<Finding> {
        engine::redact(&self.policy, text).map(|redacted| redacted.findings).unwrap_or_default()
    }

    /// Whether the text has no [`findings`](Self::findings) because it contains no anchor of a rule. Always `false`
    /// with a configured pattern and at the level `Strict`. This check is fast.
    #[inline]
    #[must_use]
    pub fn is_plain(&self, text: impl AsRef<[u8]>) -> bool {
        self.policy.patterns.is_empty()
            && !self.policy.is_strict()
            && self.policy.anchors().next(text.as_ref(), 0).is_none()
    }

    /// Explains for each candidate in a text why it was redacted or kept, one per line.
    ///
    /// The explanation contains the kept values, and no secrets. Without a candidate, it is the line `no candidate`.
    ///
    /// ```
    /// # use floe_redact::Redactor;
    /// let explanation = Redactor::new().explain("password=hunter2");
    /// assert!(explanation.starts_with("9..16 redacted by password of "));
    /// ```
    #[must_use]
    pub fn explain(&self, text: &str) -> String {
        let mut lines: Vec<(usize, String)> = Vec::new();
        let findings = self.findings(text);
        let is_redacted = |range: &Range<usize>| {
            let meets = |found: &Range<usize>| found.start < range.end && range.start < found.end;
            findings.iter().any(|finding| meets(&finding.range))
        };
        // A name inside a secret belongs to the secret, so it is not shown.
        let of_key = |key: &Option<Range<usize>>| {
            let key = key.clone().filter(|key| !is_redacted(key));
            let name = key.and_then(|key| text.get(key));
            name.map_or_else(String::new, |name| format!(" of {name:?}"))
        };
        for Finding { range, rule, evidence, key, .. } in &findings {
            let key = of_key(key);
            let line = format!("{range:?} redacted by {rule}{key}: {evidence}");
            lines.push((range.start, line));
        }
        for Candidate { range, rule, reason, key } in engine::find_kept(&self.policy, text) {
            let is_shown = !is_redacted(&range);
            if let Some(value) = text.get(range.clone()).filter(|_| is_shown) {
                let key = of_key(&key);
                let line =
                    format!("{range:?} kept {value:?}, a candidate of {rule}{key}: {reason}");
                lines.push((range.start, line));
            }
        }
        lines.sort();
        lines.dedup();
        let mut explanation = String::new();
        for (_, line) in lines {
            let _ = writeln!(explanation, "{line}");
        }
        if explanation.is_empty() {
            explanation = format!("{NO_CANDIDATE}\n");
        }
        explanation
    }

    /// Returns the effect of a key on the redaction of its value.
    #[must_use]
    pub fn meaning_of(&self, key: &str) -> KeyMeaning {
        match self.policy.meaning(key.as_bytes()) {
            None if is_address(key) => KeyMeaning::IfItLooksSecret,
            None => KeyMeaning::Text,
            Some(meaning) => match meaning.kind {
                KeyKind::Weak | KeyKind::Code | KeyKind::Context => KeyMeaning::IfItLooksSecret,
                _ => KeyMeaning::Always(meaning.rule),
            },
        }
    }

    /// Returns the value of a key without its secrets, for keys and values that are separate, as in an attribute.
    ///
    /// ```
    /// # use floe_redact::Redactor;
    /// let redactor = Redactor::new();
    /// assert_eq!(redactor.redact_value("db.password", "winter"), "<REDACTED>");
    /// assert_eq!(redactor.redact_value("db.table", "orders"), "orders");
    /// ```
    #[must_use]
    pub fn redact_value<'v>(&self, key: &str, value: &'v str) -> Cow<'v, str> {
        self.redact_value_with(key, self.meaning_of(key), value, |_| {})
    }

    /// Redacts a value like [`redact_value`](Self::redact_value). `meaning` is the result of
    /// [`meaning_of`](Self::meaning_of) for the key. `found` is called with the rule's id for each redaction.
    pub fn redact_value_with<'v>(
        &self,
        key: &str,
        meaning: KeyMeaning,
        value: &'v str,
        mut found: impl FnMut(&'static str),
    ) -> Cow<'v, str> {
        match meaning {
            KeyMeaning::Text => self.redact_with(value, |finding| found(finding.rule)),
            KeyMeaning::Always(_) if value.is_empty() || value == REDACTED => Cow::Borrowed(value),
            KeyMeaning::Always(rule) if !matches!(value, "true" | "false") => {
                found(rule);
                Cow::Borrowed(REDACTED)
            }
            KeyMeaning::Always(_) | KeyMeaning::IfItLooksSecret => {
                // In a text, the name of an id or an address does not make its value a secret, but `session` does.
                let key = if is_address(key) { "session" } else { key };
                let pair = format!("{key}={value}");
                // Secrets in the key are not reported.
                let safe = self.redact_with(&pair, |finding| {
                    if finding.range.end > key.len() {
                        found(finding.rule);
                    }
                });
                match safe {
                    Cow::Borrowed(_) => Cow::Borrowed(value),
                    Cow::Owned(safe) => {
                        let value_of = |key: &str| safe.strip_prefix(key)?.strip_prefix('=');
                        match value_of(key).or_else(|| value_of(&self.redact(key))) {
                            // Only the key was redacted. A typed value keeps its type if it is borrowed.
                            Some(safe) if safe == value => Cow::Borrowed(value),
                            Some(safe) => Cow::Owned(safe.to_owned()),
                            None => Cow::Borrowed(REDACTED),
                        }
                    }
                }
            }
        }
    }
}

/// Whether a key names the id of a session or a token, or the address of a database. Such a value is redacted only as
/// far as it looks like a secret.
fn is_address(key: &str) -> bool {
    let is_id =
        key.strip_suffix(".id").is_some_and(|key| key.contains("session") || key.contains("token"));
    let words = key.bytes().filter(u8::is_ascii_alphanumeric);
    let name: Vec<u8> = words.map(|byte| byte.to_ascii_lowercase()).collect();
    is_id || ADDRESSES.iter().any(|end| name.ends_with(end.as_bytes()))
}

static ADDRESSES: WordList = words!(floe_secret_names::ADDRESSES);

/// Returns the byte at which a text of more than `max` characters is cut. It is never inside a mark.
fn cut_at(text: &str, max: usize) -> Option<usize> {
    if text.len() <= max {
        return None;
    }
    let cut = text.char_indices().nth(max)?.0;
    Some(mark_around(text.as_bytes(), cut).map_or(cut, |mark| mark.start))
}
