//! A name and its value side by side: pairs, named values, calls, structs.

use crate::candidate::{self, Key};
use crate::key::Name;
use crate::lexer::Kind;
use crate::rules::commands::ASKING_VERBS;
use crate::rules::keys::{Flag, KeyKind};
use crate::rules::sentences::{NAME_NAMES, VALUE_NAMES};
use crate::scan::Scan;
use crate::score::{Look, look};
use crate::text::{is_one_of, part};
use crate::value::{self, Site, Value};

/// How many fields may be between a name and its value, the value's included.
const FIELDS: usize = 3;

/// `{"key": "api_key", "value": "…"}`, `- name: TOKEN` and `value: …` on the next line.
pub(crate) fn named(scan: &mut Scan<'_>, key: Key) -> Option<Value> {
    let first = key.quote.unwrap_or(key.place);
    let named = (first.saturating_sub(6)..first)
        .rev()
        .find_map(|at| scan.tokens.word(at))?;
    if !is_called(named, NAME_NAMES) {
        return None;
    }
    let mut end = key.after;
    for _ in 0..FIELDS {
        let field = next_field(scan, end)?;
        let tokens = &mut scan.tokens;
        let behind = field + 1 + usize::from(tokens.kind(field + 1) == Kind::Quote);
        if is_called(tokens.word(field)?, VALUE_NAMES) {
            let place = candidate::separator_at(scan, behind)?.next;
            return value::value(&mut scan.tokens, place, Site::from(field));
        }
        end = (behind..behind + 16).find(|&at| {
            matches!(
                tokens.kind(at),
                Kind::Sign(b',') | Kind::Line | Kind::Close(_) | Kind::Open(_)
            )
        })?;
    }
    None
}

/// `name`, `ParameterName`
fn is_called(word: &[u8], names: &[&str]) -> bool {
    let hump = word.iter().rposition(u8::is_ascii_uppercase).unwrap_or(0);
    is_one_of(word, names) || is_one_of(&word[hump..], names)
}

/// The first word of the field that follows a comma, a line or the blank between two attributes.
fn next_field(scan: &mut Scan<'_>, place: usize) -> Option<usize> {
    let tokens = &mut scan.tokens;
    let mut at = (place..place + 8)
        .find(|&at| !matches!(tokens.kind(at), Kind::Sign(b',') | Kind::Blank | Kind::Line))?;
    if at == place {
        return None;
    }
    at += usize::from(tokens.kind(at) == Kind::Quote);
    tokens.word(at).map(|_| at)
}

/// `('password', '…')`, `["authorization", "Bearer …"]`, `define('TOKEN', '…')`.
pub(crate) fn tuple(scan: &mut Scan<'_>, key: Key) -> Option<Value> {
    let tokens = &mut scan.tokens;
    let lead = key.quote.unwrap_or(key.place).checked_sub(1)?;
    let is_first = match tokens.kind(lead) {
        Kind::Open(b'{') => true,
        Kind::Open(_) => key.quote.is_some(),
        _ => false,
    };
    if !is_first || !tokens.is_sign(key.after, b',') {
        return None;
    }
    let place = tokens.skip_lines(key.after + 1);
    let found = value::value(tokens, place, Site::from(key.place))?;
    let behind = tokens.skip_lines(found.next);
    let function = lead.checked_sub(1);
    let is_call = function.is_some_and(|at| tokens.word(at).is_some());
    let is_password = key.meaning.kind == KeyKind::Password;
    let ends = matches!(tokens.kind(behind), Kind::Close(_) | Kind::Sign(b'>'));
    let is_name = !is_password && is_column(found.bytes(scan.text));
    (found.quoted && !is_name && (ends || is_call)).then_some(found)
}

/// `created_at` beside `password` in a list of columns.
fn is_column(word: &[u8]) -> bool {
    word.iter()
        .all(|byte| byte.is_ascii_lowercase() || *byte == b'_')
        || look(word) == Look::Word && word.len() < 10
}

/// `Password("…")`, `set_token('…')`.
pub(crate) fn call(scan: &mut Scan<'_>, key: Key) -> Option<Value> {
    let tokens = &mut scan.tokens;
    let name = part(scan.text, key.start, key.end);
    if key.quote.is_some() || tokens.kind(key.after) != Kind::Open(b'(') {
        return None;
    }
    let inner = tokens.skip_lines(key.after + 1);
    if !tokens.opens_quote(inner) && !name[0].is_ascii_uppercase() {
        return None;
    }
    let found = value::value(tokens, inner, Site::from(key.place))?;
    let is_alone = matches!(scan.tokens.kind(found.next), Kind::Close(_));
    let is_lexeme = !is_alone && key.meaning.has(Flag::Alone);
    let is_asked = Name::new(name)
        .words()
        .any(|word| is_one_of(word, ASKING_VERBS));
    (!is_asked && !is_lexeme).then_some(found)
}

/// `Secret { inner: "…" }`
pub(crate) fn fields(scan: &mut Scan<'_>, key: Key) -> Option<Value> {
    let brace = scan.tokens.skip_blanks(key.after);
    if scan.tokens.kind(brace) != Kind::Open(b'{') {
        return None;
    }
    value::field(&mut scan.tokens, brace, 2)
}
