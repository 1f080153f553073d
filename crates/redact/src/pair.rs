//! Reads a name, its separator and its value, `key=value` in its many spellings. All grammars of names share code of
//! this module. A place is the index of a token.

use std::sync::LazyLock;

use crate::header;
use crate::key::Meaning;
use crate::lexer::{Coding, Kind};
use crate::rules::keys::{Flag, KEYS, KeyKind};
use crate::rules::words::{Binding, DECLARATIONS, SEPARATORS};
use crate::scan::{Evidence, Reason, Scan, Tried};
use crate::score::{Bond, Context, head_of_call, is_credential_word, is_placeholder, look};
use crate::text::{
    Words, after_colour, at, before, is_name, is_one_of, part, run_end, run_start, starts_with,
};
use crate::value::{self, Site, Value};

/// Names that are usually words of sentences, for a quick check before the meaning is looked up.
static NOUNS: LazyLock<Words<KeyKind>> = LazyLock::new(|| {
    let rows = KEYS.iter().filter(|row| row.flags.contains(&Flag::Noun));
    Words::of(rows.flat_map(|row| row.names.iter().map(|name| (name, row.kind))))
});

/// A name found in the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) meaning: Meaning,
    /// The place of the name's last word.
    pub(crate) place: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The place of the opening quote, if the closing quote directly follows the name.
    pub(crate) quote: Option<usize>,
    /// The place after the name, its closing quote and tokens that belong to it, such as an index.
    pub(crate) after: usize,
    /// Whether the name is an option: `--name`.
    pub(crate) is_option: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Separator {
    pub(crate) binding: Binding,
    pub(crate) coding: Coding,
    /// The place after the separator and the blanks around it.
    pub(crate) next: usize,
}

/// A value that a grammar found for a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub(crate) value: Value,
    pub(crate) context: Context,
    /// The rule of the finding. If it is `None`, [`accept`] judges the value by the rule of the name.
    pub(crate) rule: Option<&'static str>,
}

impl Claim {
    pub(crate) fn of(key: &Key, value: Value, bond: Bond) -> Self {
        Self { value, context: Context::new(key.meaning.kind, bond), rule: None }
    }

    /// Creates a claim for a value that the structure of the text binds to a name, less strongly if it is unquoted.
    pub(crate) fn beside(key: &Key, value: Value) -> Self {
        let bond = if value.quoted { Bond::Structure } else { Bond::Copula };
        Self::of(key, value, bond)
    }

    /// Redacts the value of a claim if it is a secret.
    pub(crate) fn judge(claim: Option<Self>, scan: &mut Scan<'_>, key: &Key) -> Tried {
        match claim {
            Some(Self { value, context, rule: Some(rule) }) => {
                scan.judge_value(value, rule, context)
            }
            Some(claim) => accept(scan, key, claim.value, claim.context),
            None => Tried::Nothing,
        }
    }
}

/// Returns the separator at `place`, after optional blanks.
pub(crate) fn separator_at(scan: &mut Scan<'_>, place: usize) -> Option<Separator> {
    let tokens = &mut scan.tokens;
    let mut first = tokens.skip_blanks(place);
    // YAML's `? name`, with `: value` on the next line.
    let is_below = tokens.kind(first) == Kind::Line && tokens.is_sign(first + 1, b':');
    first += usize::from(is_below && tokens.kind(first + 2) == Kind::Blank);
    let coding = tokens.get(first)?.coding;
    let signs: [u8; 3] = std::array::from_fn(|at| match tokens.kind(first + at) {
        Kind::Sign(sign) => sign,
        _ => 0,
    });
    let (text, binding) =
        *SEPARATORS.iter().find(|(text, _)| signs.starts_with(text.as_bytes()))?;
    let mut after = first + text.len();
    while text == "..." && tokens.is_sign(after, b'.') {
        after += 1;
    }
    let mut next = tokens.skip_blanks(after);
    if let Some(end) = tokens.comment_end(next).filter(|_| next > after) {
        next = tokens.skip_blanks(end);
    }
    // `::` before a blank separates a name from base64 in LDIF; elsewhere it is part of a path.
    let is_used = text != "::" || next > after;
    is_used.then_some(Separator { binding, coding, next })
}

