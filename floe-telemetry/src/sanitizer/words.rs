//! The words that the grammars know: names of secrets, words of sentences, stand-ins for a value.

use super::lexicon::Class;
use super::word_list::List;

/// Words that follow a key and a colon in a sentence about the key, not as its value. Sorted.
#[rustfmt::skip]
pub(super) static PROSE: List = List::of(&[
    "a", "access", "already", "an", "and", "are", "argument", "at", "attempt", "auth",
    "authentication", "authorization", "bad", "be", "between", "but", "by", "can", "cannot",
    "check", "connection", "contains", "could", "couldn't", "denied", "did", "does", "doesn't",
    "empty", "enter", "error", "exceeded", "expected", "expired", "expires", "failed", "failure",
    "field", "for", "forbidden", "format", "found", "from", "got", "has", "have", "header", "how",
    "if", "illegal", "in", "incorrect", "insufficient", "internal", "invalid", "is", "isn't", "it",
    "its", "key", "length", "line", "login", "malformed", "may", "mismatch", "missing", "must",
    "near", "needs", "neither", "no", "not", "of", "on", "only", "or", "out", "parse", "password",
    "path", "permission", "please", "provided", "refused", "rejected", "request", "required",
    "requires", "reset", "resource", "returned", "revoked", "scheme", "see", "server", "should",
    "signature", "status", "such", "syntax", "that", "the", "this", "timed", "timeout", "to",
    "token", "too", "unable", "unauthorized", "unexpected", "unknown", "unreachable", "unsupported",
    "use", "user", "using", "value", "verification", "was", "wasn't", "were", "what", "when",
    "where", "while", "why", "with", "without", "wrong", "you",
]);

/// Words that a sentence about the key goes on with: a value if nothing follows. Sorted.
#[rustfmt::skip]
pub(super) static OPENINGS: List = List::of(&[
    "add", "algorithm", "allow", "body", "bump", "certificate", "claim", "command", "cookie",
    "environment", "executable", "file", "files", "fix", "hash", "input", "max", "maximum",
    "maxlength", "min", "minimum", "minlength", "origin", "passwords", "referer", "remove",
    "rename", "retype", "support", "type", "update",
]);

/// What became of a value, said in its place behind a colon. Sorted.
pub(super) static STATES: List = List::of(&[
    "accepted", "changed", "correct", "deleted", "shown", "stored", "valid",
]);

/// What stands for "no value" or for a type, in the languages that error messages come from. Sorted.
#[rustfmt::skip]
pub(super) static LITERALS: List = List::of(&[
    "", "any", "arc", "argon2", "argon2id", "await", "basic", "bcrypt", "bearer", "binary", "bool",
    "boolean", "box", "bytes", "char", "cow", "dyn", "eddsa", "empty", "env", "es256", "es384",
    "es512", "false", "filtered", "fixme", "float", "hidden", "hs256", "hs384", "hs512", "id",
    "impl", "int", "integer", "list", "masked", "md5", "missing", "n/a", "nan", "nil", "no", "none",
    "null", "number", "object", "ok", "omitted", "option", "optional", "pbkdf2", "protected", "ps256",
    "redacted", "required", "rs256", "rs384", "rs512", "scrypt", "secret", "secretstr",
    "secretstring", "self", "set", "sha1", "sha256", "sha384", "sha512", "str", "string", "tbd",
    "text", "todo", "true", "unchanged", "undefined", "unset", "username", "varchar", "vec", "yes",
]);

/// Words between a noun and its value. Sorted.
#[rustfmt::skip]
pub(super) static FILLERS: List = List::of(&[
    "assigned", "be", "cannot", "changed", "created", "equals", "es", "est", "expired", "generated", "given", "got", "has", "is",
    "issued", "ist", "lautet", "must", "not", "of", "provided", "received", "returned", "set", "supplied",
    "to", "used", "valid", "value", "was",
]);

/// What happened to a value. Sorted.
#[rustfmt::skip]
pub(super) static VERBS: List = List::of(&[
    "been", "changed", "defined", "evaluated", "expanded", "has", "modified", "replaced", "reset",
    "resolved", "rotated", "set",
    "updated", "was",
]);

