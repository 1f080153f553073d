//! What is filled in later: `${VAR}`, `{{ var }}`, `<your password>`, `%(password)s`.

use super::lexicon;
use super::placeholder::{is_expression, is_masked, is_prose};
use super::shape::{is_camel, is_made_up, is_path};
use super::text::{at, is_name, run_end, starts_with};
use super::{quantity, url_path};

/// YAML tags of `CloudFormation`: what follows is where the value is.
const TAGS: &[&[u8]] = &[
    b"Ref",
    b"GetAtt",
    b"Sub",
    b"ImportValue",
    b"Select",
    b"Join",
    b"FindInMap",
    b"If",
    b"Base64",
];

/// `${VAR}`, `$VAR`, `{{ var }}`, `<password>`, `%s`, `%(password)s`, `{password}`.
pub(super) fn is_template(value: &[u8]) -> bool {
    let name = |inner: &[u8]| {
        !inner.is_empty()
            && inner
                .iter()
                .all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'-' | b' ' | b'.'))
    };
    match value {
        [b'$', b'{', inner @ .., b'}'] => inner.iter().all(|byte| !matches!(byte, b'{' | b'}')),
        // `${PASSWORD:-` and a mark of ours.
        [b'$', b'{', inner @ ..] => inner
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || b"_:-=".contains(byte)),
        // The first is encrypted already.
        [b'E', b'N', b'C', b'[', .., b']']
        | [b'{', b'{', .., b'}', b'}']
        | [b'%', b'(', .., b')', b's'] => true,
        [b'$', b'(', inner @ .., b')'] => printed(inner).is_none(),
        [b'$', inner @ ..] if is_member(inner) => true,
        [b'$', inner @ ..] => {
            inner
                .iter()
                .all(|byte| byte.is_ascii_uppercase() || *byte == b'_')
                || inner.len() <= 2 && inner.iter().all(u8::is_ascii_digit)
        }
        [b'<', inner @ .., b'>'] => is_described(inner),
        [b'{', inner @ .., b'}'] | [b'{', inner @ ..] => name(inner),
        // `[PAD]` of a tokenizer, `[PROTECTED]`, `[password]`.
        [b'[', inner @ .., b']'] => {
            inner.len() <= 12 && inner.iter().all(u8::is_ascii_uppercase) || lexicon::is_noun(inner)
        }
        // `!vault-ref`
        [b'!', tag @ ..] => {
            let is_store = tag.strip_prefix(b"vault");
            TAGS.contains(&tag)
                || is_store.is_some_and(|rest| {
                    matches!(rest, [] | [b'-' | b'/', ..]) && !rest.iter().any(u8::is_ascii_digit)
                })
        }
        // OpenSSL's way to say where a password is.
        [b'e', b'n', b'v', b':', inner @ ..] => inner.iter().all(|byte| is_name(*byte)),
        [b'f', b'i', b'l', b'e', b':', inner @ ..] => is_path(inner),
        [b'%', inner @ .., b'%'] if !inner.is_empty() => inner
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || *byte == b'_'),
        // `%d`, `%kernel.project_dir%/private.pem`
        [b'%', inner @ ..] => {
            let name = run_end(inner, 0, 32, |byte| {
                byte.is_ascii_lowercase() || b"._".contains(&byte)
            });
            inner.len() == 1 && inner[0].is_ascii_alphabetic()
                || name > 1
                    && starts_with(inner, name, b"%/")
                    && !inner
                        .split(|byte| *byte == b'/')
                        .any(|part| is_made_up(part, 5))
        }
        // A pattern: `.*`, `\S+`, `[^&]+`.
        [b'.', b'*' | b'+', tail @ ..] | [b'\\', b'S' | b'w', b'+' | b'*', tail @ ..] => {
            !tail.iter().any(u8::is_ascii_alphanumeric)
        }
        [b'[', b'^', tail @ ..] => {
            let behind = tail.rsplit(|byte| *byte == b']').next();
            tail.contains(&b']')
                && behind.is_some_and(|end| !end.iter().any(u8::is_ascii_alphanumeric))
        }
        // `#{databasePassword}`, `@password@`, an alias of YAML's.
        [b'#', b'{', inner @ .., b'}'] => inner
            .iter()
            .all(|byte| byte.is_ascii_alphabetic() || b"._-".contains(byte)),
        [b'@', inner @ .., b'@'] | [b'*', inner @ ..]
            if inner
                .iter()
                .all(|byte| byte.is_ascii_alphabetic() || b"._-".contains(byte)) =>
        {
            lexicon::classify(inner).is_some()
        }
        // `@Microsoft.KeyVault(…)`, `@token.txt`
        [b'@', inner @ ..] => {
            inner.contains(&b'.') && inner.contains(&b'(') && is_expression(inner)
                || url_path::is_file(inner)
                    && inner
                        .iter()
                        .all(|byte| byte.is_ascii_alphabetic() || b"-_./".contains(byte))
        }
        _ => false,
    }
}

