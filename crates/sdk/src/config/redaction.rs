//! The redaction of credentials and personal data.

use floe_redact::{RedactorBuilder, UnusableKey};
use serde::{Deserialize, Serialize};

use super::mistake::{Mistake, at_most};
use super::pattern;

const MAX_PATTERNS: usize = 64;

/// The maximum number of names in each of `keys` and `allowed_keys`.
const MAX_KEYS: usize = 256;

/// The kinds of data that are redacted.
///
/// ```
/// use floe_telemetry::TelemetryConfig;
/// use floe_telemetry::config::RedactionLevel;
///
/// let mut config = TelemetryConfig::new("orders");
/// config.redaction.level = RedactionLevel::Strict;
/// ```
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RedactionLevel {
    /// Credentials: the values of keys such as `password`, user information in URLs, tokens of
    /// well-known formats, private keys, cookies.
    Credentials,
    /// Also personal data whose format can be checked: e-mail addresses, telephone numbers,
    /// payment cards, IBANs, US social security numbers.
    #[default]
    CredentialsAndPii,
    /// In error text, also everything that is not known to be harmless: words, identifiers and paths of words, numbers of
    /// up to seven digits, times, versions, addresses and known codes stay. For programs whose error messages may quote
    /// credentials in any form, and which can do without the identifiers of their customers in these messages.
    Strict,
}

/// The redaction of all telemetry before it is exported.
///
/// Credentials are redacted at every level. Redacted text is replaced by `<REDACTED>`.
///
/// Two kinds of text are redacted differently. **Error text** comes from the code that failed and can quote any data:
/// the status, `exception.message`, `exception.stacktrace`, `error.message` and `floe.warning`, and of a log record the
/// message and the fields `error` and `err`. **All other text** is chosen by the author of the instrumented code:
/// names, keys and values of attributes, also of events, links, scopes and the resource. Numbers in such text are
/// identifiers more often than payment cards, so personal data in it is redacted only by `strict`.
///
/// ```
/// use floe_telemetry::TelemetryConfig;
/// use floe_telemetry::config::RedactionLevel;
///
/// let config = TelemetryConfig::from_yaml("
/// resource_attributes: { service_name: orders }
/// redaction:
///   patterns: ['CUST-[0-9]{6}']
///   keys: [customer_ref]
///   allowed_keys: [page_token]
/// ")?;
/// assert_eq!(config.redaction.level, RedactionLevel::CredentialsAndPii);
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct RedactionConfig {
    /// The level: `credentials`, `credentials_and_pii` (default) or `strict`. Personal data in text other than error text
    /// is redacted by `strict` alone.
    pub level: RedactionLevel,
    /// Whether `strict` also applies to the messages of log records, of which it masks far more. Default `false`.
    pub strict_logs: bool,
    /// Regular expressions of the crate [`regex`](https://docs.rs/regex/1/regex/#syntax) whose matches
    /// are redacted in all text. At most 64 patterns of at most 1,024 bytes, and no pattern may match the
    /// empty text. They are compiled when the provider is initialized. Default none.
    pub patterns: Vec<String>,
    /// Keys whose values are secrets, in addition to the built-in ones. Case and separators are ignored, and
    /// a name applies to all keys that end with its words: `customer_ref` also applies to `x-customer-ref`
    /// and `oldCustomerRef`. At most 256, ASCII. Default none.
    pub keys: Vec<String>,
    /// Keys that are not sensitive. Their values are redacted only if they have the format of a secret.
    /// Case and separators are ignored, and a name applies to the complete key. At most 256. Default none.
    pub allowed_keys: Vec<String>,
}

impl RedactionConfig {
    /// Returns the level for text that is not error text.
    pub(crate) const fn level_of_attributes(&self) -> RedactionLevel {
        match self.level {
            RedactionLevel::Strict => RedactionLevel::CredentialsAndPii,
            _ => RedactionLevel::Credentials,
        }
    }

    /// Returns the level for the messages of log records.
    pub(crate) const fn level_of_logs(&self) -> RedactionLevel {
        match self.level {
            RedactionLevel::Strict if !self.strict_logs => RedactionLevel::CredentialsAndPii,
            level => level,
        }
    }

    pub(super) fn check(&self) -> Result<(), Mistake> {
        for (list, found, most) in [
            ("patterns", self.patterns.len(), MAX_PATTERNS),
            ("keys", self.keys.len(), MAX_KEYS),
            ("allowed_keys", self.allowed_keys.len(), MAX_KEYS),
        ] {
            at_most(&format!("redaction.{list}"), most, found)?;
        }
        for (at, pattern) in self.patterns.iter().enumerate() {
            if let Err(message) = pattern::check(pattern) {
                // A long pattern is identified by its first characters.
                let beginning: String = pattern.chars().take(64).collect();
                let message = format!("`{beginning}` {message}");
                return Err(Mistake::new(format!("redaction.patterns.{at}"), message));
            }
        }
        for (list, names) in [("keys", &self.keys), ("allowed_keys", &self.allowed_keys)] {
            for (at, name) in names.iter().enumerate() {
                if !RedactorBuilder::is_usable_key(name) {
                    let message = format!("`{name}` is {UnusableKey}");
                    return Err(Mistake::new(format!("redaction.{list}.{at}"), message));
                }
            }
        }
        for (at, name) in self.keys.iter().enumerate() {
            if self.allowed_keys.contains(name) {
                let message =
                    format!("`{name}` is in `keys` and in `allowed_keys`, expected one of them");
                return Err(Mistake::new(format!("redaction.keys.{at}"), message));
            }
        }
        Ok(())
    }
}
