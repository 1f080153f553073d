//! A name and its value side by side: pairs, named values, calls, structs.

use crate::candidate::{self, Key};
use crate::key::Name;
use crate::lexer::Kind;
use crate::rules::keys::KeyKind;
use crate::rules::sentences::{NAME_NAMES, VALUE_NAMES};
use crate::scan::Scan;
use crate::score::{Bond, Context, Look, look};
use crate::text::{is_one_of, part};
use crate::value::{self, Site, Value};

/// Functions with these words in their names take the name of a secret.
const VERBS: &[&str] = &[
    "get", "fetch", "read", "load", "find", "is", "has", "lookup", "describe", "list", "delete",
    "resolve", "env", "parse", "next", "peek", "expect", "require",
];

pub(crate) fn scan(scan: &mut Scan<'_>, key: Key) -> bool {
    named(scan, key) || tuple(scan, key) || call(scan, key) || fields(scan, key)
}

fn accept(scan: &mut Scan<'_>, key: Key, found: Value) -> bool {
    let context = Context {
        quoted: found.quoted,
        ..Context::structure(key.meaning.kind)
    };
    let context = Context {
        bond: if found.quoted {
            Bond::Structure
        } else {
            Bond::Copula
        },
        ..context
    };
    candidate::accept(scan, key, found, context)
}

/// `{"key": "api_key", "value": "…"}`, `- name: TOKEN` and `value: …` on the next line.
pub(crate) fn named(scan: &mut Scan<'_>, key: Key) -> bool {
    // The name has to be called one: `name: TOKEN`.
    let Some(first) = key.quote.unwrap_or(key.place).checked_sub(1) else {
        return false;
    };
    let mut named = first;
    while named > 0 && named + 6 > first && !matches!(scan.tokens.kind(named), Kind::Word) {
        named -= 1;
    }
    if !scan
        .tokens
        .word(named)
        .is_some_and(|word| is_called(word, NAME_NAMES))
    {
        return false;
    }
    let mut at = key.after;
    // At most two other fields stand between the two.
    for _ in 0..3 {
        let Some(field) = next_field(scan, at) else {
            return false;
        };
        let tokens = &mut scan.tokens;
        let word = tokens.word(field).unwrap_or_default();
        let behind = field + 1 + usize::from(tokens.kind(field + 1) == Kind::Quote);
        if is_called(word, VALUE_NAMES) {
            let is_element = tokens.is_sign(behind, b'>');
            let place = if is_element {
                behind + 1
            } else {
                match candidate::separator_at(scan, behind) {
                    Some(separator) => candidate::value_place(scan, separator.next),
                    None => return false,
                }
            };
            let site = Site {
                from: field,
                ..Site::default()
            };
            let Some(found) = value::value(&mut scan.tokens, place, site) else {
                return false;
            };
            let key = Key {
                meaning: crate::key::Meaning {
                    kind: if key.meaning.kind == KeyKind::Context {
                        KeyKind::Weak
                    } else {
                        key.meaning.kind
                    },
                    ..key.meaning
                },
                ..key
            };
            return accept(scan, key, found);
        }
        at = behind;
        // Behind the value of the other field.
        let mut end = at;
        while end < at + 16
            && !matches!(
                scan.tokens.kind(end),
                Kind::Sign(b',') | Kind::Line | Kind::Close(_) | Kind::Open(_)
            )
        {
            end += 1;
        }
        at = end;
    }
    false
}

/// `name`, `ParameterName`
fn is_called(word: &[u8], names: &[&str]) -> bool {
    let hump = word.iter().rposition(u8::is_ascii_uppercase).unwrap_or(0);
    is_one_of(word, names) || is_one_of(&word[hump..], names)
}

/// The first word of the field that follows a comma, a line or the blank between two attributes.
fn next_field(scan: &mut Scan<'_>, place: usize) -> Option<usize> {
    let tokens = &mut scan.tokens;
    let mut at = place;
    while at < place + 8
        && matches!(tokens.kind(at), Kind::Sign(b',') | Kind::Blank | Kind::Line)
        && tokens.get(at).is_some()
    {
        at += 1;
    }
    if at == place {
        return None;
    }
    at += usize::from(tokens.kind(at) == Kind::Quote);
    at += usize::from(tokens.is_sign(at, b':'));
    tokens.word(at)?;
    Some(at)
}

