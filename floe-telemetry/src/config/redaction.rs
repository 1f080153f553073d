//! What is taken out of everything that is recorded, before it is exported.

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::sanitizer::{Level, Policy};

/// Patterns there may be.
const MAX_PATTERNS: usize = 64;

/// Bytes that a pattern may have.
const MAX_PATTERN: usize = 1024;

/// Bytes that a pattern may take when it is compiled.
const MAX_COMPILED: usize = 1 << 20;

/// Names that `keys` and `allowed_keys` may have, each.
const MAX_KEYS: usize = 256;

/// How much is taken out of a text.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RedactionLevel {
    /// Credentials: the values of keys such as `password`, userinfo of URLs, tokens of well-known
    /// forms, private keys, cookies.
    Credentials,
    /// Also personal data with a form that can be checked: e-mail addresses, telephone numbers,
    /// payment cards, IBANs, US social security numbers.
    #[default]
    CredentialsAndPii,
    /// Also every value of a key that is harmless in some of its meanings, such as `session` or
    /// `signature`.
    Strict,
}

impl From<RedactionLevel> for Level {
    fn from(level: RedactionLevel) -> Self {
        match level {
            RedactionLevel::Credentials => Self::Credentials,
            RedactionLevel::CredentialsAndPii => Self::CredentialsAndPii,
            RedactionLevel::Strict => Self::Strict,
        }
    }
}

/// What is taken out of everything that is recorded, before any exporter sees it.
///
/// Credentials are always taken out; there is no level without. What is taken out becomes
/// `<REDACTED>`, and is counted under the rule that found it
/// ([`Statistics::redacted`](crate::Statistics::redacted)).
///
/// Two kinds of text are told apart. **Error text** is written by whoever failed and can quote
/// anything: the status, `exception.message`, `exception.stacktrace`, `error.message` and
/// `floe.warning`. **Everything else** was chosen by the author of the code: names, keys and values
/// of attributes, also of events, links, scopes and of the resource. Numbers there are identifiers
/// more often than payment cards, so personal data stays unless
/// [`attribute_level`](Self::attribute_level) says otherwise.
///
/// ```
/// use floe_telemetry::TelemetryConfig;
/// use floe_telemetry::config::RedactionLevel;
///
/// let config = TelemetryConfig::from_yaml("
/// resource_attributes: { service_name: orders, service_version: 1.0.0, deployment_environment: dev,
///   floe_namespace: sales, floe_product_name: orders, floe_product_version: 1.0.0, floe_mode: dev }
/// redaction:
///   patterns: ['CUST-[0-9]{6}']
///   keys: [customer_ref]
///   allowed_keys: [page_token]
/// ")?;
/// assert_eq!(config.redaction.level, RedactionLevel::CredentialsAndPii);
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data with a published schema"
)]
pub struct RedactionConfig {
    /// How much is taken out of error text: `credentials`, `credentials_and_pii` (default) or
    /// `strict`.
    pub level: RedactionLevel,
    /// How much is taken out of everything else. Default `credentials`, and `strict` where `level`
    /// is `strict`.
    pub attribute_level: Option<RedactionLevel>,
    /// Regular expressions of the crate [`regex`](https://docs.rs/regex/1/regex/#syntax); what they
    /// match is taken out of every text. At most 64 of at most 1,024 bytes; none may match the empty
    /// text. Default none.
    pub patterns: Vec<String>,
    /// Keys whose values are secrets, besides those that are known. Case and separators do not
    /// matter, and a name holds for all keys that end with its words: `customer_ref` also for
    /// `x-customer-ref` and `oldCustomerRef`. At most 256, ASCII. Default none.
    pub keys: Vec<String>,
    /// Keys whose values stay, whatever the keys say, unless a value is a secret by its own form.
    /// Case and separators do not matter; each name is a whole key. At most 256. Default none.
    pub allowed_keys: Vec<String>,
}

/// The policies that a configuration stands for.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    /// For error text.
    pub(crate) text: Policy,
    /// For everything else.
    pub(crate) attribute: Policy,
}

impl RedactionConfig {
    pub(super) fn validate(&self) -> Result<(), Error> {
        self.policies().map(drop)
    }

    /// The same, compiled.
    pub(crate) fn policies(&self) -> Result<Policies, Error> {
        let patterns = self.compiled()?;
        self.check_keys()?;
        let policy = |level: RedactionLevel| {
            Policy::of(level.into())
                .with_extra_keys(self.keys.iter().map(String::as_str))
                .with_allowed_keys(self.allowed_keys.iter().map(String::as_str))
                .with_patterns(patterns.clone())
        };
        Ok(Policies {
            text: policy(self.level),
            attribute: policy(self.level_of_attributes()),
        })
    }

    fn level_of_attributes(&self) -> RedactionLevel {
        self.attribute_level.unwrap_or(match self.level {
            RedactionLevel::Strict => RedactionLevel::Strict,
            _ => RedactionLevel::Credentials,
        })
    }

    fn compiled(&self) -> Result<Vec<Regex>, Error> {
        at_most(MAX_PATTERNS, "patterns", &self.patterns)?;
        let patterns = self.patterns.iter().enumerate();
        patterns
            .map(|(index, pattern)| {
                compile(pattern).map_err(|problem| {
                    // A long pattern is recognised by its beginning.
                    let shown: String = pattern.chars().take(64).collect();
                    Error::config(format!("redaction.patterns[{index}]: `{shown}` {problem}"))
                })
            })
            .collect()
    }

