//! A name, its separator and its value: what all grammars of names share.

use crate::finding::Evidence;
use crate::key::Meaning;
use crate::lexer::{Coding, Kind};
use crate::rules::keys::{Flag, KeyKind};
use crate::rules::sentences::{Binding, SEPARATORS};
use crate::rules::words::DECLARATIONS;
use crate::scan::{Reason, Scan, Tried};
use crate::score::{Bond, Context, head_of_call, is_credential_word, look};
use crate::text::{at, before, is_name, is_one_of, part, run_end, run_start};
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
    /// After the name and its closing quote.
    pub(crate) after: usize,
    /// `--name`
    pub(crate) is_option: bool,
}

/// What is between a name and its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Separator {
    pub(crate) binding: Binding,
    pub(crate) coding: Coding,
    /// The place after it and the blanks around it.
    pub(crate) next: usize,
}

/// A value that a grammar found for a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub(crate) value: Value,
    pub(crate) context: Context,
    /// The rule of a statement, whose place of the value is certain; none is the name's.
    pub(crate) rule: Option<&'static str>,
}

impl Claim {
    /// A value that is bound to a name.
    pub(crate) fn of(key: Key, value: Value, bond: Bond) -> Self {
        Self {
            value,
            context: Context::new(key.meaning.kind, bond),
            rule: None,
        }
    }

    /// A value that the structure of the text gives to a name, if it has quotes.
    pub(crate) fn beside(key: Key, value: Value) -> Self {
        let bond = if value.quoted {
            Bond::Structure
        } else {
            Bond::Copula
        };
        Self::of(key, value, bond)
    }

    /// Redacts the value of a claim if it is a secret.
    pub(crate) fn judge(claim: Option<Self>, scan: &mut Scan<'_>, key: Key) -> Tried {
        match claim {
            Some(Self {
                value,
                context,
                rule: Some(rule),
            }) => scan.judge_value(value, rule, context),
            Some(claim) => accept(scan, key, claim.value, claim.context),
            None => Tried::Nothing,
        }
    }
}

/// The separator at a place, blanks before it skipped.
pub(crate) fn separator_at(scan: &mut Scan<'_>, place: usize) -> Option<Separator> {
    let tokens = &mut scan.tokens;
    let first = tokens.skip_blanks(place);
    let coding = tokens.get(first)?.coding;
    let signs: [u8; 3] = std::array::from_fn(|at| match tokens.kind(first + at) {
        Kind::Sign(sign) => sign,
        _ => 0,
    });
    let (text, binding) = *SEPARATORS
        .iter()
        .find(|(text, _)| signs.starts_with(text.as_bytes()))?;
    let mut after = first + text.len();
    while text == "..." && tokens.is_sign(after, b'.') {
        after += 1;
    }
    let next = tokens.skip_blanks(after);
    // LDIF's base64; elsewhere a path.
    let is_used = text != "::" || next > after;
    is_used.then_some(Separator {
        binding,
        coding,
        next,
    })
}

/// Dashes before the word, and a blank, a quote or a bracket before them.
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

/// Redacts the value at a place if it is a secret of this name.
pub(crate) fn accept_at(scan: &mut Scan<'_>, key: Key, place: usize, context: Context) -> Tried {
    match value::value(&mut scan.tokens, place, Site::assigned(key.place)) {
        Some(found) => accept(scan, key, found, context),
        None => Tried::Nothing,
    }
}

/// Redacts the value of a key if it is a secret.
pub(crate) fn accept(scan: &mut Scan<'_>, key: Key, found: Value, context: Context) -> Tried {
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
        scan.redact(
            found.start,
            found.end,
            key.meaning.rule,
            Evidence::Structure,
        );
        return Tried::Found;
    }
    if is_other_pair(scan, key, text, context) {
        return refuse(scan, key, found, "a pair of its own");
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
        return refuse(scan, key, found, "the name of a value");
    }
    scan.judge(found.start, found.end, key.meaning.rule, context)
}

/// The value is something else, which is found before it is judged.
fn refuse(scan: &mut Scan<'_>, key: Key, found: Value, what: &'static str) -> Tried {
    scan.keep(
        found.start,
        found.end,
        key.meaning.rule,
        Reason::Other(what),
    );
    Tried::Nothing
}