/// `('password', '…')`, `["authorization", "Bearer …"]`, `define('TOKEN', '…')`.
fn tuple(scan: &mut Scan<'_>, key: Key) -> bool {
    let open = key.quote.unwrap_or(key.place);
    let tokens = &mut scan.tokens;
    if key.quote.is_none() && !(open > 0 && tokens.kind(open - 1) == Kind::Open(b'{')) {
        return false;
    }
    let mut lead = open;
    if lead > 0 && tokens.word(lead - 1).is_some_and(|word| word.len() <= 2) {
        lead -= 1;
    }
    let is_first = lead > 0 && matches!(tokens.kind(lead - 1), Kind::Open(b'(' | b'[' | b'{'));
    if !is_first || !tokens.is_sign(key.after, b',') {
        return false;
    }
    let place = tokens.skip_lines(key.after + 1);
    let Some(found) = value::value(
        tokens,
        place,
        Site {
            from: key.place,
            ..Site::default()
        },
    ) else {
        return false;
    };
    let value = part(scan.text, found.start, found.end);
    let mut behind = scan.tokens.skip_lines(found.next);
    while scan.tokens.is_sign(behind, b'>') {
        behind += 1;
    }
    let ends = matches!(scan.tokens.kind(behind), Kind::Close(_))
        || key.meaning.kind == KeyKind::Password
            && scan.tokens.word(lead.saturating_sub(2)).is_some();
    if !found.quoted || !ends || is_column(value) && key.meaning.kind != KeyKind::Password {
        return false;
    }
    let is_pair = lead > 1 && matches!(scan.tokens.kind(lead - 2), Kind::Open(b'[') | Kind::Blank);
    if is_column(value) && !is_pair && lead > 1 && scan.tokens.word(lead - 2).is_none() {
        return false;
    }
    if key.meaning.kind == KeyKind::Authorization {
        crate::header::authorization(scan, place, Site::default(), key.meaning.rule);
        return true;
    }
    accept(scan, key, found)
}

/// `created_at` beside `password` in a list of columns.
fn is_column(word: &[u8]) -> bool {
    word.iter()
        .all(|byte| byte.is_ascii_lowercase() || *byte == b'_')
        || look(word) == Look::Word && word.len() < 10
}

/// `Password("…")`, `set_token('…')`.
fn call(scan: &mut Scan<'_>, key: Key) -> bool {
    let tokens = &mut scan.tokens;
    let is_element =
        key.meaning.kind == KeyKind::Password && tokens.kind(key.after) == Kind::Open(b'[');
    if key.quote.is_some() || !(is_element || tokens.kind(key.after) == Kind::Open(b'(')) {
        return false;
    }
    let name = part(scan.text, key.start, key.end);
    let inner = tokens.skip_lines(key.after + 1);
    // `t.pass("…")` is a test.
    if !tokens.opens_quote(inner) && !name[0].is_ascii_uppercase() && !is_element
        || name.ends_with(b".pass")
    {
        return false;
    }
    let Some(found) = value::value(
        tokens,
        inner,
        Site {
            from: key.place,
            ..Site::default()
        },
    ) else {
        return false;
    };
    let word = part(scan.text, found.start, found.end);
    let is_alone = matches!(scan.tokens.kind(found.next), Kind::Close(_));
    // `get_password("name")` asks for one, and a lexer prints `Token('NAME', 1)`.
    let is_asked = Name::new(name).words().any(|word| is_one_of(word, VERBS));
    let is_lexeme = !is_alone && key.meaning.rule == "token";
    if is_asked
        || is_lexeme
        || !is_alone && name.to_ascii_lowercase().ends_with(b"credentials")
        || word.len() < 4
        || !found.quoted && is_column(word)
    {
        return false;
    }
    accept(scan, key, found)
}

/// `Secret { inner: "…" }`
fn fields(scan: &mut Scan<'_>, key: Key) -> bool {
    let brace = scan.tokens.skip_blanks(key.after);
    if scan.tokens.kind(brace) != Kind::Open(b'{') {
        return false;
    }
    match value::field(&mut scan.tokens, brace, 2) {
        Some(found) => accept(scan, key, found),
        None => false,
    }
}
