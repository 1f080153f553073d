//! Values that are no secret, and names of hosts.

/// Stands for "no value" or for a type, in the languages that messages come from.
#[rustfmt::skip]
pub(crate) const LITERALS: &[&str] = &[
    "", "none", "null", "nil", "undefined", "true", "false", "nan", "n/a", "na", "unset", "empty", "yes",
    "no", "redacted", "hidden", "masked", "filtered", "sensitive", "str", "string", "bytes", "int", "integer", "int64", "int32", "float64",
    "bool", "boolean", "text", "char", "varchar", "object", "any", "float", "number", "uuid", "secret", "sealed",
    "secretstr", "secretstring", "optional", "option", "self", "bearer", "basic", "env", "required",
    "missing", "vec", "list", "box", "arc", "cow", "await", "new", "lambda", "function", "func",
    "return", "input", "this", "var", "void", "unknown", "default", "changeme?", "password", "passwd",
    "token", "symbol", "keyword", "identifier", "double", "long", "short", "byte", "nullable", "blob", "array", "map", "dict", "tuple", "type", "stdin", "prompt", "ask", "off", "on",
    "credentials", "credential", "api-key", "api_key", "apikey", "your-api-key", "your_api_key", "secretkey", "opaque", "dynamic", "enabled", "disabled",
];

/// Names of algorithms and of other public things begin with these.
#[rustfmt::skip]
pub(crate) const ALGORITHMS: &[&str] = &[
    "sha1", "sha2", "sha3", "sha5", "sha-", "hmac-", "hmacsha", "hmac_", "hmac(", "ecdsa", "rsa-", "rsa_", "ssh-", "scram", "md5", "aes-", "aes1", "aes2",
    "ed25519", "curve25519", "argon2id-", "bcrypt-", "pbkdf2", "hs256", "hs384", "hs512", "rs256", "rs384", "rs512", "es256", "es384",
    "ps256", "p256", "x509", "tlsv", "tls1", "kerberos", "oauth2", "saml2", "base64", "utf-8", "aws4-hmac", "chacha20", "cram-md5", "digest-md5",
    "xoauth", "oauthbearer", "mongodb-x509", "caching_sha2", "mysql_native", "gssapi", "bcryptsha",
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

/// First parts of a property in code: `self.password`, `config.token`.
#[rustfmt::skip]
pub(crate) const CODE_ROOTS: &[&str] = &[
    "self", "this", "cfg", "config", "conf", "settings", "var", "env", "os", "process", "options", "opts", "args", "ctx",
    "params", "request", "req", "secrets", "local", "module", "each", "inputs", "steps", "vault", "creds", "credentials",
    "state", "props", "session", "environ", "github", "vars", "response", "res", "result", "parser", "lexer", "form", "body",
];
