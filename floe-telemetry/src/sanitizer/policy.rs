//! What is taken out of a text.

use regex::Regex;

use super::anchors::Anchors;
use super::lexicon::{self, Class};
use super::name::Name;

/// How much is taken out of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Level {
    /// Credentials only.
    Credentials,
    /// Credentials and personal data with a checkable form.
    #[default]
    CredentialsAndPii,
    /// Also every value of a key whose name is sensitive in some of its meanings.
    Strict,
}

/// A level and what the user adds to it and takes from it.
///
/// Names of keys are compared without case and separators: `customerRef` is `CUSTOMER_REF`.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(super) level: Level,
    /// Names at the end of a key that announce a secret.
    extra_keys: Vec<Name>,
    /// Keys, each as a whole, whose values stay.
    allowed_keys: Vec<Name>,
    pub(super) patterns: Vec<Regex>,
    /// The built-in anchors and those of the extra keys, if there are any.
    pub(super) anchors: Option<Anchors>,
}

/// Credentials and personal data, nothing of the user's.
pub(super) static DEFAULT: Policy = Policy::of(Level::CredentialsAndPii);

/// Credentials, nothing of the user's.
pub(super) static CREDENTIALS: Policy = Policy::of(Level::Credentials);

impl Policy {
    /// Only the level.
    pub(crate) const fn of(level: Level) -> Self {
        Self {
            level,
            extra_keys: Vec::new(),
            allowed_keys: Vec::new(),
            patterns: Vec::new(),
            anchors: None,
        }
    }

    /// Values of a key that ends with one of these words are secrets, too.
    ///
    /// Names that [`is_usable_key`](Self::is_usable_key) refuses have no effect.
    pub(crate) fn with_extra_keys<'k>(mut self, keys: impl IntoIterator<Item = &'k str>) -> Self {
        let mut anchors = Anchors::built_in();
        for key in keys.into_iter().filter(|key| Self::is_usable_key(key)) {
            let name = Name::new(key.as_bytes());
            anchors.add_key(&name);
            self.extra_keys.push(name);
        }
        self.anchors = (!self.extra_keys.is_empty()).then_some(anchors);
        self
    }

    /// Values of these keys are left alone, unless they are secrets by their own shape.
    pub(crate) fn with_allowed_keys<'k>(mut self, keys: impl IntoIterator<Item = &'k str>) -> Self {
        let names = keys.into_iter().map(|key| Name::new(key.as_bytes()));
        self.allowed_keys = names.filter(|name| !name.as_bytes().is_empty()).collect();
        self
    }

    /// What these match is redacted.
    pub(crate) fn with_patterns(mut self, patterns: Vec<Regex>) -> Self {
        self.patterns = patterns;
        self
    }

    /// Whether the last word of a key can be found in a text: two to 64 ASCII letters and digits.
    pub(crate) fn is_usable_key(key: &str) -> bool {
        let name = Name::new(key.as_bytes());
        key.is_ascii() && key.len() <= 64 && name.last_word().1.len() >= 2
    }

    /// What a value of this key would be, `None` for a key without meaning.
    pub(super) fn classify(&self, key: &[u8]) -> Option<Class> {
        if self.allowed_keys.is_empty() && self.extra_keys.is_empty() {
            return lexicon::classify(key);
        }
        let name = Name::new(key);
        let is_same = |known: &Name| known.as_bytes() == name.as_bytes();
        if self.allowed_keys.iter().any(is_same) {
            return None;
        }
        if self
            .extra_keys
            .iter()
            .any(|known| name.ends_with_word(known))
        {
            return Some(Class::Strong);
        }
        lexicon::classify(key)
    }
}

impl Default for Policy {
    fn default() -> Self {
        DEFAULT.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Rule, sanitize_with};
    use super::*;

    fn safe(policy: &Policy, text: &str) -> String {
        sanitize_with(policy, text, &mut |_| {}).into_owned()
    }

    #[test]
    fn a_key_of_the_user_is_found_in_every_spelling() {
        let policy = Policy::default().with_extra_keys(["customer_ref", "iq", "badge"]);
        for (text, wanted) in [
            ("customer_ref=ab 1", "customer_ref=<REDACTED> 1"),
            ("customerRef: \"a b\"", "customerRef: \"<REDACTED>\""),
            (
                "{\"x-customer-ref\": \"a\"}",
                "{\"x-customer-ref\": \"<REDACTED>\"}",
            ),
            ("iq=130 badge='7a'", "iq=<REDACTED> badge='<REDACTED>'"),
            ("badger=1 uniq=2", "badger=1 uniq=2"),
        ] {
            assert_eq!(safe(&policy, text), wanted);
            assert_eq!(safe(&Policy::default(), text), text);
        }
    }

    #[test]
    fn an_allowed_key_keeps_its_value() {
        let policy = Policy::default().with_allowed_keys(["sort-token"]);
        assert_eq!(
            safe(&policy, "sortToken=abc page_token=abc"),
            "sortToken=abc page_token=<REDACTED>"
        );
    }

    #[test]
    fn patterns_match_once_and_never_their_own_mark() {
        let patterns = ["PX-[0-9]{4}", "[A-Z]{5,}"].map(|pattern| Regex::new(pattern).unwrap());
        let policy = Policy::default().with_patterns(patterns.to_vec());
        let mut rules = Vec::new();
        let text = sanitize_with(&policy, "order PX-1234 of HARALD", &mut |rule| {
            rules.push(rule);
        });
        assert_eq!(text, "order <REDACTED> of <REDACTED>");
        assert_eq!(rules, [Rule::UserPattern(0), Rule::UserPattern(1)]);
        assert_eq!(safe(&policy, &text), text);
    }

    #[test]
    fn what_cannot_be_found_is_not_usable() {
        for (key, usable) in [("a", false), ("", false), ("größe", false), ("ab", true)] {
            assert_eq!(Policy::is_usable_key(key), usable, "{key}");
        }
    }

    #[test]
    fn each_rule_says_its_name() {
        let email = concat!("mail", "@", "example.com");
        let cases = [
            ("postgres://u:pw1x@h/d", "url_userinfo"),
            ("password=hunter2", "key_value"),
            ("Authorization: Bearer abc1234", "header"),
            ("Cookie: session=abc123def456", "cookie"),
            ("sshpass -p hunter2 ssh host", "command_line"),
            (
                concat!("gh", "p_0123456789abcdefABCDEF0123456789abcd"),
                "token_format",
            ),
            (
                concat!("eyJ", "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefgh"),
                "jwt",
            ),
            ("-----BEGIN RSA PRIVATE KEY-----\nabc", "pem"),
            (email, "email"),
            ("ssn 078-05-1120", "ssn"),
            ("paid with 4111 1111 1111 1111", "card"),
            ("to DE89370400440532013000", "iban"),
            ("call +49 30 1234567", "phone"),
            (
                "POST https://chat.example.com/webhook/Ab3dEf6hIj9kLm2nOp5q",
                "url_path",
            ),
        ];
        for (text, name) in cases {
            let mut names = Vec::new();
            sanitize_with(&Policy::default(), text, &mut |rule| {
                names.push(rule.name());
            });
            assert_eq!(names, [name], "{text}");
        }
    }
}
