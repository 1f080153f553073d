//! Words and signs: separators between a name and its value, words of sentences, harmless values and names of hosts.

use crate::rules::list::{WordList, words};

/// How strongly a separator binds a value to its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// `=` and similar signs, such as `:=`.
    Assign,
    /// `:`, which may also introduce the rest of a sentence.
    Colon,
    Arrow,
    /// The line between columns, or a dash. It gives a value no points.
    Loose,
}

/// Signs between a name and its value. The longest one counts.
#[rustfmt::skip]
pub(crate) const SEPARATORS: [(Binding, &[&str]); 4] = [
    (Binding::Assign, &["<<<", "::=", ":-", "===", "||=", "!==", ":=", "==", "+=", ".=", "?=", "|=", "!=", "=~", "<-", "="]),
    (Binding::Colon, &[":**", "...", "::", ":"]),
    (Binding::Loose, &[":?", ":+", "|", "-"]),
    (Binding::Arrow, &["==>", "-->", "=>", "->", "~>", "\u{1}"]),
];

/// Signs of programming languages before the text that replaces a missing value.
pub(crate) const ALTERNATIVES: [[u8; 2]; 3] = [*b"||", *b"??", *b"?:"];

/// Words and functions before such a text.
pub(crate) static ALTERNATIVE_WORDS: WordList = words!(
    "or, else, unwrap_or, unwrap_or_else, getordefault, orelse, get_or_default, getvalueordefault, default"
);

/// Words of a sentence between a name and its value.
pub(crate) static FILLERS: WordList = words!(
    "given, used, attempt, of, set, reset, supplied, valid, not, changed, header, a, the, now, \
    currently, with, generated, has, been, new, temporary, you, entered, typed, sent, which, \
    presented, that, parameter, argument, field, attribute, input, string, variable, \
    property, secret, token, starting, beginning, ending, updated, from, rotated, found, \
    using, by, key, base, 0, 5, 7, 8, 9, enc, encrypted, hashed, cleartext, plaintext, clear, plain, cipher, irreversible-cipher, simple, hash, manager, operator"
);

/// YAML's tags before the name of a value that is elsewhere: `password: !Ref DbPassword`.
pub(crate) static REFERENCE_TAGS: WordList =
    words!("ref, getatt, sub, importvalue, secret, reference");

/// Words that state a value.
pub(crate) static COPULAS: WordList = words!(
    "is, was, equals, be, are, were, es, ist, est, war, lautet, è, é, sera, será, jest, är, er, to, provided, got, given, tried, as, \
    received, value, reg_sz, reg_expand_sz"
);

/// Words after a name that describe its state. The value or a reason may follow after a colon.
pub(crate) static STATES: WordList = words!(
    "expired, passed, incorrect, incorrecta, inválida, invalid, rejected, wrong, mismatch, \
    specified, follows, malformed, refused, revoked, created, issued, loaded, saved, stored, \
    retrieved, obtained, fetched"
);

/// Words of a sentence that bind a value to the name after it: `invalid value 'x' for the password`.
pub(crate) static BINDING_WORDS: WordList = words!("for, of, as, is, in, after, by");

/// Words between a word of [`BINDING_WORDS`] and the name.
pub(crate) static NAMING_WORDS: WordList = words!(
    "a, an, the, not, no, valid, invalid, value, key, field, option, argument, flag, \
    parameter, setting, property, variable, attribute, column, header, environment, env, \
    required, your, wrong, provided"
);

/// Words before a refused value.
pub(crate) static VALUE_WORDS: WordList = words!(
    "value, string, str, argument, input, got, found, received, parse, text, number, integer, \
    changed, from"
);

/// Words between a name and an owner: `password for bob: …`.
pub(crate) static OWNERS: WordList = words!(
    "for, of, on, by, user, to, für, pour, para, per, del, della, di, do, da, voor, för, dla"
);

/// Names of fields whose value is the name of a pair.
pub(crate) static NAME_NAMES: WordList = words!(
    "name, key, k, n, id, variable, var, env, header, param, parameter, title, property, \
    option, setting, field, label, path, command, cmd, attribute, attr, loc, location, pointer, \
    keys"
);

/// Names of fields whose value is the value of a pair: `{"name": "TOKEN", "value": "…"}`.
pub(crate) static VALUE_NAMES: WordList = words!(
    "value, values, val, v, content, default, string, secret, data, plaintext, inner, 0, raw, \
    plain, expr"
);

