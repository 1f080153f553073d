//! Reads a name, its separator and its value, `key=value` in its many spellings. All grammars of names share code of
//! this module. A place is the index of a token.

use std::iter;
use std::sync::LazyLock;

use crate::decision::{Claim, Key, accept};
use crate::header;
use crate::key::Meaning;
use crate::lexer::{Coding, Kind, Token, Tokens};
use crate::rules::keys::{Flag, KEYS, KeyKind};
use crate::rules::list::words;
use crate::rules::words::{ALTERNATIVE_WORDS, ALTERNATIVES, Binding, SEPARATORS};
use crate::scan::{Scan, Tried};
use crate::score::{Bond, Context, LOOKED_AT, is_made_up, look};
use crate::text::{Words, after_colour, at, before, class, line_start, part, starts_with};
use crate::value::{Site, Value};

use Binding::{Arrow, Assign, Colon};
use Kind::{Blank, Close, Line, Open, Quote, Sign, Word};
use Tried::{Found, Nothing};

/// Names that are usually words of sentences, for a quick check before the meaning is looked up.
static NOUNS: LazyLock<Words<KeyKind>> = LazyLock::new(|| {
    let rows = KEYS.iter().filter(|row| row.flags.contains(&Flag::Noun));
    Words::of(rows.flat_map(|row| row.names().map(|(name, _)| (name, row.kind))))
});

#[derive(Clone, Copy)]
pub(crate) struct Separator {
    pub(crate) binding: Binding,
    pub(crate) coding: Coding,
    /// The place after the separator and the blanks around it.
    pub(crate) next: usize,
}

/// Returns the separator at `place`, after optional blanks.
pub(crate) fn separator_at(scan: &mut Scan<'_>, place: usize) -> Option<Separator> {
    let tokens = &mut scan.tokens;
    let mut first = tokens.skip_blanks(place);
    // YAML's `? name`, with `: value` on the next line.
    if tokens.are(first, &[Line, Sign(b':')]) {
        first += usize::from(tokens.kind(first + 2) == Blank);
    }
    let Token { kind: Sign(_), coding, .. } = tokens.get(first)? else {
        return None;
    };
    let signs: [u8; 3] = std::array::from_fn(|at| match tokens.kind(first + at) {
        Sign(sign) => sign,
        _ => 0,
    });
    let is_here = |text: &str| text.bytes().zip(signs).all(|(wanted, sign)| wanted == sign);
    let rows = SEPARATORS.iter();
    let known = rows.flat_map(|row| row.1.iter().map(|text| (*text, row.0)));
    let here = known.filter(|known| is_here(known.0)).max_by_key(|known| known.0.len())?;
    let text = here.0;
    let mut cursor = tokens.cursor(first + text.len());
    if text == "..." {
        while cursor.sign(b".:").is_some() {}
    }
    let after = cursor.place;
    let mut next = cursor.blanks().place;
    if let Some(end) = tokens.comment_end(next).filter(|_| next > after) {
        next = tokens.skip_blanks(end);
    }
    // The name and its colon are an argument of their own: `log("token:", "…")`.
    let comma = next + 1;
    if tokens.closes_before(next, next) && tokens.is_sign(comma, b',') {
        let value = tokens.skip_blanks(comma + 1);
        next = if tokens.opens_quote(value) { value } else { next };
    }
    // `::` before a blank separates a name from base64 in LDIF; elsewhere it is part of a path. A dash begins an option,
    // and two lines are an operator.
    let is_used = match text {
        "::" | "-" => next > after,
        "|" => signs[1] != b'|',
        _ => true,
    };
    is_used.then_some(Separator { binding: here.1, coding, next })
}

/// Whether one or two dashes precede the word at `first`, or the slash of an option of Windows, `/p:x`, and begin the
/// text, a line or an argument.
pub(crate) fn is_option(scan: &mut Scan<'_>, first: usize) -> bool {
    let tokens = &mut scan.tokens;
    let mut lead = first;
    let sign = if tokens.is_sign(first + 1, b':') { b'/' } else { b'-' };
    while lead > 0 && first - lead < 2 && tokens.is_sign(lead - 1, sign) {
        lead -= 1;
    }
    match lead {
        _ if lead == first => false,
        0 => true,
        _ => matches!(tokens.kind(lead - 1), Blank | Line | Quote | Open(_) | Sign(b',' | b'=')),
    }
}

