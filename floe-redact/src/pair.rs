//! A name and its value with a separator between them: `key=value` and its many spellings.

use crate::candidate::{Key, Separator, accept, accept_at, is_option, separator_at};
use crate::header;
use crate::key::Meaning;
use crate::lexer::Kind;
use crate::rules::keys::{Flag, KeyKind};
use crate::rules::sentences::Binding;
use crate::scan::{Scan, Tried};
use crate::score::{Bond, Context, is_placeholder, look};
use crate::text::{after_colour, at, before, is_name, part, run_end, run_start, starts_with};
use crate::value::{self, Site, Value};

/// The name that the word around an anchor ends with, if it is one.
pub(crate) fn key(scan: &mut Scan<'_>, anchor: usize) -> Option<Key> {
    if anchor < scan.keys_until || !may_be_key(scan, anchor) {
        return None;
    }
    key_at(scan, anchor)
}

/// Whether the word around the anchor ends with a known name, which is quickly seen without a token.
fn may_be_key(scan: &mut Scan<'_>, anchor: usize) -> bool {
    let is_inside = |byte: u8| is_name(byte) || byte >= 0x80;
    // The anchor of a short name includes the sign after it.
    let last = anchor - usize::from(!is_inside(at(scan.text, anchor)));
    let start = run_start(scan.text, last + 1, 64, |byte| {
        is_inside(byte) || matches!(byte, b'-' | b'.')
    });
    let end = run_end(scan.text, last, 64, is_inside);
    let start = after_colour(scan.text, start);
    // A name is read from its end, so what is joined before it does no harm, except `--`.
    let start = run_end(scan.text, start, 3, |byte| matches!(byte, b'-' | b'.'));
    let word = part(scan.text, start, end);
    if !word.is_ascii() {
        return true;
    }
    if let Some(meaning) = scan.meaning(start, end) {
        let is_phrase = word_before(scan.text, start) < start;
        return has_separator(scan.text, end)
            || (is_phrase || !meaning.is_only(Flag::Noun, word))
                && (meaning.kind != KeyKind::Context || phrase(scan, start, end).is_some());
    }
    scan.refuse_key(start, end);
    // Dots and dashes may join it with what follows: `token.value`.
    let is_joined = matches!(at(scan.text, end), b'.' | b'-') && is_inside(at(scan.text, end + 1));
    if !is_joined {
        scan.keys_until = scan.keys_until.max(end);
    }
    is_joined
}

/// Whether a sign that may separate a value follows.
fn has_separator(text: &[u8], end: usize) -> bool {
    let next = run_end(text, end, 4, |byte| b" \t\"'])}\\".contains(&byte));
    let byte = at(text, next);
    !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'(' | b'/' | 0))
}

/// `API key`, `access code`: what the word means with one or two words before it, and where they
/// begin.
fn phrase(scan: &Scan<'_>, start: usize, end: usize) -> Option<(Meaning, usize)> {
    let mut found = None;
    let mut from = start;
    for _ in 0..2 {
        from = word_before(scan.text, from);
        let meaning = scan.policy.meaning(part(scan.text, from, end));
        found = meaning.map(|meaning| (meaning, from)).or(found);
    }
    found
}

/// Where the word of a sentence before a place begins; the place itself if there is none.
fn word_before(text: &[u8], from: usize) -> usize {
    if before(text, from) != b' ' || !before(text, from - 1).is_ascii_alphabetic() {
        return from;
    }
    run_start(text, from - 1, 24, |byte| {
        byte.is_ascii_alphabetic() || byte == b'-'
    })
}

/// The name around the anchor; every word is read once.
fn key_at(scan: &mut Scan<'_>, anchor: usize) -> Option<Key> {
    let mut place = scan.tokens.seek(anchor)?;
    // The anchor of a short name includes the sign after it.
    if scan.tokens.word(place).is_none() {
        place = place.checked_sub(1)?;
    }
    scan.tokens.word(place)?;
    let token = scan.tokens.get(place)?;
    if token.end <= scan.keys_until {
        return None;
    }
    scan.keys_until = token.end;
    let (mut start, end) = (token.start, token.end);
    let mut meaning = scan.meaning(start, end)?;
    // `unexpected token`
    let word = word_before(scan.text, start);
    if word < start && scan.policy.meaning(part(scan.text, word, end)).is_none() {
        scan.refuse_key(word, end);
        return None;
    }
    if meaning.kind == KeyKind::Context
        && let Some(phrase) = phrase(scan, start, end)
    {
        (meaning, start) = phrase;
    }
    // `arn:aws:secretsmanager:…:secret:name`, `${PASSWORD:-x}`
    let resource = run_start(scan.text, start, 128, |byte| {
        is_name(byte) || b":-/*".contains(&byte)
    });
    if starts_with(scan.text, resource, b"arn:") || scan.text[..resource].ends_with(b"${") {
        return None;
    }
    let mut first = place;
    while first > 0 && scan.tokens.start(first) > start {
        first -= 1;
    }
    let closing = scan.tokens.get(place + 1);
    let quote = closing
        .and_then(|token| token.mate)
        .filter(|&mate| mate < place && scan.tokens.kind(mate) == Kind::Quote);
    Some(Key {
        meaning,
        place,
        start,
        end,
        quote,
        after: after_index(scan, place + 1 + usize::from(quote.is_some())),
        is_option: is_option(scan, first),
    })
}