    fn check_keys(&self) -> Result<(), Error> {
        at_most(MAX_KEYS, "keys", &self.keys)?;
        at_most(MAX_KEYS, "allowed_keys", &self.allowed_keys)?;
        for (list, names) in [("keys", &self.keys), ("allowed_keys", &self.allowed_keys)] {
            if let Some(name) = names.iter().find(|name| !Policy::is_usable_key(name)) {
                return Err(Error::config(format!(
                    "redaction.{list}: `{name}` is not a key: accepted are ASCII letters and digits, at most 64, \
                     and two or more in the last word"
                )));
            }
        }
        match self
            .keys
            .iter()
            .find(|name| self.allowed_keys.contains(name))
        {
            Some(name) => Err(Error::config(format!(
                "redaction: `{name}` is in `keys` and in `allowed_keys`: accepted is one of them"
            ))),
            None => Ok(()),
        }
    }
}

fn at_most(limit: usize, list: &str, found: &[String]) -> Result<(), Error> {
    if found.len() <= limit {
        return Ok(());
    }
    Err(Error::config(format!(
        "redaction.{list}: found {}: accepted are at most {limit}",
        found.len()
    )))
}

/// The pattern, or what is wrong with it.
fn compile(pattern: &str) -> Result<Regex, String> {
    if pattern.len() > MAX_PATTERN {
        let found = pattern.len();
        return Err(format!(
            "is too long: found {found} bytes, accepted are at most {MAX_PATTERN}"
        ));
    }
    // The parser alone knows where in the pattern the mistake is.
    regex_syntax::parse(pattern).map_err(|error| mistake(&error))?;
    let compiled = RegexBuilder::new(pattern)
        .size_limit(MAX_COMPILED)
        .build()
        .map_err(|_| format!("is too large: accepted are at most {MAX_COMPILED} bytes compiled"))?;
    if compiled.is_match("") {
        return Err("matches the empty text, which is everywhere: accepted is a pattern that takes at least one character".to_owned());
    }
    Ok(compiled)
}

fn mistake(error: &regex_syntax::Error) -> String {
    let (reason, place) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span().start),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span().start),
        other => return format!("is not a regular expression: {other}"),
    };
    let at = match place.line {
        1 => format!("character {}", place.column),
        line => format!("line {line}, character {}", place.column),
    };
    format!("is not a regular expression: at {at}: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(config: &RedactionConfig) -> String {
        config.validate().unwrap_err().to_string()
    }

    fn patterns(patterns: &[&str]) -> RedactionConfig {
        RedactionConfig {
            patterns: patterns.iter().map(|text| (*text).to_owned()).collect(),
            ..RedactionConfig::default()
        }
    }

    #[test]
    fn a_pattern_that_is_wrong_is_named_with_the_place_of_the_mistake() {
        for (wrong, expected) in [
            (
                "PX-(a",
                "`PX-(a` is not a regular expression: at character 4: unclosed group",
            ),
            (
                "a\n[z-b]",
                "`a\n[z-b]` is not a regular expression: at line 2, character 2: invalid character \
                 class range, the start must be <= the end",
            ),
            (
                "é{2,1}",
                "`é{2,1}` is not a regular expression: at character 2: invalid repetition \
                       count range, the start must be <= the end",
            ),
            (
                "[0-9]*",
                "`[0-9]*` matches the empty text, which is everywhere: accepted is a pattern \
                       that takes at least one character",
            ),
            (
                r"\w{500}{20}",
                r"`\w{500}{20}` is too large: accepted are at most 1048576 bytes compiled",
            ),
        ] {
            assert_eq!(
                error(&patterns(&["ok", wrong])),
                format!("redaction.patterns[1]: {expected}")
            );
        }
        let long = "a".repeat(1025);
        assert_eq!(
            error(&patterns(&[&long])),
            format!(
                "redaction.patterns[0]: `{}` is too long: found 1025 bytes, accepted are at most 1024",
                "a".repeat(64)
            )
        );
        assert_eq!(
            error(&patterns(&["a"; 65])),
            "redaction.patterns: found 65: accepted are at most 64"
        );
    }

    #[test]
    fn what_is_written_is_read_again_and_nothing_else() {
        let read = |yaml: &str| serde_saphyr::from_str::<RedactionConfig>(yaml);
        assert_eq!(read("{}").unwrap(), RedactionConfig::default());
        let config = RedactionConfig {
            level: RedactionLevel::Strict,
            attribute_level: Some(RedactionLevel::CredentialsAndPii),
            keys: vec!["customer_ref".to_owned()],
            allowed_keys: vec!["page_token".to_owned()],
            ..patterns(&[r"CUST-\d{6}"])
        };
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(
            json,
            r#"{"level":"strict","attribute_level":"credentials_and_pii","patterns":["CUST-\\d{6}"],"keys":["customer_ref"],"allowed_keys":["page_token"]}"#
        );
        assert_eq!(read(&json).unwrap(), config);
        for wrong in ["level: off", "levels: strict", "patterns: a", "keys: [[]]"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn keys_that_could_not_be_found_are_refused() {
        let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
        let mut config = RedactionConfig {
            keys: keys(&["größe"]),
            ..RedactionConfig::default()
        };
        assert_eq!(
            error(&config),
            "redaction.keys: `größe` is not a key: accepted are ASCII letters and digits, at most 64, and two or more \
             in the last word"
        );
        config.keys = keys(&["page"]);
        config.allowed_keys = keys(&["page"]);
        assert_eq!(
            error(&config),
            "redaction: `page` is in `keys` and in `allowed_keys`: accepted is one of them"
        );
        config.allowed_keys = keys(&["ab"; 257]);
        assert_eq!(
            error(&config),
            "redaction.allowed_keys: found 257: accepted are at most 256"
        );
    }
}