/// Redacts the value at `place` if it is a secret of this name.
fn accept_at(scan: &mut Scan<'_>, key: &Key, place: usize, context: Context) -> Tried {
    match scan.tokens.value(place, Site::assigned(key.place)) {
        Some(found) => accept(scan, key, found, context),
        None => Nothing,
    }
}

/// Returns the name at the end of the word around the anchor.
pub(crate) fn key(scan: &mut Scan<'_>, anchor: usize) -> Option<Key> {
    if anchor < scan.progress.names || !may_be_key(scan, anchor) {
        return None;
    }
    key_at(scan, anchor)
}

/// Whether the word around the anchor may be a name: a quick check without tokens.
fn may_be_key(scan: &mut Scan<'_>, anchor: usize) -> bool {
    let inside = class!("a-zA-Z0-9_", or_wide);
    // The anchor of a short name ends with the sign after the name.
    let last = anchor - usize::from(!inside.has(at(scan.text, anchor)));
    if at(scan.text, last) >= 0x80 {
        return true;
    }
    let start = class!("a-zA-Z0-9_.-", or_wide).start(scan.text, last + 1, 64);
    let end = inside.end(scan.text, last, 64);
    let start = after_colour(scan.text, start);
    // Dashes and dots before a name do not belong to it.
    let start = class!(".-").end(scan.text, start, 3);
    let word = part(scan.text, start, end);
    if !word.is_ascii() {
        return true;
    }
    let noun = NOUNS
        .all(word)
        .next()
        .filter(|_| word_before(scan.text, start) == start && before(scan.text, start) != b'-');
    if let Some(kind) = noun {
        let is_call = *kind != KeyKind::Context && at(scan.text, end) == b'(';
        if !is_call && !has_separator(scan.text, end) {
            return false;
        }
    }
    // The last word of `Secret ID` has no meaning of its own.
    if starts_with(scan.text, start.saturating_sub(7), b"secret id") {
        return true;
    }
    if let Some(meaning) = scan.meaning(start, end) {
        return match meaning.kind {
            KeyKind::Context if !has_separator(scan.text, end) => {
                phrase(scan, start, end).is_some()
            }
            _ => true,
        };
    }
    scan.refuse_key(start, end);
    scan.skip_names(end);
    false
}

/// Whether a sign that may separate a value follows the name.
fn has_separator(text: &[u8], end: usize) -> bool {
    let next = class!(" \t\"'])}\\").end(text, end, 4);
    !class!("a-zA-Z0-9.(/\0").has(at(text, next))
}

/// Returns the meaning of a word together with one or two words before it, such as `API key` and `access code`, and the
/// start of this phrase.
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

/// Returns the start of the word before `from` in a sentence; `from` itself without such a word.
fn word_before(text: &[u8], from: usize) -> usize {
    match part(text, from.saturating_sub(2), from) {
        [b'a'..=b'z' | b'A'..=b'Z', b' '] => class!("a-zA-Z-").start(text, from - 1, 24),
        _ => from,
    }
}