/// `password[0]`, `["password"]`, `Unseal Key 1`, `**password**`, `password?`: after what belongs to
/// the name.
fn after_index(scan: &mut Scan<'_>, mut after: usize) -> usize {
    let tokens = &mut scan.tokens;
    let is_number = |word: &[u8]| word.len() <= 2 && word.iter().all(u8::is_ascii_digit);
    if tokens.kind(after) == Kind::Open(b'[') {
        let inner = after + 1 + usize::from(tokens.word(after + 1).is_some_and(is_number));
        if tokens.kind(inner) == Kind::Close(b']') {
            after = inner;
        }
    }
    if tokens.kind(after) == Kind::Close(b']') {
        after += 1;
    }
    if tokens.kind(after) == Kind::Blank
        && tokens.word(after + 1).is_some_and(is_number)
        && matches!(tokens.kind(after + 2), Kind::Sign(b':' | b'='))
    {
        after += 2;
    }
    while tokens.is_sign(after, b'*') {
        after += 1;
    }
    after + usize::from(tokens.is_sign(after, b'?') && tokens.is_sign(after + 1, b':'))
}

/// A value after a name and a separator.
pub(crate) fn pair(scan: &mut Scan<'_>, key: Key, separator: Separator) -> Tried {
    let site = site(scan, key, separator);
    let context = Context {
        quoted_key: key.quote.is_some() && separator.binding != Binding::Arrow,
        in_query: site.in_query && separator.binding == Binding::Assign,
        ..Context::new(key.meaning.kind, Bond::Sign(separator.binding))
    };
    let Some(found) = value::value(&mut scan.tokens, separator.next, site) else {
        return Tried::Nothing;
    };
    if accept(scan, key, found, context) == Tried::Found {
        changed_to(scan, key, found, context);
    } else {
        after_type(scan, key, found, context);
    }
    Tried::Found
}

/// A list of cookies.
pub(crate) fn cookies(scan: &mut Scan<'_>, key: Key, separator: Separator) -> Tried {
    if key.meaning.kind != KeyKind::Cookie {
        return Tried::Nothing;
    }
    let site = site(scan, key, separator);
    header::cookies(scan, separator.next, site);
    Tried::Found
}

/// A scheme and its credentials.
pub(crate) fn authorization(scan: &mut Scan<'_>, key: Key, separator: Separator) -> Tried {
    if key.meaning.kind != KeyKind::Authorization {
        return Tried::Nothing;
    }
    let site = site(scan, key, separator);
    header::authorization(scan, separator.next, site, key.meaning.rule);
    Tried::Found
}

/// What surrounds the value after a separator.
fn site(scan: &mut Scan<'_>, key: Key, separator: Separator) -> Site {
    let lead = key.place.checked_sub(1).map(|lead| scan.tokens.kind(lead));
    Site {
        from: key.place,
        coding: separator.coding,
        in_query: matches!(lead, Some(Kind::Sign(b'?' | b'&' | b'#'))),
        is_assigned: separator.binding != Binding::Colon,
    }
}

/// `a -> b`: what a value was changed to.
fn changed_to(scan: &mut Scan<'_>, key: Key, from: Value, context: Context) {
    let next = scan.tokens.skip_lines(from.next);
    if let Some(separator) = separator_at(scan, next)
        && separator.binding == Binding::Arrow
        && let Some(value) =
            value::value(&mut scan.tokens, separator.next, Site::assigned(key.place))
        && (value.quoted || look(value.bytes(scan.text)).is_made_up())
    {
        let _ = accept(scan, key, value, context);
    }
}

/// `token: String = "…"`: the value after a type.
fn after_type(scan: &mut Scan<'_>, key: Key, declared: Value, context: Context) {
    if !declared.quoted
        && let Some(separator) = separator_at(scan, declared.next)
        && separator.binding == Binding::Assign
        && is_placeholder(declared.bytes(scan.text))
    {
        let bond = Bond::Sign(Binding::Assign);
        let _ = accept_at(scan, key, separator.next, Context { bond, ..context });
    }
}
