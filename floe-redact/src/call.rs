//! Arguments of functions and commands that are secrets because of their position.

use std::sync::LazyLock;

use crate::candidate;
use crate::lexer::Kind;
use crate::rules::commands::{ARGUMENTS, Argument, Callee, last_word};
use crate::rules::keys::KeyKind;
use crate::scan::{Scan, Tried};
use crate::score::{Bond, Context};
use crate::text::{Words, before, part, run_start, word_at};
use crate::value::{self, Site, Value};

/// The arguments and their names, by the word of the name that a text is searched for.
static NAMES: LazyLock<Words<(&Argument, &str)>> = LazyLock::new(|| {
    Words::of(ARGUMENTS.iter().flat_map(|argument| {
        let names = argument.names.iter();
        names.map(move |name| (last_word(name), (argument, *name)))
    }))
});

/// Looks at the word that contains an anchor, and then at the last word in it.
pub(crate) fn scan(scan: &mut Scan<'_>, anchor: usize) {
    let word = word_at(scan.text, anchor);
    let is_joint = |byte: &u8| byte.is_ascii_uppercase() || *byte == b'_';
    let joint = word.iter().rposition(is_joint).unwrap_or(0);
    let last = joint + usize::from(word.get(joint) == Some(&b'_'));
    let from = usize::from(NAMES.all(word).next().is_none()) * last;
    let mut arguments = NAMES.all(&word[from..]).peekable();
    if arguments.peek().is_none() {
        return;
    }
    let place = scan.tokens.seek(anchor);
    let Some(place) = place.filter(|&place| scan.tokens.word(place).is_some()) else {
        return;
    };
    for (argument, name) in arguments {
        if let Some(claim) = claim(scan, place, name, argument)
            && scan.judge_value(claim.0, argument.id, claim.1) == Tried::Found
        {
            return;
        }
    }
}

/// The value of an argument, and how it is bound to the callee.
fn claim(
    scan: &mut Scan<'_>,
    place: usize,
    name: &str,
    argument: &Argument,
) -> Option<(Value, Context)> {
    let (found, bond) = match argument.of {
        Callee::Function => (function(scan, place, name, argument)?, Bond::Structure),
        Callee::Command => (command(scan, place, name, argument)?, Bond::Copula),
    };
    // A short quoted text is a name, and a pair is read as one.
    let is_name = found.quoted && found.end - found.start < 4;
    let pair = candidate::name_of_pair(found.bytes(scan.text));
    if is_name || pair.is_some_and(|name| scan.policy.meaning(name).is_some()) {
        return None;
    }
    Some((found, Context::new(KeyKind::Password, bond)))
}

/// `name("a", "b")`, `name=("a", "b")`
fn function(scan: &mut Scan<'_>, place: usize, name: &str, argument: &Argument) -> Option<Value> {
    let text = scan.text;
    let end = scan.tokens.get(place)?.end;
    let start = run_start(text, end, name.len(), |_| true);
    let is_hump = text[start].is_ascii_uppercase();
    if !part(text, start, end).eq_ignore_ascii_case(name.as_bytes())
        || before(text, start).is_ascii_alphanumeric() && !is_hump
    {
        return None;
    }
    let tokens = &mut scan.tokens;
    let mut open = place + 1;
    open += usize::from(tokens.closes_before(open, place));
    // `Credentials::new(…)`
    if tokens.is_sign(open, b':') && tokens.is_sign(open + 1, b':') {
        open += 3;
    }
    let sign = tokens.skip_blanks(open);
    if matches!(tokens.kind(sign), Kind::Sign(b'=' | b':')) {
        open = tokens.skip_blanks(sign + 1);
    }
    let place = value::item(tokens, open, argument.place)?;
    value::value(tokens, place, Site::from(open)).filter(|found| found.quoted)
}

/// `name word -option argument argument`
fn command(scan: &mut Scan<'_>, place: usize, name: &str, argument: &Argument) -> Option<Value> {
    let start = scan.tokens.start(place);
    let end = start + name.len();
    if part(scan.text, start, end) != name.as_bytes() {
        return None;
    }
    let mut at = scan.tokens.place_at(end)?;
    // A printed list of arguments: `"AUTH" "…"`.
    at += usize::from(scan.tokens.closes_before(at, place));
    for _ in 0..argument.place {
        if scan.tokens.kind(at) != Kind::Blank {
            return None;
        }
        let first = scan.tokens.skip_blanks(at);
        at = value::value(&mut scan.tokens, first, Site::default())?.next;
    }
    if scan.tokens.kind(at) != Kind::Blank {
        return None;
    }
    let last = scan.tokens.skip_blanks(at);
    let found = value::value(&mut scan.tokens, last, Site::default())?;
    let is_other =
        found.bytes(scan.text).starts_with(b"/") || matches!(scan.tokens.kind(last), Kind::Open(_));
    (!is_other).then_some(found)
}