/// Returns the name around the anchor. Each word is read only once.
fn key_at(scan: &mut Scan<'_>, anchor: usize) -> Option<Key> {
    let mut place = scan.tokens.seek(anchor)?;
    // The anchor of a short name ends with the sign after the name.
    if scan.tokens.word(place).is_none() {
        place = place.checked_sub(1)?;
    }
    scan.tokens.word(place)?;
    let token = scan.tokens.get(place)?;
    if token.end <= scan.progress.names {
        return None;
    }
    scan.skip_names(token.end);
    let mut start = token.start;
    let end = token.end;
    let mut meaning = match scan.meaning(start, end) {
        Some(meaning) => meaning,
        None => phrase(scan, start, end)?.0,
    };
    // The word before the name changes its meaning, `unexpected token`, unless it is a tag, `<machineKey validationKey=`.
    let word = word_before(scan.text, start);
    if word < start
        && before(scan.text, word) != b'<'
        && scan.policy.meaning(part(scan.text, word, end)).is_none()
    {
        scan.refuse_key(word, end);
        return None;
    }
    if meaning.kind == KeyKind::Context
        && let Some(phrase) = phrase(scan, start, end)
    {
        (meaning, start) = phrase;
    }
    // The name is part of a resource or a reference: `arn:aws:secretsmanager:…:secret:name`, `${file:/run/password}`.
    let resource = class!("a-zA-Z0-9_:/*-").start(scan.text, start, 128);
    if starts_with(scan.text, resource, b"arn:") {
        return None;
    }
    if resource < start && scan.text[..resource].ends_with(b"${") {
        return None;
    }
    let first = scan.tokens.place_at(start).unwrap_or(place);
    // The colour of the name may end before its quote.
    let colour = scan.tokens.kind(place + 1) == Blank && at(scan.text, end) == 0x1b;
    let last = place + usize::from(colour && scan.tokens.kind(place + 2) == Quote);
    let closing = scan.tokens.get(last + 1);
    let quote = closing
        .and_then(|token| token.mate)
        .filter(|&mate| mate < place && scan.tokens.kind(mate) == Quote);
    let after = after_index(scan, quote.map_or(place, |_| last + 1) + 1);
    let is_option = is_option(scan, first);
    let key = Key { meaning, place, start, end, quote, after, is_option };
    Some(Key { after: after_constructor(scan, &key).unwrap_or(after), ..key })
}

/// Returns the place after the constructors or the call around a quoted name, if a text or a constructor is assigned to
/// it: `Key("password"): Value("…")`, `env::var("PASSWORD") = Ok("…")`.
fn after_constructor(scan: &mut Scan<'_>, key: &Key) -> Option<usize> {
    if !matches!(scan.tokens.kind(key.after), Close(_) | Sign(b',') | Line) {
        return None;
    }
    let tokens = &mut scan.tokens;
    let mut after = key.around(tokens).1;
    // A method of the result: `env::var("PASSWORD").ok()`.
    if tokens.are(after, &[Sign(b'.'), Word, Open(b'('), Close(b')')]) {
        after += 4;
    }
    let separator = if after > key.after { separator_at(scan, after)? } else { return None };
    let place = separator.next;
    let is_value = scan.tokens.opens_quote(place)
        || scan.tokens.constructor(place).is_some()
        || scan.tokens.are(place, &[Word, Blank, Open(b'{')])
        || scan.tokens.kind(place) == Open(b'(');
    (is_value && separator.binding != Binding::Loose).then_some(after)
}

/// Returns the place after the tokens that still belong to a name: `password[0]`, `["password"]`, `Unseal Key 1`,
/// `**password**`, `password?`.
fn after_index(scan: &mut Scan<'_>, mut after: usize) -> usize {
    let tokens = &mut scan.tokens;
    let is_number = |word: &[u8]| class!("0-9").fits(word, ..=2);
    if tokens.kind(after) == Open(b'[') {
        let inner = after + 1 + usize::from(tokens.word(after + 1).is_some_and(is_number));
        if tokens.kind(inner) == Close(b']') {
            after = inner;
        }
    }
    if tokens.kind(after) == Close(b']') {
        after += 1;
    }
    // A number, or a remark: `API key (v2): …`.
    let end = match tokens.kind(after + 1) {
        Word if tokens.word(after + 1).is_some_and(is_number) => Some(after + 2),
        Open(b'(') => tokens.close(after + 1).map(|close| close + 1),
        _ => None,
    };
    if let Some(end) = end.filter(|_| tokens.kind(after) == Blank)
        && tokens.cursor(end).sign(b":=").is_some()
    {
        after = end;
    }
    while tokens.is_sign(after, b'*') {
        after += 1;
    }

    // A property of C#: `Password { get; set; } = "…"`.
    let brace = tokens.skip_blanks(after);
    let first = tokens.skip_blanks(brace + 1);
    if tokens.kind(brace) == Open(b'{')
        && tokens.is_word(first, words!("get"))
        && let Some(close) = tokens.close(brace)
    {
        return close + 1;
    }
    after + usize::from(tokens.are(after, &[Sign(b'?'), Sign(b':')]))
}