/// Whether one or two dashes precede the word at `first`, and begin the text, a line or an argument.
pub(crate) fn is_option(scan: &mut Scan<'_>, first: usize) -> bool {
    let tokens = &mut scan.tokens;
    let mut lead = first;
    while lead > 0 && first - lead < 2 && tokens.is_sign(lead - 1, b'-') {
        lead -= 1;
    }
    lead < first
        && (lead == 0
            || matches!(
                tokens.kind(lead - 1),
                Kind::Blank | Kind::Line | Kind::Quote | Kind::Open(_) | Kind::Sign(b',' | b'=')
            ))
}

/// Redacts the value at `place` if it is a secret of this name.
pub(crate) fn accept_at(scan: &mut Scan<'_>, key: &Key, place: usize, context: Context) -> Tried {
    match value::value(&mut scan.tokens, place, Site::assigned(key.place)) {
        Some(found) => accept(scan, key, found, context),
        None => Tried::Nothing,
    }
}

/// Redacts the value of a key if it is a secret.
pub(crate) fn accept(scan: &mut Scan<'_>, key: &Key, found: Value, context: Context) -> Tried {
    let text = found.bytes(scan.text);
    let is_joined = part(scan.text, key.end, found.start) == b"=";
    let has_quotes = found.quoted && matches!(before(scan.text, found.start), b'"' | b'\'' | b'`');
    let context = Context {
        quoted: found.quoted,
        is_close: has_quotes || is_joined,
        is_compound: key.meaning.is_compound,
        goes_on: goes_on(scan, found, context.bond),
        ..context
    };
    if context.is_bound() && key.meaning.has(Flag::Always) {
        scan.redact(found.start, found.end, key.meaning.rule, Evidence::Structure);
        return Tried::Found;
    }
    if is_other_pair(scan, key, text, context) {
        return refuse(scan, key, found, "it is a pair with a name of its own");
    }
    if let Some(password) = login(scan, key, found) {
        let context = context.or(KeyKind::Password);
        return scan.judge(password, found.end, key.meaning.rule, context);
    }
    if goes_on_as_call(scan, found) {
        return refuse(scan, key, found, "a call");
    }
    if is_other_meaning(scan, key, text, context.bond) {
        return refuse(scan, key, found, "the name has another meaning here");
    }
    if is_key_name(scan, key, found, context) {
        return refuse(scan, key, found, "it is itself the name of a secret");
    }
    scan.judge(found.start, found.end, key.meaning.rule, context)
}

/// Keeps a value that is not a secret, and records the reason for the explanation.
fn refuse(scan: &mut Scan<'_>, key: &Key, found: Value, what: &'static str) -> Tried {
    scan.keep(found.start, found.end, key.meaning.rule, Reason::Other(what));
    Tried::Nothing
}

/// Whether the value is a pair of its own, which is read separately: `the token was refused: status=401`.
fn is_other_pair(scan: &Scan<'_>, key: &Key, value: &[u8], context: Context) -> bool {
    let is_colon = context.bond == Bond::Sign(Binding::Colon);
    let is_loose = !context.is_bound() || is_colon && !context.quoted_key;
    let Some(name) = name_of_pair(value).filter(|_| is_loose) else {
        return false;
    };
    let is_lower = |byte: &u8| byte.is_ascii_lowercase() || b"_-".contains(byte);
    // A password may contain `=`, as in `password: ab=7xQ9`.
    let is_plain = key.meaning.kind != KeyKind::Password || context.bond == Bond::Copula;
    scan.policy.meaning(name).is_some() || is_plain && name.len() > 1 && name.iter().all(is_lower)
}