/// Words that say that a value follows. Sorted.
#[rustfmt::skip]
pub(super) static ANNOUNCERS: List = List::of(&[
    "as", "below", "enter", "following", "generated", "here", "initial", "new", "now", "temporary", "this",
    "use", "your",
]);

/// Words that say whose value it was: `'x' is invalid for key 'password'`. Sorted.
pub(super) static LINKS: List = List::of(&["as", "at", "for", "in", "is", "of", "to", "valid"]);

/// Words between one of these and the key. Sorted.
#[rustfmt::skip]
pub(super) static NOUNS: List = List::of(&[
    "a", "an", "api", "arg", "argument", "attribute", "column", "field", "flag", "input", "key",
    "not", "option", "param", "parameter", "path", "property", "setting", "the", "variable",
]);

/// Words that name a secret in a sentence. Sorted.
#[rustfmt::skip]
pub(super) static SECRETS: List = List::of(&[
    "credential", "key", "passcode", "passphrase", "passwd", "password", "secret", "token",
]);

/// A piece of three letters of every word below, as rare in other words as possible.
#[rustfmt::skip]
pub(super) const ANCHORS: &[&str] = &[
    "pas", "pwd", "cre", "tok", "key", "uth", "oki", "ses", "sig", "sas", "jwt", "cod", "otp",
    "cvv", "ecu", "ryp", "tif", "psk", "sid", "pin", "swd", "hma", "pw=", "pw:", "eyc", "dsn",
    "mmu", "nnw", "nha", "aro", "htw", "eno", "asl", "esl", "asa", "ifr", "ras", "ogi", "mlr", "nec",
    "pdo", "ftp", "nio", "och", "kty", "aes", "bea", "uel", "isq", "ogo", "gsd", "ssw", "ech", "rne", "qli", "&p=", "t-a", "acl", "rli", "mot",
];

/// Names at the end of a key: (letters, whether they must begin a word, class).
#[rustfmt::skip]
pub(super) const SUFFIXES: &[(&str, bool, Class)] = &[
    ("password", false, Class::Strong), ("passwd", false, Class::Strong),
    ("passphrase", false, Class::Strong), ("passcode", false, Class::Strong),
    ("passwort", false, Class::Strong), ("pswd", false, Class::Strong),
    ("pwd", false, Class::Strong), ("pass", false, Class::Strong), ("pasword", false, Class::Strong), ("passwrd", false, Class::Strong),
    ("pw", false, Class::Strong),
    ("secret", false, Class::Strong), ("securestring", false, Class::Strong), ("token", false, Class::Strong),
    ("apikey", false, Class::Strong), ("accesskey", false, Class::Strong),
    ("secretkey", false, Class::Strong), ("privatekey", false, Class::Strong),
    ("accountkey", false, Class::Strong), ("credential", false, Class::Strong),
    ("credentials", false, Class::Strong), ("creds", true, Class::Strong),
    ("jwt", true, Class::Strong), ("psk", false, Class::Strong),
    ("cvv", true, Class::Strong), ("otp", true, Class::Weak),
    ("pin", true, Class::Weak), ("totp", true, Class::Weak),
    ("authorization", false, Class::Authorization), ("honeycombteam", false, Class::Strong),
    ("authentication", true, Class::Weak), ("authenticate", true, Class::Weak), ("bearer", true, Class::Authorization),
    ("auth", true, Class::Weak), ("cookie", false, Class::Cookie),
    ("cookies", true, Class::Cookie), ("sessionid", false, Class::Weak),
    ("sessid", false, Class::Weak), ("session", true, Class::Weak),
    ("sid", true, Class::Weak), ("signature", true, Class::Weak),
    ("sig", true, Class::Weak), ("sas", true, Class::Weak),
    ("hmac", true, Class::Weak), ("passwords", false, Class::Weak),
    ("secrets", false, Class::Weak), ("tokens", false, Class::Weak),
    ("keys", true, Class::Weak), ("authcode", false, Class::Weak),
    ("accesscode", false, Class::Weak), ("code", true, Class::Query),
    ("key", true, Class::Query), ("identified", true, Class::Identified),
    ("login", true, Class::Weak), ("samlresponse", false, Class::Weak),
    ("samlrequest", false, Class::Weak), ("dsn", true, Class::Weak), ("kennwort", false, Class::Strong),
    ("passe", true, Class::Strong), ("senha", true, Class::Strong),
    ("parola", true, Class::Strong), ("wachtwoord", false, Class::Strong),
    ("losenord", false, Class::Strong), ("community", true, Class::Strong), ("haslo", true, Class::Strong),
    ("heslo", true, Class::Strong), ("salasana", false, Class::Strong),
    ("masterauth", false, Class::Strong), ("artapi", false, Class::Strong), ("authtok", false, Class::Strong), ("secretid", false, Class::Weak), ("authkey", false, Class::Strong),
    ("sifre", true, Class::Strong), ("contrasena", true, Class::Strong),
    // The end of a word that was cut.
    ("ssword", true, Class::Strong), ("assword", true, Class::Strong),
    ("zugangsdaten", true, Class::Strong), ("basicauth", true, Class::Weak),
];