/// Reads a value after a name and a separator.
pub(crate) fn pair(scan: &mut Scan<'_>, key: &Key, separator: Separator) -> Tried {
    let site = site(scan, key, separator);
    let context = context(key, separator, site);
    let in_map = match separator.binding {
        Colon if key.quote.is_none() => scan.tokens.in_go_map(key.place, separator.next),
        _ => None,
    };
    let Some(mut found) = in_map.or_else(|| scan.tokens.value(separator.next, site)) else {
        return Nothing;
    };
    if key.meaning.has(Flag::Words) && !found.quoted {
        found = scan.tokens.words(separator.next).unwrap_or(found);
    }
    if accept(scan, key, found, context) == Found {
        changed_to(scan, key, found, context);
    } else {
        // The closing quote is missing, and a later one was taken for it.
        let head = part(scan.text, found.start, found.end.min(found.start + LOOKED_AT));
        if let Some(line) = memchr::memchr(b'\n', head) {
            let _ = accept(scan, key, Value { end: found.start + line, ..found }, context);
        }
        after_type(scan, key, found, context);
        alternative(scan, key, separator.next, context);
        parameter(scan, key, found);
    }
    Found
}

/// The maximum number of tokens from a placeholder to the list of its values, and in a list without brackets.
const PARAMETERS: usize = 96;

/// Redacts the value that a log prints after a statement for a placeholder, such as `?`, `%s` or `$1`: `SET password = ?
/// WHERE id = ? ["…", 5]`, `Parameters: …(String), 5(Long)`, `binding parameter (1:VARCHAR) <- […]`.
pub(crate) fn parameter(scan: &mut Scan<'_>, key: &Key, place: Value) {
    let sign = place.bytes(scan.text);
    let index = match sign {
        [b'?'] | [b'%', b's'] => {
            let line = line_start(scan.text, place.start);
            let before = part(scan.text, line, place.start);
            memchr::memchr_iter(sign[0], before).count()
        }
        [b'$', digit @ b'1'..=b'9'] => usize::from(digit - b'1'),
        _ => return,
    };
    let tokens = &mut scan.tokens;
    let value = bound_value(tokens, place.next, index).and_then(|at| {
        let at = tokens.skip_blanks(at);
        tokens.value(at, Site::from(at))
    });
    if let Some(mut value) = value {
        // A type follows the value: `…(String)`.
        let kind = memchr::memchr(b'(', value.bytes(scan.text)).filter(|_| !value.quoted);
        value.end = kind.map_or(value.end, |kind| value.start + kind);
        let _ = accept(scan, key, value, key.context(Bond::Structure));
    }
}

/// Returns the place of the value for the placeholder with an index, after its statement.
fn bound_value(tokens: &mut Tokens<'_>, from: usize, index: usize) -> Option<usize> {
    (from..from + PARAMETERS).find_map(|at| match tokens.kind(at) {
        Word if tokens.is_word(at, words!("parameters")) && tokens.is_sign(at + 1, b':') => {
            let commas = (at..at + PARAMETERS).filter(|&at| tokens.is_sign(at, b','));
            iter::once(at + 1).chain(commas).nth(index).map(|sign| sign + 1)
        }
        Word if tokens.is_word(at, words!("parameter")) && tokens.kind(at + 1) == Blank => {
            let number = tokens.word(at + 3)?;
            let is_same = number == (index + 1).to_string().as_bytes();
            let mut later = (at..at + PARAMETERS).filter(|_| is_same);
            let arrow = later.find(|&at| tokens.are(at, &[Sign(b'-'), Blank, Open(b'[')]))?;
            Some(arrow + 3)
        }
        Open(_) => {
            let first = tokens.skip_blanks(at + 1);
            let is_list = tokens.opens_quote(first) || tokens.scalar(first).is_some();
            tokens.nth_item(at, index).filter(|_| is_list)
        }
        _ => None,
    })
}

/// Reads the value of `Authorization` or `Cookie`.
pub(crate) fn header(scan: &mut Scan<'_>, key: &Key, separator: Separator) -> Tried {
    let site = site(scan, key, separator);
    let rule = key.meaning.rule;
    match key.meaning.kind {
        KeyKind::Authorization => header::authorization(scan, separator.next, site, rule),
        KeyKind::Cookie => header::cookies(scan, separator.next, site),
        _ => return Nothing,
    }
    Found
}

