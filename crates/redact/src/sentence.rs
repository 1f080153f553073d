//! Finds names and values in sentences: `API key provided: …`, `token … was revoked`, `the password is …`.

use std::sync::LazyLock;

use crate::decision::{Claim, Key};
use crate::group;
use crate::lexer::Kind;
use crate::pair::{self, Separator};
use crate::rules::keys::{DESCRIPTORS, Flag, KeyKind};
use crate::rules::list::words;
use crate::rules::words::{
    BINDING_WORDS, Binding, COPULAS, FILLERS, INPUT_NAMES, NAMING_WORDS, OWNERS, SETTINGS, STATES,
    VALUE_WORDS,
};
use crate::scan::{Scan, Tried};
use crate::score::{Bond, is_made_up, is_prose, is_random};
use crate::text::{Words, at, before, class, line_start, part};
use crate::value::Site;

use Binding::{Arrow, Assign, Colon, Loose};
use Kind::{Blank, Close, Line, Open, Quote, Sign, Word};

/// The role of a word between a name and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Owner,
    State,
    Copula,
    Filler,
}

static ROLES: LazyLock<Words<Role>> = LazyLock::new(|| {
    Words::lists([
        (OWNERS, Role::Owner),
        (STATES, Role::State),
        (COPULAS, Role::Copula),
        (FILLERS, Role::Filler),
    ])
});

/// The maximum number of tokens between a value and the name after it.
const STATEMENT: usize = 32;

/// The maximum number of words between a name and its value, where an owner counts as one word.
const WORDS: usize = 5;

/// Reads a value that follows its name and further words of a sentence.
pub(crate) fn words(scan: &mut Scan<'_>, key: &Key) -> Option<Claim> {
    let is_named = matches!(
        key.meaning.kind,
        KeyKind::Password | KeyKind::Secret | KeyKind::Named | KeyKind::Weak | KeyKind::Code
    );
    let mut place = scan.tokens.skip_blanks(key.after);
    let is_apart = place > key.after || matches!(scan.tokens.kind(place), Sign(b',') | Open(b'['));
    if !is_named || !is_apart {
        return None;
    }
    let mut bond = if is_column(scan.text, key) { Bond::Copula } else { Bond::Position };
    let mut is_state = false;
    if let Some(value) = below_colon(scan, place) {
        return claim(scan, key, value, Bond::Copula);
    }
    for _ in 0..WORDS {
        if let Some(separator) = pair::separator_at(scan, place)
            && separator.binding != Loose
        {
            bond = if is_state { Bond::Copula } else { Bond::Sign(separator.binding) };
            place = separator.next;
            break;
        }
        // A comma may separate a compound name from its value: `property: s3.secret-key, …`.
        let has_comma = scan.tokens.are(place, &[Sign(b','), Blank]);
        if has_comma && key.meaning.is_compound {
            place += 2;
            break;
        }
        // `incorrect password (given: …)`
        if scan.tokens.kind(place) == Open(b'(') && scan.tokens.is_word(place + 1, COPULAS) {
            place += 1;
        }
        let Some(word) = scan.tokens.word(place) else {
            break;
        };
        let mut roles = ROLES.all(word).peekable();
        if roles.next_if_eq(&&Role::Owner).is_some()
            && let Some(end) = owner(scan, key, place)
        {
            place = end;
            continue;
        }
        match roles.next() {
            Some(Role::State) => is_state = true,
            Some(Role::Copula) => bond = Bond::Copula,
            Some(_) => {}
            // `Password provvisoria: …`, but not `password length: …`
            None if scan.tokens.are(place + 1, &[Sign(b':'), Blank]) && !DESCRIPTORS.has(word) => {}
            None => break,
        }
        place = scan.tokens.skip_blanks(place + 1);
    }
    let stated = claim(scan, key, place, bond)?;
    let is_last = scan.tokens.kind(stated.value.next) == Line;
    if is_last && bond == Bond::Position && is_setting(scan.text, key) {
        return claim(scan, key, place, Bond::Option);
    }
    Some(stated)
}

/// Returns the place of a value on a line of its own, below a line with a colon at its end.
fn below_colon(scan: &mut Scan<'_>, place: usize) -> Option<usize> {
    let line = scan.tokens.in_line(place, STATEMENT, |tokens, at| {
        tokens.are(at, &[Sign(b':'), Line]).then_some(at + 1)
    })?;
    let value = scan.tokens.skip_lines(line);
    let end = scan.tokens.run_end(value);
    (scan.tokens.kind(end) == Line).then_some(value)
}

/// Whether the name begins its line, and a wide blank separates it from its value, as in a table of names and values.
fn is_column(text: &[u8], key: &Key) -> bool {
    let start = class!(" ").start(text, key.start, 64);
    let around = (before(text, start), part(text, key.end, key.end + 2));
    matches!(around, (0 | b'\n', b"  " | [b'\t', ..]))
}