/// Words that end like a password and are none. Sorted.
pub(super) static NO_PASSWORDS: List = List::of(&[
    "bypass",
    "compass",
    "encompass",
    "overpass",
    "surpass",
    "trespass",
    "underpass",
]);

/// Words before `pass` that make it a verb, or one of several turns. Sorted.
pub(super) static BEFORE_PASS: List = List::of(&[
    "check", "compiler", "did", "first", "function", "last", "module", "multi", "must", "not",
    "render", "second", "should", "single", "to", "two",
]);

/// Names at the end of an attribute's key whose value is where something is and how to log in there.
/// In a text it is found by what it looks like.
pub(super) const ADDRESSES: &[&str] = &["connectionstring", "databaseurl", "dburl"];

/// Words before `key` that make it a secret. Others (`primary_key`, `cache_key`) name a thing. Sorted.
#[rustfmt::skip]
pub(super) static KEY_KINDS: List = List::of(&[
    "access", "account", "admin", "aes", "api", "app", "application", "auth", "cipher", "client",
    "cosmos", "crypt", "decrypt", "decryption", "deploy", "encrypt", "encryption", "fernet", "function",
    "functions", "hmac", "ingestion", "instrumentation", "isakmp", "jwt", "license", "master", "pragma", "principal", "private", "rsa", "sas",
    "sec", "secret", "secure", "security", "server", "service", "shared", "signing", "ssh",
    "subscription", "unseal",
]);

/// Words before `key` that never make it one, whatever the value looks like. Sorted.
#[rustfmt::skip]
pub(super) static HARMLESS_KEYS: List = List::of(&[
    "cache", "candidate", "composite", "config", "dedup", "foreign", "group", "hash",
    "idempotency", "join", "lookup", "message", "natural", "object", "partition", "primary",
    "public", "range", "row", "shard", "sort", "surrogate", "translation", "unique",
]);

/// Words after the name that leave its meaning: `password_new`, `TOKEN_PROD`, `tokenValue`. Sorted.
#[rustfmt::skip]
pub(super) static QUALIFIERS: List = List::of(&[
    "again", "alt", "ancien", "b64", "base", "base64", "bytes", "confirm", "confirmation", "current", "default", "dev",
    "development", "enc", "encoded", "encrypted", "env", "hash", "main", "neu", "new", "nouveau", "nueva", "old", "pem", "plain",
    "plaintext", "prev", "previous", "prod", "production", "qa", "raw", "repeat", "staging",
    "str", "string", "test", "text", "val", "value", "variable",
]);

/// Words after the name that make it something else, whatever the value looks like. Sorted.
#[rustfmt::skip]
pub(super) static DESCRIPTORS: List = List::of(&[
    "age", "arn", "attempts", "count", "created", "digest", "duration", "endpoint", "expiration",
    "expires", "expiry", "fields", "file", "filename", "format", "history", "id", "ids", "index",
    "issuer", "len", "length", "limit", "max", "min", "name", "names", "path", "policy",
    "provider", "ref", "scope", "size", "ttl", "type", "uri", "url", "version",
]);