/// Returns the name in `name=value`.
pub(crate) fn name_of_pair(text: &[u8]) -> Option<&[u8]> {
    let end = run_end(text, 0, 64, |byte| is_name(byte) || b".-".contains(&byte));
    let is_named =
        !matches!(at(text, 0), b'0'..=b'9' | b'.' | b'-' | b'=') && at(text, end) == b'=';
    (is_named && text[end..].iter().any(|byte| *byte != b'=')).then(|| &text[..end])
}

/// Whether the value begins a call that continues after the value or was cut: `token = load(config, "x")`.
fn goes_on_as_call(scan: &mut Scan<'_>, found: Value) -> bool {
    let Some(open) = head_of_call(found.bytes(scan.text)).filter(|_| !found.quoted) else {
        return false;
    };
    let open = scan.tokens.place_at(found.start + open);
    match open.and_then(|open| scan.tokens.close(open)) {
        Some(close) => close >= found.next,
        None => found.end == scan.text.len(),
    }
}

/// Whether the name has another meaning here: `PWD=/home/x` is the working directory, `PASS: it works` is the result of
/// a test, `pass=3 fail=1` and `passwords: 12` are counts.
fn is_other_meaning(scan: &Scan<'_>, key: &Key, value: &[u8], bond: Bond) -> bool {
    let name = part(scan.text, key.start, key.end);
    if key.meaning.is_only(Flag::Folder, name) {
        return matches!(value, [b'/' | b'~', ..]);
    }
    let is_count = value.len() <= 5 && value.iter().all(u8::is_ascii_digit);
    let is_result = name.iter().all(u8::is_ascii_uppercase) && bond == Bond::Sign(Binding::Colon);
    key.meaning.is_only(Flag::Verb, name) && (is_result || is_count || bond == Bond::Position)
        || name.ends_with(b"s") && is_count
}

/// Whether the value is the name of a secret, as in `key="db_password"` and `login or password`, but not a chosen
/// password, as in `password=rootpassword`.
fn is_key_name(scan: &Scan<'_>, key: &Key, found: Value, context: Context) -> bool {
    let value = found.bytes(scan.text);
    let is_name = |byte: &u8| byte.is_ascii_alphabetic() || b"_-.".contains(byte) || *byte >= 0x80;
    let names_a_value = value.len() <= 40
        && value.iter().all(is_name)
        && scan.policy.meaning(value).is_some_and(|meaning| {
            matches!(meaning.kind, KeyKind::Password | KeyKind::Secret | KeyKind::Named)
        });
    let is_glued = value.len() > 4 && value.iter().all(u8::is_ascii_lowercase);
    let is_chosen = is_credential_word(value) || key.meaning.kind == KeyKind::Password && is_glued;
    let is_value = is_chosen && context.is_bound() && !context.goes_on;
    names_a_value && (!is_value || is_variable(scan.text, key, found))
}

/// Whether an unquoted value after a colon or an arrow is followed by text that seems to belong to it, as in `passwd:
/// password unchanged`, unlike in `passwd: password user=bob`.
fn goes_on(scan: &mut Scan<'_>, found: Value, bond: Bond) -> bool {
    let tokens = &mut scan.tokens;
    let next = tokens.skip_blanks(found.next);
    let behind = tokens.skip_blanks(next + 1);
    let is_next = match tokens.kind(next) {
        Kind::Sign(b':') => next == found.next,
        Kind::Word => next > found.next && !matches!(tokens.kind(behind), Kind::Sign(b'=' | b':')),
        Kind::Quote | Kind::Open(_) => next > found.next,
        _ => false,
    };
    is_next && !found.quoted && matches!(bond, Bond::Sign(Binding::Colon | Binding::Arrow))
}