/// Whether the name is in a line of a device's configuration: `set admin password …`.
fn is_setting(text: &[u8], key: &Key) -> bool {
    let line = line_start(text, key.start);
    let lead = class!(" ").end(text, line, 16);
    let end = class!("a-zA-Z0-9_-").end(text, lead, 24);
    let is_first =
        line > 0 && lead > line && lead == key.start && key.meaning.kind == KeyKind::Password;
    is_first || SETTINGS.has(part(text, lead, end)) && at(text, end) == b' '
}

/// Returns the end of the secret's owner if the value follows: `for bob:`, `FOR 'bob' =`, `for the user bob is`. In
/// `for user id=…` and `"… for user" id=…`, the value belongs to another name, so the result is `None`.
fn owner(scan: &mut Scan<'_>, key: &Key, place: usize) -> Option<usize> {
    let mut at = place + 1;
    for words in 0..6 {
        let mut cursor = scan.tokens.cursor(at);
        if cursor.blanks().closing(key.place).is_some() {
            return None;
        }
        let first = cursor.place;
        cursor.eat(Quote);
        let next = cursor.place;
        let word = cursor.word().filter(|word| !is_random(word))?;
        if COPULAS.has(word) && next > place + 2 {
            return Some(next);
        }
        // The owner is an address: `bob@host`, `'bob'@'host'`.
        let end = cursor.place;
        cursor.eat(Quote);
        if cursor.sign(b"@").is_some() {
            cursor.eat(Quote);
            cursor.place += 1;
        } else {
            cursor.place = end;
        }
        if cursor.closing(key.place).is_some() {
            return None;
        }
        if matches!(cursor.peek(), Quote | Close(_)) {
            cursor.place += 1;
        }
        at = cursor.place;
        let is_apart = scan.tokens.is_break(at);
        if let Some(separator) = pair::separator_at(scan, at) {
            // The sign is in the quotes, so they contain the value.
            if scan.tokens.close(first) > Some(at) {
                return None;
            }
            // Without a blank after it, the colon may belong to an address: `from 2a01:4f8::2`.
            let is_apart_after = scan.tokens.kind(separator.next - 1) != Sign(b':');
            return match separator.binding {
                Colon | Assign if words == 0 => Some(at),
                Colon => is_apart_after.then_some(at),
                Assign => is_apart.then_some(at),
                _ => None,
            };
        }
    }
    None
}

/// Reads a value that a sentence states before its name: `invalid value '…' for '--password <PASSWORD>'`, `could not
/// parse "…" as password`, `'…' is not a valid API key`.
pub(crate) fn before_name(scan: &mut Scan<'_>, key: &Key) -> Option<Claim> {
    let tokens = &mut scan.tokens;
    let first = key.quote.or_else(|| tokens.place_at(key.start)).unwrap_or(key.place);
    // Whether each word so far binds a value before it to the name, and whether the last one does.
    let mut is_strict = true;
    let mut is_bound = false;
    let mut at = first;
    while at > first.saturating_sub(STATEMENT) {
        at -= 1;
        match tokens.kind(at) {
            Quote | Close(b']') if tokens.closes_before(at, at) => break,
            Word => {
                let is_as = is_strict && is_bound && tokens.is_word(at + 2, words!("as"));
                if is_as && is_made_up(tokens.word(at)?) {
                    let value = tokens.bare(at, Site::from(at))?;
                    return Some(Claim::of(key, value, Bond::Position));
                }
                let is_binding = tokens.is_word(at, BINDING_WORDS);
                let is_noun =
                    tokens.is_word(at, NAMING_WORDS) || at > 0 && tokens.is_sign(at - 1, b'-');
                is_bound |= is_strict && is_binding;
                is_strict &= is_binding || is_noun;
            }
            Blank | Quote | Sign(b'-' | b',' | b'.') => {}
            _ => return None,
        }
    }
    let open = tokens.get(at)?.mate.filter(|open| *open < at && is_bound)?;
    let word = open.checked_sub(2).filter(|word| tokens.kind(word + 1) == Blank);
    let is_announced = word.is_some_and(|word| tokens.is_word(word, VALUE_WORDS));
    // The key is one of a table: `Duplicate entry 'x' for key 'y'`.
    let is_entry = word.is_some_and(|word| tokens.is_word(word, words!("entry")));
    let value = tokens.value(open, Site::from(open)).filter(|found| found.quoted)?;
    if is_entry && !is_random(value.bytes(scan.text)) {
        return None;
    }
    let bond = if is_announced { Bond::Structure } else { Bond::Position };
    (is_strict || is_announced).then(|| Claim::of(key, value, bond))
}