/// `<your password>`, `<32 random bytes>`, `<api-key-2>`: what belongs in this place, in words.
///
/// Numbers are told from those of a password by what stands beside them.
fn is_described(inner: &[u8]) -> bool {
    // `<set to the key 'password' in secret 'db'>`
    let is_sentence = inner.contains(&b' ');
    let separators: &[u8] = if is_sentence {
        b" _-:./|'\"(),!?="
    } else {
        b"_-:./|'\"()"
    };
    let limit = if is_sentence { 96 } else { 40 };
    let mut words = inner.split(|byte| separators.contains(byte));
    let is_word = |word: &[u8]| word.iter().all(u8::is_ascii_alphabetic);
    let is_known = |word: &[u8]| {
        lexicon::is_noun(word) || is_sentence && (is_prose(word) || quantity::is_unit(word))
    };
    let is_short = |word: &[u8]| {
        word.iter().all(u8::is_ascii_digit) && word.len() <= 4
            || matches!(word, b"base64" | b"sha256" | b"utf8")
    };
    inner.len() < limit
        && (words.clone().all(is_word)
            || words.clone().any(is_known)
                && words.all(|word| is_word(word) && !is_camel(word) || is_short(word)))
}

/// `YOUR_KEY_HERE`, `your-token`, `REPLACE_ME`: words that ask for the value.
pub(super) fn asks_for_it(word: &[u8]) -> bool {
    let first = word.first().map_or(0, |byte| byte | 32);
    if !b"yire".contains(&first) && !word.ends_with(b"here") && !word.ends_with(b"HERE") {
        return false;
    }
    let mut words = word.split(|byte| b"_-.".contains(byte));
    let is_one = |word: &[u8], known: &[&str]| {
        known
            .iter()
            .any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
    };
    // `enter-sandman` is a song.
    let things = ["me", "this", "value", "here", "name", "it", "with"];
    let is_key = |word: &[u8]| lexicon::classify(word).is_some();
    let verbs = ["your", "insert", "replace", "enter"];
    let begins = words
        .clone()
        .next()
        .is_some_and(|word| is_one(word, &verbs));
    let ends = words
        .clone()
        .next_back()
        .is_some_and(|word| is_one(word, &["here"]));
    let mut rest = words.clone().skip(1);
    let asks = begins && rest.any(|word| is_one(word, &things) || is_key(word))
        || ends && words.clone().any(is_key);
    asks && words.all(|word| word.iter().all(u8::is_ascii_alphabetic))
}

/// What a command that only prints prints.
pub(super) fn printed(command: &[u8]) -> Option<&[u8]> {
    command
        .strip_prefix(b"echo -n ")
        .or_else(|| command.strip_prefix(b"echo "))
        .or_else(|| command.strip_prefix(b"printf "))
}

/// `request->token()`, behind the dollar of a variable.
fn is_member(variable: &[u8]) -> bool {
    let name = run_end(variable, 0, 32, is_name);
    name > 0 && variable[name..].starts_with(b"->")
}

/// `user:****`, `user:${PASSWORD}`, `{user}:{password}`, `user:pass` at a `host`: a login of a
/// documentation.
pub(super) fn is_login(userinfo: &[u8], host: &[u8]) -> bool {
    let Some(colon) = userinfo.iter().position(|&byte| byte == b':') else {
        return false;
    };
    let password = &userinfo[colon + 1..];
    let name = run_end(host, 0, 16, is_name);
    let is_sample = || {
        [&b"host"[..], b"hostname", b"HOST"].contains(&&host[..name])
            && !password.iter().any(u8::is_ascii_digit)
            && matches!(at(host, name), b':' | b'/' | 0)
            && (lexicon::is_noun(password) || password == b"pass")
    };
    !password.is_empty() && (is_masked(password) || is_sample())
}
