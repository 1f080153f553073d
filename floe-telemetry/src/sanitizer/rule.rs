//! Which rule found a secret.

/// What a redaction was made for. The names are stable: counters are kept under them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    not(test),
    allow(dead_code, reason = "read by the collector's counters")
)]
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
    /// The name in `snake_case`.
    #[cfg_attr(
        not(test),
        allow(dead_code, reason = "read by the collector's counters")
    )]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::UrlUserinfo => "url_userinfo",
            Self::UrlPath => "url_path",
            Self::KeyValue => "key_value",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::CommandLine => "command_line",
            Self::TokenFormat => "token_format",
            Self::Jwt => "jwt",
            Self::Pem => "pem",
            Self::Email => "email",
            Self::Ssn => "ssn",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::Phone => "phone",
            Self::UserPattern(_) => "user_pattern",
        }
    }
}