/// Returns the context of the value after a separator.
pub(crate) fn context(key: &Key, separator: Separator, site: Site) -> Context {
    Context {
        quoted_key: key.quote.is_some() && separator.binding != Arrow,
        in_query: site.in_query && separator.binding == Assign,
        ..key.context(Bond::Sign(separator.binding))
    }
}

pub(crate) fn site(scan: &mut Scan<'_>, key: &Key, separator: Separator) -> Site {
    let lead = key.place.checked_sub(1).map(|lead| scan.tokens.kind(lead));
    Site {
        from: key.place,
        coding: separator.coding,
        in_query: matches!(lead, Some(Sign(b'?' | b'&' | b'#'))),
        is_assigned: separator.binding != Colon,
    }
}

/// Redacts the value of a claim, and a new value after it, if they are secrets.
pub(crate) fn judge(scan: &mut Scan<'_>, key: &Key, claim: Option<Claim>) -> Tried {
    let tried = Claim::judge(claim, scan, key);
    if let Some(Claim { value, context, .. }) = claim {
        // `DECLARE @password varchar(20) = '…'`
        let next = if tried == Found { changed_to } else { after_type };
        next(scan, key, value, context);
    }
    tried
}

/// Redacts the new value in `password: old -> new` or `password changed from 'old' to 'new'` if it is a secret.
fn changed_to(scan: &mut Scan<'_>, key: &Key, from: Value, context: Context) {
    let mut next = scan.tokens.skip_lines(from.next);
    if scan.tokens.is_word(next, words!("to")) {
        next = scan.tokens.skip_blanks(next + 1);
    } else if let Some(Separator { binding: Arrow, next: value, .. }) = separator_at(scan, next) {
        next = value;
    } else {
        return;
    }
    if let Some(value) = scan.tokens.value(next, Site::assigned(key.place))
        && (value.quoted || is_made_up(value.bytes(scan.text)))
    {
        let _ = accept(scan, key, value, context);
    }
}

/// Redacts the value after a type: `token: String = "…"`.
fn after_type(scan: &mut Scan<'_>, key: &Key, declared: Value, context: Context) {
    let separator = separator_at(scan, declared.next).filter(|_| !declared.quoted);
    if let Some(Separator { binding: Assign, next, .. }) = separator
        && look(declared.bytes(scan.text)).is_placeholder()
    {
        let bond = Bond::Sign(Assign);
        let _ = accept_at(scan, key, next, Context { bond, ..context });
    }
}

/// The maximum number of tokens from a name's separator to an alternative of its value, and from there to its end.
const ALTERNATIVE: usize = 24;

/// Reads the text that code takes if a variable is missing: `getenv("PASSWORD") ?: "…"`.
pub(crate) fn missing(scan: &mut Scan<'_>, key: &Key) -> Tried {
    let mut cursor = scan.tokens.cursor(key.after);
    cursor.closing(key.place);
    let place = cursor.blanks().place;
    if key.quote.is_some() && begins_alternative(&mut scan.tokens, place).is_some() {
        alternative(scan, key, place, key.context(Bond::Structure));
    }
    Nothing
}

/// Returns `place` if an alternative of a value begins there.
fn begins_alternative(tokens: &mut Tokens<'_>, place: usize) -> Option<usize> {
    let is_sign = ALTERNATIVES.iter().any(|signs| tokens.are(place, &signs.map(Sign)));
    (is_sign || tokens.is_word(place, ALTERNATIVE_WORDS)).then_some(place)
}

/// Redacts the text that code takes in place of a missing value: `token = env.TOKEN || "…"`, `var("PW").unwrap_or("…")`.
fn alternative(scan: &mut Scan<'_>, key: &Key, place: usize, context: Context) {
    let mut next = scan.tokens.in_line(place, ALTERNATIVE, begins_alternative);
    let context = Context { bond: Bond::Structure, ..context };
    // The name of the variable may come first: `getOrDefault("PASSWORD", "…")`.
    for _ in 0..3 {
        let value = next.and_then(|next| {
            scan.tokens.in_line(next, ALTERNATIVE, |tokens, at| {
                if tokens.opens_quote(at) { tokens.quoted(at) } else { None }
            })
        });
        let tried = value.map(|value| accept(scan, key, value, context));
        next = value.map(|value| value.next).filter(|_| tried != Some(Found));
    }
}
