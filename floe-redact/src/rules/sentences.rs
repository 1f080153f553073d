//! What stands between a name and its value: separators, and words of sentences.

/// How closely a separator binds a value to its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// `=` and its relatives.
    Assign,
    /// `:`, which also begins the rest of a sentence.
    Colon,
    /// An arrow.
    Arrow,
    /// A column of a table, a dash: the value has to show what it is.
    Loose,
}

/// Signs between a name and its value, the longest first.
#[rustfmt::skip]
pub(crate) const SEPARATORS: &[(&str, Binding)] = &[
    ("::=", Binding::Assign), (":**", Binding::Colon), ("...", Binding::Colon), ("===", Binding::Assign), ("==>", Binding::Arrow),
    ("-->", Binding::Arrow), ("||=", Binding::Assign), ("!==", Binding::Assign), (":=", Binding::Assign),
    ("==", Binding::Assign), ("=>", Binding::Arrow), ("->", Binding::Arrow), ("~>", Binding::Arrow),
    ("+=", Binding::Assign), (".=", Binding::Assign), ("?=", Binding::Assign), ("|=", Binding::Assign),
    ("!=", Binding::Assign), ("=~", Binding::Assign), ("<-", Binding::Assign), ("::", Binding::Colon), ("\u{1}", Binding::Arrow), ("=", Binding::Assign), (":", Binding::Colon),
    ("|", Binding::Loose), ("-", Binding::Loose),
];

/// Words of a sentence between a name and its value.
#[rustfmt::skip]
pub(crate) const FILLERS: &[&str] = &[
    "given", "used", "of", "set",
    "supplied", "valid", "not", "changed", "header", "a", "the", "now", "currently", "with", "generated",
    "has", "been", "new", "temporary", "you", "entered", "typed", "sent", "which", "presented", "that", "parameter", "argument", "field", "attribute", "input", "string", "variable", "property", "secret", "token",
    "starting", "beginning", "ending", "updated", "from", "rotated", "found", "using", "by", "key",
];

/// Words that state a value.
#[rustfmt::skip]
pub(crate) const COPULAS: &[&str] = &["is", "was", "equals", "be", "are", "were", "es", "ist", "est", "war", "lautet", "to", "provided", "got", "as", "received", "value"];

/// Words after a name and before a colon: what follows may be the value, or the reason.
#[rustfmt::skip]
pub(crate) const STATES: &[&str] = &["expired", "passed", "incorrect", "incorrecta", "inválida", "invalid", "rejected", "wrong", "mismatch", "specified", "follows", "malformed", "refused", "revoked"];

/// Words before an owner: `password for bob: …`.
pub(crate) const OWNERS: &[&str] = &["for", "of", "on", "by", "user", "to"];

/// Names under which the name of a named pair stands.
#[rustfmt::skip]
pub(crate) const NAME_NAMES: &[&str] = &["name", "key", "k", "n", "id", "variable", "var", "env", "header", "param", "parameter", "title", "property", "option", "setting", "field", "label", "path"];

/// Names under which the value of a named pair stands: `{"name": "TOKEN", "value": "…"}`.
#[rustfmt::skip]
pub(crate) const VALUE_NAMES: &[&str] = &["value", "val", "v", "content", "default", "string", "secret", "data", "plaintext", "inner", "0", "raw", "plain"];

/// Words that follow a name and its separator in a sentence about it, not as its value.
#[rustfmt::skip]
pub(crate) const PROSE: &[&str] = &[
    "access", "accepted", "actual", "after", "all", "already", "also", "an", "and", "any", "are", "argument", "as", "at", "attempt",
    "auth", "authentication", "authorization", "automatically", "available", "bad", "be", "because", "been", "before",
    "being", "between", "but", "by", "can", "can't", "cannot", "changed", "check", "checked", "configured", "confirmation", "connection", "contains", "correct",
    "could", "couldn't", "count", "created", "declined", "defaults", "defined", "deleted", "denied", "did", "didn't", "different", "disabled", "does", "doesn't", "don't", "down", "during", "each",
    "either", "enabled", "ended", "enter", "entered", "error", "exceeded", "exceeds", "existing", "expected", "expired", "expires", "failed",
    "failure", "field", "fields", "file", "for", "forbidden", "format", "found", "from", "generated", "given", "got", "granted", "had", "has", "hasn't", "have",
    "header", "how", "if", "ignored", "illegal", "in", "incorrect", "insufficient", "internal", "into", "invalid", "invalidated", "is",
    "isn't", "issued", "it", "its", "key", "last", "leaked", "length", "less", "line", "loaded", "locked", "login", "lookup", "malformed", "manager", "match", "matches", "may", "mismatch", "missing",
    "more", "must", "near", "need", "needed", "needs", "neither", "never", "new", "no", "none", "not", "nothing", "of", "off", "ok", "okay", "on", "once", "one", "only",
    "or", "out", "outside", "over", "parameter", "parse", "passed", "passes", "password", "passwords", "per", "permission", "please", "policy", "present", "protected", "provided", "received", "refresh", "refreshed", "refused",
    "rejected", "removed", "renewed", "request", "required", "requires", "reset", "resource", "returned", "revoked", "rotated", "rotation", "same", "saved", "scheme", "see",
    "sent", "server", "set", "shall", "should", "signature", "since", "skipped", "so", "some", "something", "status", "still", "stored", "strength", "string", "such", "supplied", "supported", "syntax",
    "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "through", "timed", "timeout", "to", "token", "too", "type", "unable", "unauthorized", "unavailable",
    "unchanged", "under", "unexpected", "unknown", "unless", "unreachable", "unsupported", "until", "updated", "use", "used", "user", "using", "valid", "validated", "validation",
    "value", "values", "verification", "verified", "via", "was", "wasn't", "were", "weren't", "what", "when", "where", "whether", "which", "while", "who", "whose", "will", "with", "within",
    "without", "won't", "wrong", "yet", "you", "your", "default", "disable", "openid", "path", "sensitive", "known", "apply", "hidden", "redacted", "filtered", "masked", "omitted", "empty", "unbound", "references", "minimum", "maximum", "include", "omit", "leer", "impl", "mut", "static", "final", "const", "let", "dyn", "link", "fields", "restarted", "page", "screen", "form", "prompt", "dialog", "attempts", "attempt", "hash", "hashes", "mfa", "method", "via", "tokens", "keys", "key", "expire", "nologin", "lock", "unlock", "account", "write", "read", "marked", "deprecated", "stale", "weak", "strong", "allowed", "readable", "immutable", "encrypted", "algo", "protected", "replace", "retain", "dial", "lookup", "plain", "optional", "pending", "private", "public", "external", "inherit", "nullable", "autocomplete", "visible",
];
