//! What is between a name and its value: separators, and words of sentences.

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

/// Names of the field with the name of a named pair.
#[rustfmt::skip]
pub(crate) const NAME_NAMES: &[&str] = &["name", "key", "k", "n", "id", "variable", "var", "env", "header", "param", "parameter", "title", "property", "option", "setting", "field", "label", "path"];

/// Names of the field with its value: `{"name": "TOKEN", "value": "…"}`.
#[rustfmt::skip]
pub(crate) const VALUE_NAMES: &[&str] = &["value", "val", "v", "content", "default", "string", "secret", "data", "plaintext", "inner", "0", "raw", "plain"];

/// Names of a refused value in Pydantic's reports.
pub(crate) const INPUT_NAMES: &[&str] = &["input_value", "input"];

/// Words between SQL's `IDENTIFIED` and the password.
pub(crate) const IDENTIFIED_WORDS: &[&str] = &["by", "as", "password"];

/// Words in the place of the password of `IDENTIFIED BY` that are none.
pub(crate) const IDENTIFIED_OTHERWISE: &[&str] = &["values", "value", "externally", "globally"];

/// SQL's word before rows of values.
pub(crate) const ROWS_WORDS: &[&str] = &["values"];

/// Words that follow a name and its separator in a sentence about it, not as its value.
#[rustfmt::skip]
pub(crate) const PROSE: &[&str] = &[
    "accepted", "access", "account", "actual", "after", "algo", "all", "allowed", "already", "also", "an",
    "and", "any", "apply", "are", "argument", "as", "at", "attempt", "attempts", "auth", "authentication",
    "authorization", "autocomplete", "automatically", "available", "bad", "be", "because", "been", "before",
    "being", "between", "but", "by", "can", "can't", "cannot", "changed", "check", "checked", "configured",
    "confirmation", "connection", "const", "contains", "correct", "could", "couldn't", "count", "created",
    "declined", "default", "defaults", "defined", "deleted", "denied", "deprecated", "dial", "dialog", "did",
    "didn't", "different", "disable", "disabled", "does", "doesn't", "don't", "down", "during", "dyn", "each",
    "either", "empty", "enabled", "encrypted", "ended", "enter", "entered", "error", "exceeded", "exceeds",
    "existing", "expected", "expire", "expired", "expires", "external", "failed", "failure", "field", "fields",
    "file", "filtered", "final", "for", "forbidden", "form", "format", "found", "from", "generated", "given",
    "got", "granted", "had", "has", "hash", "hashes", "hasn't", "have", "header", "hidden", "how", "if",
    "ignored", "illegal", "immutable", "impl", "in", "include", "incorrect", "inherit", "insufficient",
    "internal", "into", "invalid", "invalidated", "is", "isn't", "issued", "it", "its", "key", "keys", "known",
    "last", "leaked", "leer", "length", "less", "let", "line", "link", "loaded", "lock", "locked", "login",
    "lookup", "malformed", "manager", "marked", "masked", "match", "matches", "maximum", "may", "method", "mfa",
    "minimum", "mismatch", "missing", "more", "must", "mut", "near", "need", "needed", "needs", "neither",
    "never", "new", "no", "nologin", "none", "not", "nothing", "nullable", "of", "off", "ok", "okay", "omit",
    "omitted", "on", "once", "one", "only", "openid", "optional", "or", "out", "outside", "over", "page",
    "parameter", "parse", "passed", "passes", "password", "passwords", "path", "pending", "per", "permission",
    "plain", "please", "policy", "present", "private", "prompt", "protected", "provided", "public", "read",
    "readable", "received", "redacted", "references", "refresh", "refreshed", "refused", "rejected", "removed",
    "renewed", "replace", "request", "required", "requires", "reset", "resource", "restarted", "retain",
    "returned", "revoked", "rotated", "rotation", "same", "saved", "scheme", "screen", "see", "sensitive",
    "sent", "server", "set", "shall", "should", "signature", "since", "skipped", "so", "some", "something",
    "stale", "static", "status", "still", "stored", "strength", "string", "strong", "such", "supplied",
    "supported", "syntax", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this",
    "those", "through", "timed", "timeout", "to", "token", "tokens", "too", "type", "unable", "unauthorized",
    "unavailable", "unbound", "unchanged", "under", "unexpected", "unknown", "unless", "unlock", "unreachable",
    "unsupported", "until", "updated", "use", "used", "user", "using", "valid", "validated", "validation",
    "value", "values", "verification", "verified", "via", "visible", "was", "wasn't", "weak", "were", "weren't",
    "what", "when", "where", "whether", "which", "while", "who", "whose", "will", "with", "within", "without",
    "won't", "write", "wrong", "yet", "you", "your",
];