/// `the token was refused: status=401`: what follows is a pair of its own, and is read as one.
fn is_other_pair(scan: &Scan<'_>, key: Key, value: &[u8], context: Context) -> bool {
    let is_colon = context.bond == Bond::Sign(Binding::Colon);
    let is_loose = !context.is_bound() || is_colon && !context.quoted_key;
    let Some(name) = name_of_pair(value).filter(|_| is_loose) else {
        return false;
    };
    let is_lower = |byte: &u8| byte.is_ascii_lowercase() || b"_-".contains(byte);
    // `password: ab=7xQ9` may be a password.
    let is_plain = key.meaning.kind != KeyKind::Password || context.bond == Bond::Copula;
    scan.policy.meaning(name).is_some() || is_plain && name.len() > 1 && name.iter().all(is_lower)
}

/// The name in `name=value`.
pub(crate) fn name_of_pair(text: &[u8]) -> Option<&[u8]> {
    let end = run_end(text, 0, 64, |byte| is_name(byte) || b".-".contains(&byte));
    let is_named =
        !matches!(at(text, 0), b'0'..=b'9' | b'.' | b'-' | b'=') && at(text, end) == b'=';
    (is_named && text[end..].iter().any(|byte| *byte != b'=')).then(|| &text[..end])
}

/// `token = load(config, "x")`: a call that ends after the value, or that was cut.
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

/// `PWD=/home/x` is the working directory, `pass=3 fail=1` and `passwords: 12` count, `PASS: it works` names a test.
fn is_other_meaning(scan: &Scan<'_>, key: Key, value: &[u8], bond: Bond) -> bool {
    let name = part(scan.text, key.start, key.end);
    if key.meaning.is_only(Flag::Folder, name) {
        return matches!(value, [b'/' | b'~', ..]);
    }
    let is_count = value.len() <= 5 && value.iter().all(u8::is_ascii_digit);
    let is_result = name.iter().all(u8::is_ascii_uppercase) && bond == Bond::Sign(Binding::Colon);
    key.meaning.is_only(Flag::Verb, name) && (is_result || is_count || bond == Bond::Position)
        || name.ends_with(b"s") && is_count
}

/// The value is a name of a value itself: `key="db_password"`, `login or password`. After the key of a
/// password, a word such as `rootpassword` is a value, unless it is a variable of a program.
fn is_key_name(scan: &Scan<'_>, key: Key, found: Value, context: Context) -> bool {
    let value = found.bytes(scan.text);
    let is_name = |byte: &u8| byte.is_ascii_alphabetic() || b"_-.".contains(byte) || *byte >= 0x80;
    let names_a_value = value.len() <= 40
        && value.iter().all(is_name)
        && scan.policy.meaning(value).is_some_and(|meaning| {
            matches!(
                meaning.kind,
                KeyKind::Password | KeyKind::Secret | KeyKind::Named
            )
        });
    let is_glued = value.len() > 4 && value.iter().all(u8::is_ascii_lowercase);
    let is_chosen = is_credential_word(value) || key.meaning.kind == KeyKind::Password && is_glued;
    let is_value = is_chosen && context.is_bound() && !context.goes_on;
    names_a_value && (!is_value || is_variable(scan.text, key, found))
}

/// After a colon or an arrow: another word, a quote or a bracket that is no pair, as in `passwd: password unchanged`.
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

/// A variable: `Some(password)`, or one of the same name, as in `f(user=user, password=password)`,
/// `self.password = password` and `password={password}`.
fn is_variable(text: &[u8], key: Key, found: Value) -> bool {
    let (value, name) = (found.bytes(text), part(text, key.start, key.end));
    let around = (before(text, found.start), at(text, found.end));
    let receiver = name.strip_suffix(value);
    if around == (b'(', b')') || around == (b'{', b'}') && receiver.is_some() {
        return true;
    }
    let Some(receiver) = receiver.filter(|_| !found.quoted) else {
        return false;
    };
    // `self.password = x`, `session["token"] = x`, `let token = x`
    let line = run_start(text, key.start, 24, |byte| byte != b'\n');
    let mut words = part(text, line, key.start).rsplit(|byte| !is_name(*byte));
    let is_declared = words
        .nth(1)
        .is_some_and(|word| is_one_of(word, DECLARATIONS));
    let is_element =
        receiver.ends_with(b".") && memchr::memchr(b'.', receiver) == Some(receiver.len() - 1);
    let is_index =
        before(text, found.start) == b' ' && part(text, key.end, found.start).contains(&b']');
    if before(text, found.start) == b' ' && (is_declared || is_element) || is_index {
        return true;
    }
    // The argument before or after this one has the same form.
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
            && is_double(part(
                text,
                found.end + 1,
                run_end(text, found.end + 1, 64, is_pair),
            ))
}

/// `credentials bob:winter77`, `auth=bob/winter77`: where the password begins.
fn login(scan: &Scan<'_>, key: Key, found: Value) -> Option<usize> {
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
