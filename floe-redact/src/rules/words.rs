//! Values that are no secret, and names of hosts.

/// Mean "no value" or a type, in the languages that messages come from.
#[rustfmt::skip]
pub(crate) const LITERALS: &[&str] = &[
    "", "!vault", "any", "api-key", "api_key", "apikey", "arc", "array", "await", "basic", "bearer", "blob",
    "bool", "boolean", "box", "byte", "bytes", "char", "cow", "credential", "credentials", "dict", "double",
    "dynamic", "env", "false", "filtered", "float", "float64", "func", "function", "identifier", "input", "int",
    "int32", "int64", "integer", "keyword", "lambda", "list", "long", "map", "masked", "n/a", "na", "nan",
    "new", "nil", "no", "null", "nullable", "number", "object", "off", "on", "option", "optional",
    "passwd", "password", "prompt", "redacted", "return", "secret", "secretstr", "secretstring", "self", "short", "str",
    "string", "symbol", "text", "this", "token", "true", "tuple", "type", "undefined", "uuid", "var", "varchar", "vec", "void",
    "yes", "your-api-key", "your_api_key",
];

/// Say that there is no value, or what becomes of it, but people choose them, too.
#[rustfmt::skip]
pub(crate) const CHOSEN_WORDS: &[&str] = &[
    "ask", "default", "disabled", "empty", "enabled", "hidden", "missing", "none", "opaque",
    "required", "sealed", "secretkey", "sensitive", "stdin", "unknown", "unset",
];

/// Names of algorithms and of mechanisms.
#[rustfmt::skip]
pub(crate) const ALGORITHMS: &[&str] = &[
    "sha", "hmac", "hmacsha", "ecdsa", "rsa", "ssh", "scram", "md", "aes", "ed", "curve", "argon", "bcrypt", "bcryptsha", "pbkdf", "hs",
    "rs", "es", "ps", "p", "x", "tls", "tlsv", "kerberos", "oauth", "saml", "base", "utf", "aws", "chacha", "cram", "digest", "xoauth",
    "oauthbearer", "mongodb", "caching", "mysql", "gssapi",
];

/// What follows them: `sha256WithRSA`, `aes-256-cbc`.
#[rustfmt::skip]
pub(crate) const ALGORITHM_PARTS: &[&str] = &[
    "1", "2", "3", "4", "5", "7", "8", "12", "20", "64", "128", "192", "224", "256", "384", "509", "512", "521", "1024", "1305", "2048", "3072",
    "4096", "25519", "id", "v", "k", "with", "withrsa", "withrsaencryption", "withecdsa", "withdsa", "encryption", "cbc", "gcm", "ctr", "ecb",
    "cfb", "ofb", "xts", "kw", "wrap", "ccm", "siv", "poly", "nistp", "pss", "rsae", "pkcs", "padding", "oaep", "mgf", "nopadding", "crypt",
    "plus", "url", "native", "password", "cert", "com", "openssh", "dss", "and", "fips", "sigalgs",
];

/// Last labels of names that are no domain: files, units, hosts of one's own network.
#[rustfmt::skip]
pub(crate) const NO_DOMAINS: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "service", "socket", "timer", "target",
    "slice", "mount", "local", "internal", "lan", "cluster", "localdomain", "jar", "war", "aar", "pom", "tgz", "zip", "gz", "scope", "ts", "py", "rs",
];

/// Words before a colon that introduce an address, not a password.
#[rustfmt::skip]
pub(crate) const ADDRESS_ROLES: &[&str] = &[
    "mailto", "from", "to", "cc", "bcc", "email", "e-mail", "mail", "contact", "author", "sip", "sips",
    "user", "username", "owner", "xmpp", "reply-to", "sender", "acct", "login", "account",
];

/// Commands with `user/password@database` after them.
pub(crate) const ORACLE_COMMANDS: &[&str] = &[
    "sqlplus", "sqlldr", "expdp", "impdp", "exp", "imp", "rman", "connect", "conn", "sqlcl",
    "tnsping",
];

/// Parts of a host or a path that announce a secret path: webhooks.
pub(crate) const HOOKS: &[&str] = &["hook", "webhook"];

/// Segments of a path before a secret one.
pub(crate) const SECRET_SEGMENTS: &[&str] = &[
    "t",
    "verify",
    "confirm",
    "activate",
    "magic",
    "invite",
    "reset",
    "integration",
    "login",
];

/// What is after the `@` of an image, and is no host.
pub(crate) const DIGESTS: &[&str] = &["sha256:", "sha512:"];

/// Names of credentials, which are also among the most common values of them.
pub(crate) const CREDENTIAL_WORDS: &[&str] =
    &["password", "passwd", "pass", "pwd", "secret", "token"];

/// Words of a program before the name of a variable.
pub(crate) const DECLARATIONS: &[&str] = &["let", "var", "const", "val", "mut"];

/// Words of sentences that are also among the most common passwords.
#[rustfmt::skip]
pub(crate) const COMMON_PASSWORDS: &[&str] = &["access", "default", "internal", "login", "private", "public", "server", "user"];

/// Commands and events with an account of a host after them, `user@host`.
pub(crate) const ACCOUNT_COMMANDS: &[&str] = &[
    "ssh", "scp", "sftp", "rsync", "mosh", "autossh", "node", "nodedown",
];

/// Types with parameters.
#[rustfmt::skip]
pub(crate) const GENERIC_TYPES: &[&str] = &[
    "option", "optional", "list", "vec", "secret", "box", "arc", "varchar", "char", "cow", "nvarchar", "union",
    "annotated", "sequence",
];

/// What other programs write over a secret.
#[rustfmt::skip]
pub(crate) const MASKS: &[&[u8]] = &[
    b"****", b"REDACTED", b"redacted", b"FILTERED", b"OMITTED", b"HIDDEN", b"(hidden)", b"[filtered]", b"MASKED",
    b"xxxxxxxx", b"XXXXXXXX", "\u{2022}\u{2022}\u{2022}".as_bytes(),
];

/// A value that begins like this refers to another one.
#[rustfmt::skip]
pub(crate) const REFERENCES: &[&[u8]] = &[
    b"${", b"$(", b"%{", b"%(", b"{{", b"{%", b"#{", b"@{", b"arn:", b"ENC(", b"ENC[", b"vault:", b"op://",
    b"projects/", b"file:", b"env:", b"fd:",
];
