//! Names that announce secrets, and the likelihood that a value with such a name is a secret.

use crate::rules::list::{WordList, words};

/// The likelihood that a value with a name of this kind is a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    /// The value is usually a secret, even if it is a plain word.
    Password,
    /// The value is usually a secret, but the name is also used in sentences and as a part of other names.
    Secret,
    /// Like `Secret`, but the value is often only the name of a secret or of credentials.
    Named,
    /// The name also has harmless meanings, so the value has to look random.
    Weak,
    /// Like `Weak`, but a number is usually a secret, too, for example a PIN.
    Code,
    /// Names such as `key`, `code` and `session`. The value has to look random, less so in a query than elsewhere.
    Context,
    /// The value is a scheme and its credentials.
    Authorization,
    /// The value is a list of cookies.
    Cookie,
}

impl KeyKind {
    pub(crate) const fn points(self) -> u8 {
        match self {
            Self::Password => 5,
            Self::Secret | Self::Authorization => 4,
            Self::Named | Self::Cookie => 3,
            Self::Weak | Self::Code => 1,
            Self::Context => 0,
        }
    }
}

/// A peculiarity of a name or of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flag {
    /// The value may be a user and a password, of which only the password is the secret.
    Login,
    /// In a call, the value has to be the only argument, because a lexer prints `Token('NAME', 1)`, and
    /// `Credentials("a", "b")` has a user.
    Alone,
    /// Each value after a separator is a secret, even a placeholder.
    Always,
    /// Without other words, the name can also mean the working directory: `PWD=/home/x`.
    Folder,
    /// Without other words, the name can also be a verb or a result: `to pass 'x'`, `pass=3 fail=1`, `PASS: it works`.
    Verb,
    /// Without other words, the name is usually a word of a sentence, so it needs a separator.
    Noun,
    /// The value may be the words of a wallet: `mnemonic: abandon ability able …`.
    Words,
    /// The values of a map with this name are secrets if they look like secrets.
    Many,
}

/// A name that announces secrets, with its synonyms.
///
/// A name is found in every spelling: `api key` matches `api_key`, `API-KEY`, `apiKey`, `apikey` and `db.api.key`. It must
/// be at the end of a key, perhaps before [`QUALIFIERS`], and begin with a word; with a `*` in front, it may also begin
/// inside a word.
pub(crate) struct KeyName {
    pub(crate) id: &'static str,
    pub(crate) kind: KeyKind,
    pub(crate) flags: &'static [Flag],
    names: WordList,
}

impl KeyName {
    /// Returns the names, each with whether it may begin inside a word.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&'static str, bool)> {
        let names = self.names.iter();
        names.map(|name| (name.trim_start_matches(['~', '*']), name.contains('*')))
    }
}

macro_rules! keys {
    ($($id:literal $kind:ident $(($($flag:ident),+))? $names:literal)*) => {
        pub(crate) static KEYS: &[KeyName] = &[$(KeyName {
            id: $id, kind: KeyKind::$kind, flags: &[$($(Flag::$flag),+)?], names: words!($names),
        }),*];
    };
}

floe_secret_names::secret_names!(keys);

/// Words before `key`, `code` and similar names that make every value harmless.
pub(crate) static HARMLESS_KEYS: WordList = words!(
    "cache, candidate, composite, config, dedup, duplicate, foreign, group, hash, idempotency, \
    join, lookup, message, natural, object, partition, primary, public, range, registry, row, \
    shard, sort, surrogate, translation, unique, dup, s3, publishable, site, dist, cluster, \
    distribution, error, exit, response, return, status"
);

/// Words before `token`, `api key` and similar names that give them another meaning.
pub(crate) static HARMLESS_TOKENS: WordList = words!(
    "next, page, continuation, cancellation, max, sync, unexpected, prompt, completion, total, \
    key, eos, bos, pad, unk, sep, mask, num"
);

/// Words before `secret` and `credentials` that give them another meaning.
pub(crate) static HARMLESS_SECRETS: WordList = words!("existing, pull, image, kube");

/// Names of fields in a group that are not the secret of the group.
pub(crate) static FIELDS: WordList = words!(
    "user, username, login, email, host, hostname, server, port, database, schema, role, \
    region, account, tenant, owner, namespace, cluster, profile, environment, description, \
    comment, note, message, reason, valid, active, scheme, sub, iss, aud, iat, exp, nbf, \
    address"
);

/// Words after a name that do not change its meaning: `password_new`, `TOKEN_PROD`, `tokenValue`.
pub(crate) static QUALIFIERS: WordList = words!(
    "again, b64, base, base64, confirm, confirmation, current, data, default, dev, \
    development, enc, encoded, encrypted, env, main, new, old, plain, plaintext, prev, \
    previous, prod, production, qa, raw, repeat, staging, str, string, test, text, val, \
    value, variable, live, primary, secondary, header, ro, rw, admin, user, root, unique, uniq"
);

/// Words after a name that give it another meaning, regardless of the value.
pub(crate) static DESCRIPTORS: WordList = words!(
    "age, arn, attempts, count, counts, created, digest, duration, endpoint, exists, \
    expiration, expired, expires, expiry, fields, file, filename, files, format, fingerprint, \
    history, hint, id, ids, index, issuer, kind, lastused, len, length, limit, manager, max, \
    min, mode, name, names, path, policy, prefix, suffix, provider, ref, required, reset, \
    scope, size, source, store, error, errors, exception, mechanism, plugin, protocol, realm, \
    backend, handler, class, module, algo, hashers, maps, cmd, command, ttl, type, uri, url, \
    usage, use, used, version, algorithm, alg, method, enabled, changed, updated, at, status, \
    state, label, title, dir, location, lifetime, java, py, rs, go, js, ts, pub, sql, md, \
    txt, json, yaml, yml, pem, csv"
);