/// Names of fields with the value of the pair whose name follows: `{"value": "…", "name": "TOKEN"}`.
pub(crate) static FIRST_VALUE_NAMES: WordList =
    words!("value, val, v, content, plaintext, received, text");

/// Names of lists before their brackets: `Array ["…"]`.
pub(crate) static ARRAYS: WordList = words!("array, sequence, list, vec");

/// Names of fields with a value that a change replaced, with the value after the change, and with a refused value.
pub(crate) static CHANGE_NAMES: WordList =
    words!("old, new, from, to, before, after, previous, current, received, input");

/// Names of maps beside a name, in which a field such as `value` has the value.
pub(crate) static DETAIL_NAMES: WordList = words!("options, meta, params, context, ctx");

/// Names of fields with the arguments of a command. The last argument is the value.
pub(crate) static LIST_NAMES: WordList = words!("args, arguments, argv");

/// Names before a refused value in Pydantic's reports.
pub(crate) static INPUT_NAMES: WordList = words!("input_value, input");

pub(crate) static ROWS_WORDS: WordList = words!("values");

/// Words that, after a name and its separator, belong to a sentence about the value.
pub(crate) static PROSE: WordList = words!(
    "accepted, access, account, actual, chauthtok, setcred, after, algo, all, allowed, already, also, an, and, \
    any, apply, are, argument, as, at, attempt, attempts, auth, authentication, \
    authorization, autocomplete, automatically, available, bad, be, because, been, before, \
    being, between, but, by, can, can't, cannot, changed, check, checked, configured, \
    confirmation, connection, const, contains, correct, could, couldn't, count, created, \
    declined, default, defaults, defined, deleted, denied, deprecated, dial, dialog, did, \
    didn't, different, disable, disabled, does, doesn't, don't, down, during, dyn, each, \
    either, empty, enabled, encrypted, ended, enter, entered, error, exceeded, exceeds, \
    existing, expected, expire, expired, expires, external, failed, failure, fetch, field, fields, \
    file, files, filtered, final, for, forbidden, form, format, found, from, generated, given, got, \
    granted, had, has, hash, hashes, hasn't, have, header, hidden, how, if, ignored, illegal, \
    immutable, impl, in, include, incorrect, inherit, insufficient, internal, into, invalid, \
    invalidated, is, isn't, issued, it, its, key, keys, known, last, leaked, leer, length, \
    less, let, line, link, loaded, lock, locked, login, lookup, malformed, manager, marked, \
    masked, match, matches, maximum, may, method, mfa, minimum, mismatch, missing, more, \
    must, mut, near, need, needed, needs, neither, never, new, no, nologin, none, not, \
    nothing, nullable, of, off, ok, okay, omit, omitted, on, once, one, only, openid, \
    optional, or, out, outside, over, page, parameter, parse, passed, passes, password, \
    passwords, path, pending, per, permission, plain, please, policy, present, private, \
    prompt, protected, provided, public, read, readable, received, redacted, references, \
    refresh, refreshed, refused, rejected, removed, renewed, replace, request, required, \
    requires, reset, resource, restarted, retain, returned, revoked, rotated, rotation, same, \
    saved, scheme, screen, see, sensitive, sent, server, set, shall, should, signature, \
    since, skipped, so, some, something, stale, static, status, still, stored, strength, \
    string, strong, such, supplied, supported, syntax, than, that, the, their, them, then, \
    there, these, they, this, those, through, timed, timeout, to, token, tokens, too, type, \
    unable, unauthorized, unavailable, unbound, unchanged, under, unexpected, unknown, \
    unless, unlock, unreachable, unsupported, until, updated, use, used, user, using, valid, \
    validated, validation, value, values, verification, verified, via, visible, was, wasn't, \
    weak, were, weren't, what, when, where, whether, which, while, who, whose, will, with, \
    within, without, won't, write, wrong, yet, you, your"
);

/// Words that are no secrets: words for "no value", names of types, and names and masks of credentials.
/// The last two are the prompts of a login in Base64, `Username:` and `Password:`.
pub(crate) static LITERALS: WordList = words!(
    ", !vault, any, api-key, api_key, apikey, arc, array, await, basic, bearer, blob, bool, \
    boolean, box, byte, bytes, char, cow, credential, credentials, dict, double, dynamic, \
    env, false, filtered, float, float64, func, function, identifier, input, int, int32, \
    int64, integer, keyword, lambda, list, long, map, masked, n/a, na, nan, new, nil, no, \
    null, nullable, number, object, off, on, option, optional, passwd, password, prompt, \
    redacted, return, secret, secretbox, secretslice, secretstr, secretstring, self, short, str, string, symbol, \
    text, this, token, true, tuple, type, undefined, uuid, var, varchar, vec, void, yes, \
    your-api-key, your_api_key, dword:00000000, dword:00000001, \
    read-host, ugfzc3dvcmq6, vxnlcm5hbwu6"
);

