//! Values that are no secret, and names of hosts.

/// Stands for "no value" or for a type, in the languages that messages come from.
#[rustfmt::skip]
pub(crate) const LITERALS: &[&str] = &[
    "", "none", "null", "nil", "undefined", "true", "false", "nan", "n/a", "na", "unset", "empty", "yes",
    "no", "redacted", "hidden", "masked", "filtered", "sensitive", "str", "string", "bytes", "int", "integer", "int64", "int32", "float64",
    "bool", "boolean", "text", "char", "varchar", "object", "any", "float", "number", "uuid", "secret", "sealed",
    "secretstr", "secretstring", "optional", "option", "self", "bearer", "basic", "env", "required",
    "missing", "vec", "list", "box", "arc", "cow", "await", "new", "lambda", "function", "func",
    "return", "input", "this", "var", "void", "unknown", "default", "password", "passwd",
    "token", "symbol", "keyword", "identifier", "double", "long", "short", "byte", "nullable", "blob", "array", "map", "dict", "tuple", "type", "stdin", "prompt", "ask", "off", "on",
    "credentials", "credential", "api-key", "api_key", "apikey", "your-api-key", "your_api_key", "secretkey", "opaque", "dynamic", "!vault", "enabled", "disabled",
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

/// Commands with `user/password@database` behind them.
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

/// What documentation writes in the place of a password.
pub(crate) const PASSWORD_PLACEHOLDERS: &[&str] = &["password", "pass", "pwd"];

/// Commands and events with an account of a host behind them, `user@host`.
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

/// A value that begins like this stands for another one.
#[rustfmt::skip]
pub(crate) const REFERENCES: &[&[u8]] = &[
    b"${", b"$(", b"%{", b"%(", b"{{", b"{%", b"#{", b"@{", b"arn:", b"ENC(", b"ENC[", b"vault:", b"op://",
    b"projects/", b"file:", b"env:", b"fd:",
];
