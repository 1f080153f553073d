//! Which rule found a secret.

/// What a redaction was made for. The names are stable: counters are kept under them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Rule {
    /// User and password before the `@` of a URL or a bare address.
    UrlUserinfo,
    /// A random segment behind one that announces it: a webhook.
    UrlPath,
    /// The value of a sensitive key.
    KeyValue,
    /// `Authorization` and its schemes.
    Header,
    /// A cookie's value.
    Cookie,
    /// An argument of a command.
    CommandLine,
    /// A vendor's prefix and random characters.
    TokenFormat,
    /// A JSON web token.
    Jwt,
    /// A private key in armour.
    Pem,
    /// The part of an e-mail address before the `@`.
    Email,
    /// A US social security number.
    Ssn,
    /// A payment card.
    Card,
    /// An international bank account.
    Iban,
    /// A telephone number in international form.
    Phone,
    /// A pattern of the user, by its place in the policy.
    UserPattern(usize),
}

impl Rule {
    /// The names of all rules, in the order of [`index`](Self::index).
    pub(crate) const NAMES: [&str; 15] = [
        "url_userinfo",
        "url_path",
        "key_value",
        "header",
        "cookie",
        "command_line",
        "token_format",
        "jwt",
        "pem",
        "email",
        "ssn",
        "card",
        "iban",
        "phone",
        "user_pattern",
    ];

    /// The place among all rules; patterns of the user share one.
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::UrlUserinfo => 0,
            Self::UrlPath => 1,
            Self::KeyValue => 2,
            Self::Header => 3,
            Self::Cookie => 4,
            Self::CommandLine => 5,
            Self::TokenFormat => 6,
            Self::Jwt => 7,
            Self::Pem => 8,
            Self::Email => 9,
            Self::Ssn => 10,
            Self::Card => 11,
            Self::Iban => 12,
            Self::Phone => 13,
            Self::UserPattern(_) => 14,
        }
    }

    /// The name in `snake_case`.
    #[cfg(test)]
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[self.index()]
    }
}
