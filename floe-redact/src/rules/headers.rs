//! Authorization schemes, and attributes of cookies.

/// What follows a scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// One word of credentials.
    Word,
    /// A list of parameters.
    List,
}

/// A scheme of `Authorization`.
#[derive(Debug)]
pub(crate) struct Scheme {
    pub(crate) id: &'static str,
    pub(crate) names: &'static [&'static str],
    pub(crate) form: Form,
    /// Whether the scheme alone, without its header, introduces credentials.
    pub(crate) is_bare: bool,
    pub(crate) secret: &'static [&'static str],
    pub(crate) benign: &'static [&'static str],
}

pub(crate) const SCHEMES: &[Scheme] = &[
    Scheme {
        id: "bearer",
        names: &["bearer"],
        form: Form::Word,
        is_bare: true,
        secret: &[
            "Authorization: Bearer Ub1xzpy42PD7CJtNY2SA",
            "got 'Bearer a1B2c3D4e5f6'",
        ],
        benign: &[
            "WWW-Authenticate: Bearer realm=\"x\"",
            "bearer token missing",
        ],
    },
    Scheme {
        id: "basic",
        names: &["basic"],
        form: Form::Word,
        is_bare: true,
        secret: &[
            "Authorization: Basic dXNlcjpwYXNz",
            "auth Basic c3ZjLWluZ2VzdDpBeWtncWpZcWVWVXE=",
        ],
        benign: &["Basic realm=\"x\"", "basic authentication"],
    },
    Scheme {
        id: "authorization-scheme",
        names: &[
            "token",
            "negotiate",
            "ntlm",
            "apikey",
            "api-key",
            "sharedkey",
            "ssws",
            "key",
            "sharedkeylite",
            "goog",
            "splunk",
            "plain",
            "login",
            "bot",
            "genie-key",
            "geniekey",
            "klaviyo-api-key",
            "aws",
            "cloudfront",
            "kerberos",
            "passkey",
            "jwt",
            "privatetoken",
            "snowflake",
            "pre-shared-key",
        ],
        form: Form::Word,
        is_bare: false,
        secret: &[
            "Authorization: Token fc687ac6814934fc4b485c67",
            "authorization: AWS AKIAJ7Q2XW5RT3YB6KLM:frJIUN8DYpKDtOLC=",
        ],
        benign: &["Authorization: Token is missing"],
    },
    Scheme {
        id: "authorization-parameters",
        names: &[
            "digest",
            "oauth",
            "hawk",
            "signature",
            "aws4-hmac-sha256",
            "aws4-ecdsa-p256-sha256",
            "mac",
            "hmac",
            "hmac-sha256",
            "googlelogin",
            "eg1-hmac-sha256",
            "mauth",
        ],
        form: Form::List,
        is_bare: false,
        secret: &[
            "Authorization: Digest username=\"bob\", response=\"6629fae49393a05397450978507c4ef1\"",
        ],
        benign: &["Authorization: Digest"],
    },
];

/// Parts of `Set-Cookie` that are no cookie.
pub(crate) const COOKIE_ATTRIBUTES: &[&str] = &[
    "path",
    "domain",
    "expires",
    "max-age",
    "samesite",
    "secure",
    "httponly",
    "priority",
    "partitioned",
    "version",
    "comment",
];

/// How the base64 of a JSON web token's header begins: `{"alg"`, `{"typ"`, `{"kid"` and so on.
#[rustfmt::skip]
pub(crate) const WEB_TOKEN_HEADERS: &[&str] = &[
    "eyJhbGci", "eyJ0eXAi", "eyJraWQi", "eyJlbmMi", "eyJrIjoi", "eyJqa3Ui", "eyJjdHki", "eyJ4NXQi",
];
