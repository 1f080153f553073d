//! A name and its value with a separator between them: `key=value` and its many spellings.

use crate::element;
use crate::header;
use crate::key::Meaning;
use crate::lexer::{Coding, Kind};
use crate::rules::keys::KeyKind;
use crate::rules::sentences::{Binding, SEPARATORS};
use crate::scan::Scan;
use crate::score::{Bond, Context, Look, is_placeholder, look};
use crate::statement;
use crate::table;
use crate::text::{before, part, starts_with};
use crate::tuple;
use crate::value::{self, Site, Value};
use crate::{option, sentence};

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

/// Looks at the word that contains an anchor.
pub(crate) fn scan(scan: &mut Scan<'_>, anchor: usize) {
    let Some(key) = key_at(scan, anchor) else {
        return;
    };
    if let Some(separator) = separator(scan, key) {
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
                && scan.tokens.word(first - 2).is_some_and(|word| word.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'-'))
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
    if matches!(meaning.kind, KeyKind::Weak | KeyKind::Context) && start < scan.doubtful_until {
        return None;
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
        .filter(|&open| scan.tokens.get(open).is_some_and(|token| token.mate == Some(place + 1)));
    let closes = scan.tokens.closes_before(place + 1, place)
        && scan.tokens.kind(place + 1) == Kind::Quote;
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
        && tokens.word(after + 1).is_some_and(|word| word.iter().all(u8::is_ascii_digit))
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
        && tokens.word(after + 1).is_some_and(|word| word.len() <= 2 && word.iter().all(u8::is_ascii_digit))
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
    let Some(dash) = first.checked_sub(1).filter(|&dash| scan.tokens.is_sign(dash, b'-')) else {
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
    let start = crate::text::run_start(scan.text, end, 128, |byte| {
        crate::text::is_name(byte) || b":-/*".contains(&byte)
    });
    starts_with(scan.text, start, b"arn:")
}

/// The separator behind a name.
fn separator(scan: &mut Scan<'_>, key: Key) -> Option<Separator> {
    separator_at(scan, key.after)
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
            first > place
                && tokens.kind(next) == Kind::Blank
                && {
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
    if tokens.is_sign(at, b'*') && tokens.is_sign(at + 1, b'*') && tokens.kind(at + 2) == Kind::Blank {
        at += 2;
    }
    at = tokens.skip_blanks(at);
    if tokens.is_sign(at, b'!') {
        let mut tag = at + 1;
        tag += usize::from(tokens.is_sign(tag, b'!'));
        let is_type = tag > at + 1 || tokens.word(tag).is_some_and(|word| matches!(word, b"str" | b"secret"));
        if is_type && tokens.word(tag).is_some() && tokens.kind(tag + 1) == Kind::Blank {
            at = tokens.skip_blanks(tag + 1);
        }
    }
    at
}

fn pair(scan: &mut Scan<'_>, key: Key, separator: Separator) {
    let lead = before(scan.text, key.start);
    let in_query = matches!(lead, b'?' | b'&' | b'#')
        || lead == b';' && key.start >= 5 && starts_with(scan.text, key.start - 5, b"&amp;");
    // The last segment of a path or a URL, and what happened there.
    if lead == b'/' && separator.binding == Binding::Colon && key.meaning.kind != KeyKind::Authorization {
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
                    let _ = tuple::named(scan, key) || sentence::below(scan, key, place, separator.binding);
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
    // `PWD=/home/x` is the working directory, `pass=3 fail=1` counts tests, and a grammar has tokens.
    let is_directory = name.eq_ignore_ascii_case(b"pwd") && matches!(text, [b'/' | b'~', ..]);
    let is_count = name.eq_ignore_ascii_case(b"pass") && text.len() <= 3 && text.iter().all(u8::is_ascii_digit);
    let is_result = name == b"PASS" && matches!(context.bond, Bond::Sign(Binding::Colon) | Bond::Structure)
        || name.eq_ignore_ascii_case(b"pass") && context.bond == Bond::Position;
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
        && value.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.') || *byte >= 0x80)
        && scan.policy.meaning(value).is_some_and(|meaning| {
            matches!(meaning.kind, KeyKind::Password | KeyKind::Secret | KeyKind::Named)
        })
}

/// `Username: Password: Host: x`: the value is the next name.
fn is_next_key(scan: &mut Scan<'_>, place: usize, separator: Separator, found: Value) -> bool {
    separator.binding == Binding::Colon
        && place > separator.next
        && !found.quoted
        && scan.tokens.is_sign(place + 1, b':')
        && scan.tokens.word(place).is_some_and(|word| word.iter().all(u8::is_ascii_alphabetic) && word[0].is_ascii_uppercase())
}

/// `credentials bob:winter77`, `auth=bob/winter77`: where the password begins.
fn login(scan: &Scan<'_>, key: Key, found: Value) -> Option<usize> {
    if !matches!(key.meaning.rule, "credential" | "session" | "login") || found.end - found.start > 128 {
        return None;
    }
    let value = part(scan.text, found.start, found.end);
    let sign = value.iter().position(|byte| matches!(byte, b':' | b'/'))?;
    let (user, password) = (&value[..sign], &value[sign + 1..]);
    let is_user = user.len() > 1 && user.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(byte));
    let is_word = key.meaning.rule == "credential" && value[sign] == b':' && look(password) == Look::Word && password.len() >= 8;
    let is_password = (is_word || matches!(look(password), Look::Mixed | Look::Symbolic | Look::Random | Look::LongRandom | Look::Hash))
        && !password.contains(&b'/');
    (is_user && is_password).then_some(found.start + sign + 1)
}

/// Further values: of a list, and what a value was changed to.
fn more(scan: &mut Scan<'_>, key: Key, first: Value, context: Context) {
    let mut found = first;
    for _ in 0..16 {
        let next = scan.tokens.skip_blanks(found.next);
        let place = if scan.tokens.is_sign(next, b',') && found.quoted {
            let place = scan.tokens.skip_lines(next + 1);
            // In a list, or in a call of its own: `("x", "y")` has other arguments.
            let is_list = scan.tokens.get(first.next).is_some() && scan.tokens.opens_quote(place) && is_list(scan, first);
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
        let is_shown = value.quoted || matches!(look(part(scan.text, value.start, value.end)), Look::Mixed | Look::Symbolic | Look::Random | Look::LongRandom | Look::Hash);
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
            let open = if matches!(scan.tokens.kind(open), Kind::Blank | Kind::Line) { open.saturating_sub(1) } else { open };
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