/// Reads a value that an error states after its name: `password: invalid value: string "…"`, `field 'password':
/// rejected value […]`.
pub(crate) fn refused(scan: &mut Scan<'_>, key: &Key, separator: Separator) -> Tried {
    let is_sentence = scan.tokens.word(separator.next).is_some_and(is_prose);
    if !is_sentence {
        return Tried::Nothing;
    }
    let claim = stated(scan, key, separator.next);
    // Details may follow: `length [{"value": String("…")}]`.
    let tokens = &mut scan.tokens;
    let details = (separator.next..separator.next + STATEMENT)
        .find(|at| !matches!(tokens.kind(*at), Word | Blank | Sign(b':')))
        .filter(|at| tokens.are(*at, &[Open(b'['), Open(b'{')]) && tokens.kind(at - 1) == Blank);
    match details.filter(|_| claim.is_none()) {
        Some(open) => group::judge(scan, key, open, key.context(Bond::Structure)),
        None => pair::judge(scan, key, claim),
    }
}

/// Reads a value that an error states after its name and a comma: `expected a number for password, found "…"`.
pub(crate) fn found(scan: &mut Scan<'_>, key: &Key) -> Option<Claim> {
    let place = after_word(scan, key.after.checked_sub(1)?)?;
    // A parser names what it expected: `expected token, got "x"`.
    let first = key.quote.unwrap_or(key.place);
    let is_expected = (first.saturating_sub(2)..first)
        .any(|at| scan.tokens.is_word(at, words!("expected, unexpected")));
    if is_expected { None } else { stated(scan, key, place) }
}

fn stated(scan: &mut Scan<'_>, key: &Key, place: usize) -> Option<Claim> {
    let mut at = place + usize::from(scan.tokens.kind(place) == Open(b'('));
    for _ in 0..=WORDS {
        let is_value = scan.tokens.is_word(at, VALUE_WORDS) && !scan.tokens.is_sign(at + 1, b',');
        // The name is in the value of another name: `'db.password' in value "…"`.
        scan.tokens.word(at).filter(|word| *word != b"in")?;
        at = after_word(scan, at)?;
        let start = scan.tokens.start(at);
        let is_enclosed = match scan.tokens.kind(at) {
            Quote if scan.text[start] == b'`' => false,
            Quote => scan.tokens.opens_quote(at),
            kind => kind == Open(b'['),
        };
        // Another word for the value may follow: `invalid value: string "…"`.
        if is_value && !scan.tokens.is_word(at, VALUE_WORDS) {
            let bond = if is_enclosed { Bond::Structure } else { Bond::Position };
            let claim = claim(scan, key, at, bond);
            return claim.filter(|claim| is_enclosed || is_random(claim.value.bytes(scan.text)));
        }
    }
    None
}

/// Returns the place after a word, a comma or a colon, and a blank.
fn after_word(scan: &mut Scan<'_>, place: usize) -> Option<usize> {
    let tokens = &mut scan.tokens;
    let sign = place + 1 + usize::from(matches!(tokens.kind(place + 1), Sign(b':' | b',')));
    let next = tokens.skip_blanks(sign);
    (next > sign).then_some(next)
}

fn claim(scan: &mut Scan<'_>, key: &Key, place: usize, bond: Bond) -> Option<Claim> {
    let found = scan.tokens.value(place, Site::from(key.place))?;
    let value = found.bytes(scan.text);
    // A bracket directly after the words usually belongs to the sentence or to code.
    let kind = scan.tokens.kind(place);
    let is_password = key.meaning.kind == KeyKind::Password;
    let is_value = match kind {
        _ if bond != Bond::Position => true,
        Open(b'[') if is_password || key.meaning.has(Flag::Login) => true,
        Open(b'(') if is_password && value.len() > 7 => is_made_up(value),
        Open(_) => is_random(value),
        _ => true,
    };
    is_value.then(|| Claim::of(key, found, bond))
}

/// Reads Pydantic's report of an input: the name is on one line, and `input_value='…'` on the next.
pub(crate) fn input_below(scan: &mut Scan<'_>, key: &Key) -> Option<Claim> {
    let (0 | b'\n', Line) = (before(scan.text, key.start), scan.tokens.kind(key.after)) else {
        return None;
    };
    let next = scan.tokens.skip_lines(key.after);
    let input = scan.tokens.in_line(next, 64, |tokens, at| {
        let mut cursor = tokens.cursor(at);
        cursor.one_of(INPUT_NAMES)?;
        cursor.sign(b"=").map(|()| cursor.place)
    })?;
    claim(scan, key, input, Bond::Structure)
}

/// Reads a value on the line below its name and separator, unless that line is another pair.
pub(crate) fn below(scan: &mut Scan<'_>, key: &Key, separator: Separator) -> Tried {
    let place = separator.next;
    let binding = separator.binding;
    let is_line = scan.tokens.kind(place) == Line;
    let is_other = matches!((binding, key.meaning.kind), (Loose, _) | (_, KeyKind::Context));
    if is_other || !is_line {
        return Tried::Nothing;
    }
    let next = scan.tokens.skip_lines(place);
    if next == place || pair::separator_at(scan, next + 1).is_some() {
        return Tried::Nothing;
    }
    let is_assigned = scan.tokens.opens_quote(next) || binding == Arrow;
    let bond = if is_assigned { Bond::Structure } else { Bond::Position };
    Claim::judge(claim(scan, key, next, bond), scan, key)
}