/// Whether the value is a variable: `Some(password)`, or a variable with the name of the key, as in
/// `f(user=user, password=password)`, `self.password = password` and `password={password}`.
fn is_variable(text: &[u8], key: &Key, found: Value) -> bool {
    let (value, name) = (found.bytes(text), part(text, key.start, key.end));
    let around = (before(text, found.start), at(text, found.end));
    let receiver = name.strip_suffix(value);
    if around == (b'(', b')') || around == (b'{', b'}') && receiver.is_some() {
        return true;
    }
    let Some(receiver) = receiver.filter(|_| !found.quoted) else {
        return false;
    };
    // A declaration, an attribute or an element: `let token = x`, `self.password = x`, `session["token"] = x`.
    let line = run_start(text, key.start, 24, |byte| byte != b'\n');
    let mut words = part(text, line, key.start).rsplit(|byte| !is_name(*byte));
    let is_declared = words.nth(1).is_some_and(|word| is_one_of(word, DECLARATIONS));
    let is_element =
        receiver.ends_with(b".") && memchr::memchr(b'.', receiver) == Some(receiver.len() - 1);
    let is_index =
        before(text, found.start) == b' ' && part(text, key.end, found.start).contains(&b']');
    if before(text, found.start) == b' ' && (is_declared || is_element) || is_index {
        return true;
    }
    // The argument before or after this one also has its own name as its value: `user=user`.
    let is_pair = |byte| is_name(byte) || b" =:".contains(&byte);
    let is_double = |pair: &[u8]| {
        let sign = pair.iter().position(|byte| b"=:".contains(byte));
        sign.is_some_and(|sign| {
            let name = pair[..sign].trim_ascii();
            !name.is_empty() && name == pair[sign + 1..].trim_ascii()
        })
    };
    let comma = run_start(text, key.start, 2, |byte| byte == b' ');
    let last = comma.saturating_sub(1);
    before(text, comma) == b',' && is_double(part(text, run_start(text, last, 64, is_pair), last))
        || at(text, found.end) == b','
            && is_double(part(text, found.end + 1, run_end(text, found.end + 1, 64, is_pair)))
}

/// Returns the start of the password in `credentials bob:winter77` or `auth=bob/winter77`.
fn login(scan: &Scan<'_>, key: &Key, found: Value) -> Option<usize> {
    let value = found.bytes(scan.text);
    if !key.meaning.has(Flag::Login) || value.len() > 128 {
        return None;
    }
    let sign = value.iter().position(|byte| b":/".contains(byte))?;
    let (user, password) = (&value[..sign], &value[sign + 1..]);
    let is_user = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
    let fits = user.len() > 1
        && user.iter().all(is_user)
        && look(password).is_made_up()
        && !password.contains(&b'/');
    fits.then_some(found.start + sign + 1)
}

/// Returns the name at the end of the word around the anchor.
pub(crate) fn key(scan: &mut Scan<'_>, anchor: usize) -> Option<Key> {
    if anchor < scan.keys_until || !may_be_key(scan, anchor) {
        return None;
    }
    key_at(scan, anchor)
}

/// Whether the word around the anchor may be a name: a quick check without tokens.
fn may_be_key(scan: &mut Scan<'_>, anchor: usize) -> bool {
    let is_inside = |byte: u8| is_name(byte) || byte >= 0x80;
    // The anchor of a short name ends with the sign after the name.
    let last = anchor - usize::from(!is_inside(at(scan.text, anchor)));
    if at(scan.text, last) >= 0x80 {
        return true;
    }
    let start =
        run_start(scan.text, last + 1, 64, |byte| is_inside(byte) || matches!(byte, b'-' | b'.'));
    let end = run_end(scan.text, last, 64, is_inside);
    let start = after_colour(scan.text, start);
    // Dashes and dots before a name do not belong to it.
    let start = run_end(scan.text, start, 3, |byte| matches!(byte, b'-' | b'.'));
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
    if let Some(meaning) = scan.meaning(start, end) {
        return meaning.kind != KeyKind::Context
            || has_separator(scan.text, end)
            || phrase(scan, start, end).is_some();
    }
    scan.refuse_key(start, end);
    // Dots and dashes may join the word with further ones: `token.value`.
    let mut joined = end;
    while matches!(at(scan.text, joined), b'.' | b'-') && is_inside(at(scan.text, joined + 1)) {
        joined = run_end(scan.text, joined + 1, usize::MAX, is_inside);
    }
    let is_key = joined > end && scan.meaning(start, joined).is_some();
    if !is_key {
        scan.keys_until = scan.keys_until.max(joined);
    }
    is_key
}

