//! A name, what binds a value to it, and whether the value is taken: what all grammars of names share.

use crate::key::Meaning;
use crate::lexer::{Coding, Kind};
use crate::rules::keys::KeyKind;
use crate::rules::sentences::{Binding, SEPARATORS};
use crate::scan::Scan;
use crate::score::{Bond, Context, LOOKED_AT, Look, look};
use crate::text::part;
use crate::value::{self, Site, Value};

/// A name found in the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) meaning: Meaning,
    /// Its word.
    pub(crate) place: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The place of the quote that opens before it, if it is quoted by itself.
    pub(crate) quote: Option<usize>,
    /// Behind the name and its closing quote.
    pub(crate) after: usize,
    /// `--name`
    pub(crate) is_option: bool,
}

/// What stands between a name and its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Separator {
    pub(crate) binding: Binding,
    pub(crate) coding: Coding,
    /// The place behind it.
    pub(crate) next: usize,
}

/// The separator at a place, blanks before it skipped.
pub(crate) fn separator_at(scan: &mut Scan<'_>, place: usize) -> Option<Separator> {
    let tokens = &mut scan.tokens;
    let first = tokens.skip_blanks(place);
    let mut signs = [0_u8; 3];
    let mut len = 0;
    while let (Kind::Sign(sign), true) = (tokens.kind(first + len), len < 3) {
        signs[len] = sign;
        len += 1;
    }
    let signs = &signs[..len];
    let (text, binding) = SEPARATORS
        .iter()
        .find(|(text, _)| signs.starts_with(text.as_bytes()))?;
    let mut next = first + text.len();
    while *text == "..." && next < first + 128 && tokens.is_sign(next, b'.') {
        next += 1;
    }
    let coding = tokens.get(first)?.coding;
    let is_used = match (*text, signs) {
        (":", [_, b'/', b'/']) => false,
        // LDIF's base64; elsewhere a path.
        ("::", _) => tokens.kind(next) == Kind::Blank,
        // A list is no assignment: the value needs quotes.
        ("-", _) => {
            first > place && tokens.kind(next) == Kind::Blank && {
                let value = tokens.skip_blanks(next);
                tokens.opens_quote(value)
            }
        }
        ("...", _) => next > first + 3,
        _ => true,
    };
    is_used.then_some(Separator {
        binding: *binding,
        coding,
        next,
    })
}

/// Where the value begins: behind blanks, Markdown's asterisks and a YAML tag.
pub(crate) fn value_place(scan: &mut Scan<'_>, place: usize) -> usize {
    let tokens = &mut scan.tokens;
    let mut at = tokens.skip_blanks(place);
    if tokens.is_sign(at, b'*')
        && tokens.is_sign(at + 1, b'*')
        && tokens.kind(at + 2) == Kind::Blank
    {
        at += 2;
    }
    at = tokens.skip_blanks(at);
    if tokens.is_sign(at, b'!') {
        let mut tag = at + 1;
        tag += usize::from(tokens.is_sign(tag, b'!'));
        let is_type = tag > at + 1
            || tokens
                .word(tag)
                .is_some_and(|word| matches!(word, b"str" | b"secret"));
        if is_type && tokens.word(tag).is_some() && tokens.kind(tag + 1) == Kind::Blank {
            at = tokens.skip_blanks(tag + 1);
        }
    }
    at
}

/// Redacts the value of a key if it is a secret.
pub(crate) fn accept(scan: &mut Scan<'_>, key: Key, found: Value, context: Context) -> bool {
    let text = part(scan.text, found.start, found.end);
    let name = part(scan.text, key.start, key.end);
    let context = Context {
        quoted: found.quoted,
        is_compound: key.meaning.is_compound,
        ..context
    };
    if let Some(password) = login(scan, key, found) {
        let context = Context {
            kind: KeyKind::Password,
            ..context
        };
        return scan.judge(password, found.end, key.meaning.rule, context);
    }
    if let Some(password) = spaced_login(scan, key, found) {
        let context = Context {
            kind: KeyKind::Password,
            quoted: password.quoted,
            ..context
        };
        return scan.judge(password.start, password.end, key.meaning.rule, context);
    }
    // `PWD=/home/x` is the working directory, `pass=3 fail=1` counts tests, and a grammar has tokens.
    let is_directory = name.eq_ignore_ascii_case(b"pwd") && matches!(text, [b'/' | b'~', ..]);
    let is_count = name.eq_ignore_ascii_case(b"pass")
        && text.len() <= 3
        && text.iter().all(u8::is_ascii_digit);
    let is_result = name == b"PASS"
        && matches!(context.bond, Bond::Sign(Binding::Colon) | Bond::Structure)
        || name.eq_ignore_ascii_case(b"pass") && context.bond == Bond::Position;
    let is_long = found.end - found.start > LOOKED_AT;
    if is_long {
        scan.keys_until = scan.keys_until.max(found.end);
    }
    if is_directory || is_count || is_result || is_code(scan, found) || is_key_name(scan, text) {
        return false;
    }
    scan.judge(found.start, found.end, key.meaning.rule, context)
}

/// A call: `token = next (…)`.
fn is_code(scan: &mut Scan<'_>, found: Value) -> bool {
    !found.quoted && scan.tokens.kind(found.next) == Kind::Open(b'(')
}

/// The value is a name of a value itself: `key="db_password"`, `login or password`.
fn is_key_name(scan: &Scan<'_>, value: &[u8]) -> bool {
    value.len() <= 40
        && value.iter().all(|byte| {
            byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.') || *byte >= 0x80
        })
        && scan.policy.meaning(value).is_some_and(|meaning| {
            matches!(
                meaning.kind,
                KeyKind::Password | KeyKind::Secret | KeyKind::Named
            )
        })
}

/// `credentials bob:winter77`, `auth=bob/winter77`: where the password begins.
fn login(scan: &Scan<'_>, key: Key, found: Value) -> Option<usize> {
    if !matches!(key.meaning.rule, "credential" | "session" | "login")
        || found.end - found.start > 128
    {
        return None;
    }
    let value = part(scan.text, found.start, found.end);
    let sign = value.iter().position(|byte| matches!(byte, b':' | b'/'))?;
    let (user, password) = (&value[..sign], &value[sign + 1..]);
    let is_user = user.len() > 1
        && user
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(byte));
    let is_word = key.meaning.rule == "credential"
        && value[sign] == b':'
        && look(password) == Look::Word
        && password.len() >= 8;
    let is_password = (is_word
        || matches!(
            look(password),
            Look::Mixed | Look::Symbolic | Look::Random | Look::LongRandom | Look::Hash
        ))
        && !password.contains(&b'/');
    (is_user && is_password).then_some(found.start + sign + 1)
}

/// `credentials bob / winter77`: the password.
fn spaced_login(scan: &mut Scan<'_>, key: Key, found: Value) -> Option<Value> {
    let tokens = &mut scan.tokens;
    let is_login = key.meaning.rule == "credential"
        && tokens.kind(found.next) == Kind::Blank
        && tokens.is_sign(found.next + 1, b'/')
        && tokens.kind(found.next + 2) == Kind::Blank;
    if !is_login {
        return None;
    }
    value::value(
        tokens,
        found.next + 3,
        Site {
            from: key.place,
            ..Site::default()
        },
    )
}
