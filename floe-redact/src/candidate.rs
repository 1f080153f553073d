//! A name, its separator and its value: what all grammars of names share.

use crate::finding::Evidence;
use crate::key::Meaning;
use crate::lexer::{Coding, Kind};
use crate::rules::keys::{Flag, KeyKind};
use crate::rules::sentences::{Binding, SEPARATORS};
use crate::scan::{Reason, Scan};
use crate::score::{Bond, Context, head_of_call, look};
use crate::text::{at, is_name, part, run_end};
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
pub(crate) fn accept_at(
    scan: &mut Scan<'_>,
    key: Key,
    place: usize,
    context: Context,
) -> Option<()> {
    let found = value::value(&mut scan.tokens, place, Site::assigned(key.place))?;
    accept(scan, key, found, context)
}

/// Redacts the value of a key if it is a secret.
pub(crate) fn accept(scan: &mut Scan<'_>, key: Key, found: Value, context: Context) -> Option<()> {
    let text = found.bytes(scan.text);
    let context = Context {
        quoted: found.quoted,
        is_compound: key.meaning.is_compound,
        ..context
    };
    if is_bound(context.bond) && key.meaning.flags.contains(&Flag::Always) {
        scan.redact(
            found.start,
            found.end,
            key.meaning.rule,
            Evidence::Structure,
        );
        return Some(());
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
    if is_key_name(scan, text) {
        return refuse(scan, key, found, "the name of a value");
    }
    scan.judge(found.start, found.end, key.meaning.rule, context)
}

/// Whether a separator or the structure of the text makes the value the name's.
fn is_bound(bond: Bond) -> bool {
    !matches!(
        bond,
        Bond::Sign(Binding::Loose) | Bond::Copula | Bond::Position
    )
}

/// The value is something else, which is found before it is judged.
fn refuse(scan: &mut Scan<'_>, key: Key, found: Value, what: &'static str) -> Option<()> {
    scan.keep(
        found.start,
        found.end,
        key.meaning.rule,
        Reason::Other(what),
    );
    None
}

/// `the token was refused: status=401`: what follows is a pair of its own, and is read as one.
fn is_other_pair(scan: &Scan<'_>, key: Key, value: &[u8], context: Context) -> bool {
    let is_colon = context.bond == Bond::Sign(Binding::Colon);
    let is_loose = !is_bound(context.bond) || is_colon && !context.quoted_key;
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

/// `PWD=/home/x` is the working directory, `pass=3 fail=1` counts tests, `PASS: it works` names one.
fn is_other_meaning(scan: &Scan<'_>, key: Key, value: &[u8], bond: Bond) -> bool {
    let name = part(scan.text, key.start, key.end);
    if name.eq_ignore_ascii_case(b"pwd") {
        return matches!(value, [b'/' | b'~', ..]);
    }
    let is_count = value.len() <= 3 && value.iter().all(u8::is_ascii_digit);
    name == b"PASS" && bond == Bond::Sign(Binding::Colon)
        || name.eq_ignore_ascii_case(b"pass") && (is_count || bond == Bond::Position)
}

/// The value is a name of a value itself: `key="db_password"`, `login or password`.
fn is_key_name(scan: &Scan<'_>, value: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphabetic() || b"_-.".contains(byte) || *byte >= 0x80;
    value.len() <= 40
        && value.iter().all(is_name)
        && scan.policy.meaning(value).is_some_and(|meaning| {
            matches!(
                meaning.kind,
                KeyKind::Password | KeyKind::Secret | KeyKind::Named
            )
        })
}

/// `credentials bob:winter77`, `auth=bob/winter77`: where the password begins.
fn login(scan: &Scan<'_>, key: Key, found: Value) -> Option<usize> {
    let value = found.bytes(scan.text);
    if !key.meaning.flags.contains(&Flag::Login) || value.len() > 128 {
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