/// Whether a sign that may separate a value follows the name.
fn has_separator(text: &[u8], end: usize) -> bool {
    let next = run_end(text, end, 4, |byte| b" \t\"'])}\\".contains(&byte));
    let byte = at(text, next);
    !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'(' | b'/' | 0))
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
    if before(text, from) != b' ' || !before(text, from - 1).is_ascii_alphabetic() {
        return from;
    }
    run_start(text, from - 1, 24, |byte| byte.is_ascii_alphabetic() || byte == b'-')
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
    if token.end <= scan.keys_until {
        return None;
    }
    scan.keys_until = token.end;
    let (mut start, end) = (token.start, token.end);
    let mut meaning = scan.meaning(start, end)?;
    // The word before the name changes its meaning: `unexpected token`.
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
    // The name is part of a resource: `arn:aws:secretsmanager:…:secret:name`.
    let resource =
        run_start(scan.text, start, 128, |byte| is_name(byte) || b":-/*".contains(&byte));
    if starts_with(scan.text, resource, b"arn:") {
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

/// Returns the place after the tokens that still belong to a name: `password[0]`, `["password"]`, `Unseal Key 1`,
/// `**password**`, `password?`.
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

/// Reads a value after a name and a separator.
pub(crate) fn pair(scan: &mut Scan<'_>, key: &Key, separator: Separator) -> Tried {
    let (site, context) = surroundings(scan, key, separator);
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

pub(crate) fn cookies(scan: &mut Scan<'_>, key: &Key, separator: Separator) -> Tried {
    if key.meaning.kind != KeyKind::Cookie {
        return Tried::Nothing;
    }
    let site = site(scan, key, separator);
    header::cookies(scan, separator.next, site);
    Tried::Found
}

pub(crate) fn authorization(scan: &mut Scan<'_>, key: &Key, separator: Separator) -> Tried {
    if key.meaning.kind != KeyKind::Authorization {
        return Tried::Nothing;
    }
    let site = site(scan, key, separator);
    header::authorization(scan, separator.next, site, key.meaning.rule);
    Tried::Found
}

/// Returns the site and the context of the value after a separator.
pub(crate) fn surroundings(
    scan: &mut Scan<'_>,
    key: &Key,
    separator: Separator,
) -> (Site, Context) {
    let site = site(scan, key, separator);
    let context = Context {
        quoted_key: key.quote.is_some() && separator.binding != Binding::Arrow,
        in_query: site.in_query && separator.binding == Binding::Assign,
        ..Context::new(key.meaning.kind, Bond::Sign(separator.binding))
    };
    (site, context)
}

fn site(scan: &mut Scan<'_>, key: &Key, separator: Separator) -> Site {
    let lead = key.place.checked_sub(1).map(|lead| scan.tokens.kind(lead));
    Site {
        from: key.place,
        coding: separator.coding,
        in_query: matches!(lead, Some(Kind::Sign(b'?' | b'&' | b'#'))),
        is_assigned: separator.binding != Binding::Colon,
    }
}

/// Redacts the new value in `password: old -> new` if it is a secret.
fn changed_to(scan: &mut Scan<'_>, key: &Key, from: Value, context: Context) {
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

/// Redacts the value after a type: `token: String = "…"`.
fn after_type(scan: &mut Scan<'_>, key: &Key, declared: Value, context: Context) {
    if !declared.quoted
        && let Some(separator) = separator_at(scan, declared.next)
        && separator.binding == Binding::Assign
        && is_placeholder(declared.bytes(scan.text))
    {
        let bond = Bond::Sign(Binding::Assign);
        let _ = accept_at(scan, key, separator.next, Context { bond, ..context });
    }
}