/// Literals of programming languages other than texts and numbers.
pub(crate) static SCALARS: WordList = words!("true, false, null, none, nil, undefined, nan");

/// Words for "no value" or for the state of a value that people also choose as passwords.
pub(crate) static CHOSEN_WORDS: WordList = words!(
    "ask, default, disabled, empty, enabled, hidden, none, opaque, required, sealed, \
    secretkey, sensitive, stdin, unknown, unset"
);

/// Names of algorithms and of mechanisms.
pub(crate) static ALGORITHMS: WordList = words!(
    "sha, hmac, hmacsha, ecdsa, rsa, ssh, scram, md, aes, ed, curve, argon, bcrypt, bcryptsha, \
    pbkdf, hs, rs, es, ps, p, x, tls, tlsv, kerberos, oauth, saml, base, utf, aws, chacha, \
    cram, digest, xoauth, oauthbearer, mongodb, caching, mysql, gssapi, zlib"
);

/// Parts of the names of algorithms: `sha256WithRSA`, `aes-256-cbc`.
pub(crate) static ALGORITHM_PARTS: WordList = words!(
    "1, 2, 3, 4, 5, 7, 8, 12, 20, 64, 128, 192, 224, 256, 384, 509, 512, 521, 1024, 1305, \
    2048, 3072, 4096, 25519, id, v, k, with, withrsa, withrsaencryption, withecdsa, withdsa, \
    encryption, cbc, gcm, ctr, ecb, cfb, ofb, xts, kw, wrap, ccm, siv, poly, nistp, pss, \
    rsae, pkcs, padding, oaep, mgf, nopadding, crypt, plus, url, native, password, cert, com, \
    openssh, dss, and, fips, sigalgs"
);

/// Last labels of names that are not public domains, but of files, units or hosts of a local network.
pub(crate) static NO_DOMAINS: WordList = words!(
    "png, jpg, jpeg, gif, svg, webp, css, js, service, socket, timer, target, slice, mount, \
    local, internal, lan, cluster, localdomain, jar, war, aar, pom, tgz, zip, gz, scope, ts, \
    py, rs"
);

/// Domains after the `@` in SSH's names of algorithms and extensions.
pub(crate) static ALGORITHM_DOMAINS: WordList =
    words!("openssh.com, libssh.org, lysator.liu.se, ssh.com, putty.projects.tartarus.org");

/// Words before a colon that introduce an address, not a password.
pub(crate) static ADDRESS_ROLES: WordList = words!(
    "mailto, from, to, cc, bcc, email, e-mail, mail, contact, author, sip, sips, user, \
    username, owner, xmpp, reply-to, sender, acct, login, account"
);

/// Commands that take `user/password@database`.
pub(crate) static ORACLE_COMMANDS: WordList =
    words!("sqlplus, sqlldr, expdp, impdp, exp, imp, rman, connect, conn, sqlcl, tnsping");

/// Words in a host or a path that announce a secret segment, because the URL is a webhook.
pub(crate) static HOOKS: WordList =
    words!("hook, loggly, hc-ping, sumologic, logzio, honeybadger, cronitor");

/// Segments of a path after which a later segment is secret.
pub(crate) static SECRET_SEGMENTS: WordList = words!("t, renew, integration, login");

/// Words in segments of a path after which a later segment is secret: `reset-password`, `magicLink`.
pub(crate) static SECRET_WORDS: WordList = words!(
    "verify, verification, confirm, activate, magic, invite, invitation, reset, forgot, \
    unsubscribe"
);

/// The beginnings of digests, as after the `@` of a container image and in files of locked packages.
pub(crate) static DIGESTS: WordList = words!("sha256:, sha512:, sha1-, sha256-, sha384-, sha512-");

/// Names of credentials, which are also common passwords.
pub(crate) static CREDENTIAL_WORDS: WordList = words!("password, passwd, pass, pwd, secret, token");

/// Keywords of programming languages before the name of a variable.
pub(crate) static DECLARATIONS: WordList = words!("let, var, const, val, mut");

/// Words at the start of a line of a device's configuration.
pub(crate) static SETTINGS: WordList = words!(
    "set, ip, username, user, ntp, aaa, config, ikev1, ikev2, radius, tacacs, tacacs-server, radius-server, snmp-server, \
    ppp, isakmp, crypto, neighbor, wlan, wireless, security, local-user, admin, super, authentication"
);

