//! A key and its value when they come apart, as an attribute does.

use std::borrow::Cow;

use super::lexicon::{Class, is_address};
use super::policy::{Level, Policy};
use super::{REDACTED, Rule, sanitize_with};

/// What the key of an attribute says about its value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KeyMeaning {
    /// Nothing.
    Harmless,
    /// A value is a secret if it looks like one.
    Doubtful,
    /// Any value is a secret.
    Secret,
}

/// Reads the key by a policy.
pub(crate) fn meaning_with(policy: &Policy, key: &str) -> KeyMeaning {
    match policy.classify(key.as_bytes()) {
        None if is_address(key.as_bytes()) => KeyMeaning::Doubtful,
        None => KeyMeaning::Harmless,
        Some(Class::Strong | Class::Authorization | Class::Cookie) => KeyMeaning::Secret,
        Some(_) if policy.level == Level::Strict => KeyMeaning::Secret,
        Some(_) => KeyMeaning::Doubtful,
    }
}

/// The value of a key with this meaning, without what is secret in it; `fired` is told the rule of
/// each redaction.
pub(crate) fn sanitize_value_with<'v>(
    policy: &Policy,
    key: &str,
    meaning: KeyMeaning,
    value: &'v str,
    fired: &mut dyn FnMut(Rule),
) -> Cow<'v, str> {
    match meaning {
        KeyMeaning::Harmless => sanitize_with(policy, value, fired),
        KeyMeaning::Secret if value.is_empty() || value == REDACTED => Cow::Borrowed(value),
        KeyMeaning::Secret => {
            fired(Rule::KeyValue);
            Cow::Borrowed(REDACTED)
        }
        KeyMeaning::Doubtful => {
            // In a text the key of an address means nothing.
            let key = if is_address(key.as_bytes()) {
                "session"
            } else {
                key
            };
            let pair = format!("{key}={value}");
            match sanitize_with(policy, &pair, fired) {
                Cow::Borrowed(_) => Cow::Borrowed(value),
                Cow::Owned(safe) => match safe
                    .strip_prefix(key)
                    .and_then(|rest| rest.strip_prefix('='))
                {
                    Some(rest) => Cow::Owned(rest.to_owned()),
                    None => Cow::Borrowed(REDACTED),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::policy::DEFAULT;
    use super::*;

    fn safe(key: &str, value: &str) -> String {
        let meaning = meaning_with(&DEFAULT, key);
        sanitize_value_with(&DEFAULT, key, meaning, value, &mut |_| {}).into_owned()
    }

    #[test]
    fn a_telling_key_takes_its_value_along() {
        for key in [
            "password",
            "db.password",
            "api_key",
            "user.secret",
            "http.request.header.authorization",
            "token",
        ] {
            assert_eq!(safe(key, "hunter2A"), REDACTED, "{key}");
        }
        assert_eq!(safe("http.request.header.cookie", "session=abc"), REDACTED);
    }

    #[test]
    fn a_harmless_key_leaves_its_value() {
        for key in [
            "table",
            "rows",
            "token.count",
            "primary_key",
            "db.system.name",
            "dagster.asset_key",
            "secrets.provider",
        ] {
            assert_eq!(safe(key, "orders"), "orders", "{key}");
        }
        assert_eq!(
            safe("url", "postgres://u:p4ssw0rd@h/d"),
            "postgres://<REDACTED>@h/d"
        );
    }

    #[test]
    fn in_doubt_the_value_decides() {
        assert_eq!(safe("session", "nightly"), "nightly");
        assert_eq!(
            safe("session", "f3a9c81e77b24d0f9e6a5b1c2d3e4f50"),
            REDACTED
        );
    }
}
