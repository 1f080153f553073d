//! Names and values in sentences: `API key provided: …`, `token … was revoked`, `the password is …`.

use crate::candidate::{self, Key};
use crate::lexer::Kind;
use crate::rules::keys::KeyKind;
use crate::rules::sentences::{Binding, COPULAS, FILLERS, OWNERS, STATES};
use crate::scan::Scan;
use crate::score::{Bond, Context, is_prose, is_random};
use crate::text::{before, is_one_of, part};
use crate::value::{self, Site};

/// How many words may stand between a name and its value.
const WORDS: usize = 5;

/// Whether a value was found.
pub(crate) fn scan(scan: &mut Scan<'_>, key: Key) -> bool {
    if lines_below(scan, key) {
        return true;
    }
    if !matches!(
        key.meaning.kind,
        KeyKind::Password | KeyKind::Secret | KeyKind::Named | KeyKind::Weak
    ) {
        return false;
    }
    let mut place = scan.tokens.skip_blanks(key.after);
    let has_comma = scan.tokens.is_sign(key.after, b',');
    let is_word = key.start == 0
        || matches!(before(scan.text, key.start), 0..=b' ' | b'"' | b'\'' | b'`' | b'(' | b'[' | b'{' | b',' | b'-' | b'*' | b'>' | b':' | 0x80..);
    if place == key.after && !has_comma || !is_word {
        return false;
    }
    let mut bond = Bond::Position;
    let mut is_state = false;
    for _ in 0..WORDS {
        if let Some(separator) = candidate::separator_at(scan, place)
            && separator.binding != Binding::Loose
        {
            bond = if is_state {
                Bond::Copula
            } else {
                Bond::Sign(separator.binding)
            };
            place = candidate::value_place(scan, separator.next);
            if scan.tokens.kind(place) == Kind::Line {
                // The value is on a line of its own.
                let next = scan.tokens.skip_lines(place);
                if scan.tokens.kind(next + 1) != Kind::Line {
                    return false;
                }
                (place, bond) = (next, Bond::Copula);
            }
            break;
        }
        if scan.tokens.kind(place) == Kind::Open(b'(') {
            // `password (bob): …`
            let Some(close) = scan.tokens.close(place) else {
                break;
            };
            if candidate::separator_at(scan, close + 1).is_none() {
                break;
            }
            place = close + 1;
            continue;
        }
        // `property: s3.secret-key, …`
        if scan.tokens.is_sign(place, b',')
            && key.meaning.is_compound
            && scan.tokens.kind(place + 1) == Kind::Blank
        {
            place += 2;
            break;
        }
        let Some(word) = scan.tokens.word(place) else {
            break;
        };
        if is_one_of(word, OWNERS)
            && let Some(end) = owner(scan, place)
        {
            place = end;
            continue;
        } else if is_one_of(word, STATES) {
            is_state = true;
        } else if is_one_of(word, COPULAS) {
            bond = Bond::Copula;
        } else if !is_one_of(word, FILLERS) {
            break;
        }
        place = scan.tokens.skip_blanks(place + 1);
    }
    accept(scan, key, place, bond)
}

/// `for bob:`, `for the user bob is`: the end of an owner with something behind it that states a value.
fn owner(scan: &mut Scan<'_>, place: usize) -> Option<usize> {
    let mut at = place + 1;
    for _ in 0..6 {
        let mut next = scan.tokens.skip_blanks(at);
        if scan.tokens.kind(next) == Kind::Quote
            || matches!(scan.tokens.kind(next), Kind::Open(_))
                && matches!(scan.tokens.kind(next + 2), Kind::Close(_))
        {
            next += 1;
        }
        let word = scan.tokens.word(next)?;
        if is_one_of(word, COPULAS) && next > place + 2 {
            return Some(next);
        }
        // `bob@host`
        at = next + 1;
        if scan.tokens.is_sign(at, b'@') && scan.tokens.word(at + 1).is_some() {
            at += 2;
        }
        if matches!(scan.tokens.kind(at), Kind::Quote | Kind::Close(_)) {
            at += 1;
        }
        if let Some(separator) = candidate::separator_at(scan, at) {
            return (separator.binding == Binding::Colon).then_some(at);
        }
    }
    None
}

fn accept(scan: &mut Scan<'_>, key: Key, place: usize, bond: Bond) -> bool {
    let site = Site {
        from: key.place,
        ..Site::default()
    };
    let Some(found) = value::value(&mut scan.tokens, place, site) else {
        return false;
    };
    let value = part(scan.text, found.start, found.end);
    // A sentence goes on with a word, and code with a call.
    let is_group = bond == Bond::Position
        && matches!(scan.tokens.kind(place), Kind::Open(_))
        && !is_random(value)
        && !(key.meaning.kind == KeyKind::Password && scan.tokens.kind(place) == Kind::Open(b'['));
    if is_group || is_prose(value) || value.contains(&b'=') && bond == Bond::Position {
        return false;
    }
    let context = Context {
        kind: key.meaning.kind,
        bond,
        quoted: found.quoted,
        is_compound: false,
        quoted_key: false,
        in_query: false,
    };
    candidate::accept(scan, key, found, context)
}

/// `name="password"` of a form's part, whose value follows an empty line, and pydantic's report of
/// an input: the name on a line of its own, `input_value='…'` in the next.
pub(crate) fn lines_below(scan: &mut Scan<'_>, key: Key) -> bool {
    if scan.tokens.kind(key.after) != Kind::Line {
        return false;
    }
    let next = scan.tokens.skip_lines(key.after);
    let from = scan.tokens.start(key.after);
    let gap = part(scan.text, from, scan.tokens.start(next));
    let is_part = key
        .quote
        .is_some_and(|quote| quote > 1 && scan.tokens.is_sign(quote - 1, b'='))
        && memchr::memchr_iter(b'\n', gap).count() + memchr::memmem::find_iter(gap, b"\\n").count()
            == 2;
    if is_part {
        return accept(scan, key, next, Bond::Structure);
    }
    let is_alone = key.start == 0 || before(scan.text, key.start) == b'\n';
    let Some(input) = (next..next + 64)
        .take_while(|&at| scan.tokens.kind(at) != Kind::Line)
        .collect::<Vec<_>>()
        .into_iter()
        .find(|&at| {
            scan.tokens
                .word(at)
                .is_some_and(|word| matches!(word, b"input_value" | b"input"))
        })
    else {
        return false;
    };
    is_alone
        && scan.tokens.is_sign(input + 1, b'=')
        && accept(scan, key, input + 2, Bond::Structure)
}

/// A value on the line below its name and colon, unless that line is a pair of its own.
pub(crate) fn below(scan: &mut Scan<'_>, key: Key, place: usize, binding: Binding) -> bool {
    if key.meaning.kind == KeyKind::Context || scan.tokens.kind(place) != Kind::Line {
        return false;
    }
    let next = scan.tokens.skip_lines(place);
    if next == place || candidate::separator_at(scan, next + 1).is_some() {
        return false;
    }
    let is_assigned = scan.tokens.opens_quote(next) || binding == Binding::Arrow;
    let bond = if is_assigned {
        Bond::Structure
    } else {
        Bond::Position
    };
    accept(scan, key, next, bond)
}