/// Fields after a token of a language.
pub(crate) static POSITIONS: WordList = words!(
    "start, end, offset, pos, position, line, column, index, lemma, tag, score, logprob, whitespace, is_stop"
);

/// Words of sentences that are also common passwords.
pub(crate) static COMMON_PASSWORDS: WordList =
    words!("access, default, internal, login, mongodb, mysql, private, public, server, user");

/// Commands and events that precede an account on a host, `user@host`.
pub(crate) static ACCOUNT_COMMANDS: WordList =
    words!("ssh, scp, sftp, rsync, mosh, autossh, node, nodedown");

pub(crate) static GENERIC_TYPES: WordList = words!(
    "option, optional, list, vec, secret, box, arc, varchar, char, cow, nvarchar, union, \
    annotated, sequence"
);

/// The mask that other programs write in place of a secret, or of a part of it.
pub(crate) const STARS: &[u8] = b"****";

/// Masks that other programs write in place of a secret.
pub(crate) static MASKS: WordList = words!(
    "redacted, filtered, omitted, hidden, (hidden), [filtered], masked, xxxxxxxx, \u{2022}\u{2022}\u{2022}"
);

/// Beginnings of quoted values that refer to another value.
pub(crate) static COMPLETE: WordList =
    words!("arn:, ENC(, ENC[, vault:, op://, projects/, {%, !ENV");

/// Beginnings of unquoted values that refer to another value.
pub(crate) static REFERENCES: WordList = words!("${, $(, %{, %(, {{, #{, @{, file:, env:, fd:");

/// The sign as which arrows outside of ASCII are read.
pub(crate) const ARROW: u8 = 1;

/// Characters outside of ASCII, and the sign as which they are read.
#[rustfmt::skip]
pub(crate) const WIDE: &[(&str, u8)] = &[
    ("\u{a0}\u{85}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}", b' '),
    ("\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{2028}\u{202f}\u{3000}\u{feff}\u{fffd}", b' '),
    ("\u{2192}\u{21d2}", ARROW), ("\u{ff1a}", b':'), ("\u{ff1d}", b'='), ("\u{ff0c}\u{3001}\u{3002}", b','),
    ("\u{2502}\u{2503}\u{2551}", b'|'), ("\u{2500}\u{2501}\u{2550}", b'-'), ("\u{253c}\u{251c}\u{2524}\u{256a}\u{256c}", b'+'),
    ("\u{250c}\u{2510}\u{2514}\u{2518}\u{252c}\u{2534}\u{2554}\u{2557}\u{255a}\u{255d}\u{256d}\u{256e}\u{256f}\u{2570}", b'+'),
    ("\u{ff1b}", b';'), ("\u{ff08}", b'('), ("\u{ff09}", b')'), ("\u{2013}\u{2014}", b'-'),
];

/// Opening and closing quotation marks outside of ASCII.
pub(crate) const QUOTES: &[(char, char)] =
    &[('\u{201c}', '\u{201d}'), ('\u{2018}', '\u{2019}'), ('\u{ab}', '\u{bb}')];

/// HTML's entities, and the sign that each stands for.
#[rustfmt::skip]
pub(crate) const ENTITIES: &[(&str, u8)] = &[
    ("&quot;", b'"'), ("&amp;", b'&'), ("&lt;", b'<'), ("&gt;", b'>'), ("&apos;", b'\''), ("&#34;", b'"'), ("&#39;", b'\''),
    ("&#x27;", b'\''), ("&#61;", b'='), ("&nbsp;", b' '),
];

/// Prefixes of a quoted text in programming languages, as in `b"…"`.
pub(crate) static STRING_PREFIXES: WordList = words!("b, B, r, R, u, f, N, E, L, rb, br, p");

/// Names of texts in a comparison or an alternation: `expected: "…"`, `old = "…"`.
pub(crate) static ROLE_NAMES: WordList = words!(
    "expected, actual, received, got, left, right, old, new, want, wanted, have, found, given, previous, current, \
    replace, expect, provided, tried"
);

/// Words between the texts of a comparison or an alternation.
pub(crate) static ROLE_WORDS: WordList = words!(
    "or, and, not, but, get, is, was, were, are, be, to, equal, equals, eq, ne, vs, versus, instead, of, rather, \
    than, does, do, did, didn't, doesn't, isn't, match, matches, differ, differs, from, replaces, with, by, then, should, as, same, \
    xor, like, into, changed, become, became, over, ≠"
);
