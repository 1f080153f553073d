//! A name and its value with a separator between them: `key=value` and its many spellings.

use crate::candidate::{Key, Separator, accept, separator_at, value_place};
use crate::element;
use crate::header;
use crate::lexer::Kind;
use crate::rules::keys::KeyKind;
use crate::rules::sentences::Binding;
use crate::scan::Scan;
use crate::score::{Bond, Context, Look, is_placeholder, look};
use crate::statement;
use crate::table;
use crate::text::{at, before, is_name, is_one_of, part, run_end, run_start, starts_with};
use crate::tuple;
use crate::value::{self, Site, Value};
use crate::{option, sentence};

/// Looks at the word that contains an anchor.
pub(crate) fn scan(scan: &mut Scan<'_>, anchor: usize) {
    if !may_be_key(scan, anchor) {
        return;
    }
    let Some(key) = key_at(scan, anchor) else {
        return;
    };
    if let Some(separator) = separator_at(scan, key.after) {
        if separator.binding != Binding::Loose || !table::scan(scan, key) {
            pair(scan, key, separator);
        }
        return;
    }
    let _ = element::scan(scan, key)
        || option::long(scan, key)
        || tuple::scan(scan, key)
        || statement::scan(scan, key)
        || table::scan(scan, key)
        || sentence::scan(scan, key);
}

/// Whether the word around the anchor ends with a known name, which is quickly seen without a token.
fn may_be_key(scan: &mut Scan<'_>, anchor: usize) -> bool {
    if anchor < scan.keys_until {
        return false;
    }
    let is_inside = |byte: u8| is_name(byte) || byte >= 0x80;
    // The anchor of a short name includes the sign behind it.
    let last = anchor - usize::from(!is_inside(at(scan.text, anchor)));
    let start = run_start(scan.text, last + 1, 64, |byte| {
        is_inside(byte) || matches!(byte, b'-' | b'.')
    });
    let end = run_end(scan.text, last, 64, is_inside);
    // A name is read from its end, so what is joined before it does no harm, except `--`.
    let start = run_end(scan.text, start, 3, |byte| matches!(byte, b'-' | b'.'));
    let word = part(scan.text, start, end);
    if !word.is_ascii() {
        return true;
    }
    // Both are oftener words of sentences than names.
    let is_alone =
        !(before(scan.text, start) == b' ' && before(scan.text, start - 1).is_ascii_alphabetic());
    if is_one_of(word, &["key", "code"]) && is_alone && !has_separator(scan.text, end) {
        return false;
    }
    if let Some(meaning) = scan.policy.meaning(word) {
        return meaning.kind != KeyKind::Context || may_have_value(scan, start, end);
    }
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

/// Whether a separator follows `key` or `code`, or words precede it that make it a name of a secret.
fn may_have_value(scan: &Scan<'_>, start: usize, end: usize) -> bool {
    if has_separator(scan.text, end) {
        return true;
    }
    let phrase = run_start(scan.text, start, 32, |byte| {
        is_name(byte) || matches!(byte, b' ' | b'-' | b'.')
    });
    let kind = scan
        .policy
        .meaning(part(scan.text, phrase, end))
        .map(|meaning| meaning.kind);
    !matches!(kind, None | Some(KeyKind::Context | KeyKind::Weak))
}

/// The name around the anchor; every word is read once.
fn key_at(scan: &mut Scan<'_>, anchor: usize) -> Option<Key> {
    if anchor < scan.keys_until {
        return None;
    }
    let mut place = scan.tokens.seek(anchor)?;
    // The anchor of a short name includes the sign behind it.
    if scan.tokens.word(place).is_none() {
        place = place.checked_sub(1)?;
    }
    let word = scan.tokens.word(place)?;
    let token = scan.tokens.get(place)?;
    if token.end <= scan.keys_until {
        return None;
    }
    scan.keys_until = token.end;
    let (mut start, end) = (token.start, token.end);
    let mut meaning = scan.policy.meaning(word)?;
    // `API key`, `access code`: the words before decide.
    if meaning.kind == KeyKind::Context && word.len() <= 6 {
        let mut first = place;
        for _ in 0..2 {
            if first >= 2
                && scan.tokens.kind(first - 1) == Kind::Blank
                && scan.tokens.word(first - 2).is_some_and(|word| {
                    word.iter()
                        .all(|byte| byte.is_ascii_alphabetic() || *byte == b'-')
                })
            {
                first -= 2;
            }
        }
        while first < place {
            let from = scan.tokens.start(first);
            let phrase = scan.policy.meaning(part(scan.text, from, end));
            match phrase {
                Some(phrase) if phrase.kind != KeyKind::Weak && phrase.kind != KeyKind::Context => {
                    (meaning, start) = (phrase, from);
                    break;
                }
                None if first + 2 == place => return None,
                _ => first += 2,
            }
        }
    }
    // `arn:aws:secretsmanager:…:secret:name`, `${PASSWORD:-x}`
    if before(scan.text, start) == b':' && is_resource_name(scan, start)
        || part(scan.text, start.saturating_sub(2), start) == b"${"
    {
        return None;
    }
    let mut first = place;
    while first > 0 && scan.tokens.start(first) > start {
        first -= 1;
    }
    let quote = first
        .checked_sub(1)
        .filter(|&open| scan.tokens.kind(open) == Kind::Quote)
        .filter(|&open| {
            scan.tokens
                .get(open)
                .is_some_and(|token| token.mate == Some(place + 1))
        });
    let closes =
        scan.tokens.closes_before(place + 1, place) && scan.tokens.kind(place + 1) == Kind::Quote;
    let mut after = place + 1 + usize::from(closes);
    after = behind_index(scan, after);
    Some(Key {
        meaning,
        place,
        start,
        end,
        quote: quote.or_else(|| closes.then(|| scan.tokens.get(place + 1)?.mate).flatten()),
        after,
        is_option: is_option(scan, first),
    })
}

/// `password[0]`, `["password"]`, `[password]`, `**password**`, `password?`.
fn behind_index(scan: &mut Scan<'_>, mut after: usize) -> usize {
    let tokens = &mut scan.tokens;
    if tokens.kind(after) == Kind::Open(b'[')
        && tokens.kind(after + 2) == Kind::Close(b']')
        && tokens
            .word(after + 1)
            .is_some_and(|word| word.iter().all(u8::is_ascii_digit))
    {
        after += 3;
    }
    if tokens.kind(after) == Kind::Open(b'[') && tokens.kind(after + 1) == Kind::Close(b']') {
        after += 2;
    }
    if tokens.kind(after) == Kind::Close(b']') {
        after += 1;
    }
    // `Unseal Key 1: …`
    if tokens.kind(after) == Kind::Blank
        && tokens
            .word(after + 1)
            .is_some_and(|word| word.len() <= 2 && word.iter().all(u8::is_ascii_digit))
        && matches!(tokens.kind(after + 2), Kind::Sign(b':' | b'='))
    {
        after += 2;
    }
    // `<b>password</b>: …`
    if tokens.is_sign(after, b'<')
        && tokens.is_sign(after + 1, b'/')
        && tokens.is_sign(after + 3, b'>')
        && tokens.is_sign(after + 4, b':')
    {
        after += 4;
    }
    while tokens.is_sign(after, b'*') {
        after += 1;
    }
    // A quote of its own closes behind a name in a sentence: `key 'x': …`.
    if tokens.is_sign(after, b'?') && tokens.is_sign(after + 1, b':') {
        after += 1;
    }
    after
}

/// Dashes before the word, and a blank, a quote or a bracket before them.
fn is_option(scan: &mut Scan<'_>, first: usize) -> bool {
    let Some(dash) = first
        .checked_sub(1)
        .filter(|&dash| scan.tokens.is_sign(dash, b'-'))
    else {
        return false;
    };
    let lead = match dash.checked_sub(1) {
        Some(second) if scan.tokens.is_sign(second, b'-') => second.checked_sub(1),
        lead => lead,
    };
    lead.is_none_or(|lead| {
        matches!(
            scan.tokens.kind(lead),
            Kind::Blank | Kind::Line | Kind::Quote | Kind::Open(_) | Kind::Sign(b',' | b'=')
        )
    })
}

fn is_resource_name(scan: &Scan<'_>, end: usize) -> bool {
    let start = run_start(scan.text, end, 128, |byte| {
        is_name(byte) || b":-/*".contains(&byte)
    });
    starts_with(scan.text, start, b"arn:")
}

fn pair(scan: &mut Scan<'_>, key: Key, separator: Separator) {
    let lead = before(scan.text, key.start);
    let in_query = matches!(lead, b'?' | b'&' | b'#')
        || lead == b';' && key.start >= 5 && starts_with(scan.text, key.start - 5, b"&amp;");
    // The last segment of a path or a URL, and what happened there.
    if lead == b'/'
        && before(scan.text, key.start - 1) > b' '
        && separator.binding == Binding::Colon
        && key.meaning.kind != KeyKind::Authorization
    {
        return;
    }
    let site = Site {
        from: key.place,
        coding: separator.coding,
        in_query,
        is_assigned: separator.binding != Binding::Colon,
    };
    let place = value_place(scan, separator.next);
    let context = Context {
        kind: key.meaning.kind,
        bond: Bond::Sign(separator.binding),
        quoted: false,
        is_compound: false,
        quoted_key: key.quote.is_some(),
        in_query: in_query && separator.binding == Binding::Assign,
    };
    match key.meaning.kind {
        KeyKind::Authorization => header::authorization(scan, place, site, key.meaning.rule),
        KeyKind::Cookie => header::cookies(scan, place, site),
        _ => {
            let Some(found) = value::value(&mut scan.tokens, place, site) else {
                if separator.binding != Binding::Loose {
                    let _ = tuple::named(scan, key)
                        || sentence::below(scan, key, place, separator.binding);
                }
                return;
            };
            if is_next_key(scan, place, separator, found) {
                return;
            }
            if accept(scan, key, found, context) {
                more(scan, key, found, context);
            } else {
                behind_type(scan, key, found, context);
            }
        }
    }
}

/// `Username: Password: Host: x`: the value is the next name.
fn is_next_key(scan: &mut Scan<'_>, place: usize, separator: Separator, found: Value) -> bool {
    separator.binding == Binding::Colon
        && place > separator.next
        && !found.quoted
        && scan.tokens.is_sign(place + 1, b':')
        && scan.tokens.word(place).is_some_and(|word| {
            word.iter().all(u8::is_ascii_alphabetic) && word[0].is_ascii_uppercase()
        })
}

/// Further values: of a list, and what a value was changed to.
fn more(scan: &mut Scan<'_>, key: Key, first: Value, context: Context) {
    let mut found = first;
    for _ in 0..16 {
        let next = scan.tokens.skip_blanks(found.next);
        let place = if scan.tokens.is_sign(next, b',') && found.quoted {
            let place = scan.tokens.skip_lines(next + 1);
            // In a list, or in a call of its own: `("x", "y")` has other arguments.
            let is_list = scan.tokens.get(first.next).is_some()
                && scan.tokens.opens_quote(place)
                && is_list(scan, first);
            if !is_list {
                return;
            }
            place
        } else if let Some(separator) = separator_at(scan, next)
            && separator.binding == Binding::Arrow
        {
            value_place(scan, separator.next)
        } else if scan.tokens.word(next) == Some(b"to") {
            scan.tokens.skip_blanks(next + 1)
        } else {
            return;
        };
        let site = Site {
            from: key.place,
            is_assigned: true,
            ..Site::default()
        };
        let Some(value) = value::value(&mut scan.tokens, place, site) else {
            return;
        };
        let is_shown = value.quoted
            || matches!(
                look(part(scan.text, value.start, value.end)),
                Look::Mixed | Look::Symbolic | Look::Random | Look::LongRandom | Look::Hash
            );
        if !is_shown {
            return;
        }
        accept(scan, key, value, context);
        found = value;
    }
}

/// Whether the value is the first of a list in brackets.
fn is_list(scan: &mut Scan<'_>, first: Value) -> bool {
    scan.tokens
        .place_at(first.start)
        .and_then(|place| place.checked_sub(2))
        .is_some_and(|open| {
            let open = if matches!(scan.tokens.kind(open), Kind::Blank | Kind::Line) {
                open.saturating_sub(1)
            } else {
                open
            };
            scan.tokens.kind(open) == Kind::Open(b'[')
        })
}

/// `token: String = "…"`: the value behind a type.
fn behind_type(scan: &mut Scan<'_>, key: Key, declared: Value, context: Context) {
    if declared.quoted || !is_placeholder(part(scan.text, declared.start, declared.end)) {
        return;
    }
    let Some(separator) = separator_at(scan, declared.next) else {
        return;
    };
    if separator.binding != Binding::Assign {
        return;
    }
    let place = value_place(scan, separator.next);
    let site = Site {
        from: key.place,
        is_assigned: true,
        ..Site::default()
    };
    if let Some(found) = value::value(&mut scan.tokens, place, site) {
        let context = Context {
            bond: Bond::Sign(Binding::Assign),
            ..context
        };
        accept(scan, key, found, context);
    }
}
