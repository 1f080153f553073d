//! Reads arguments of commands and functions: `--password x`, `-ppass`, `-u user:pass`, and arguments that are secrets
//! because of their position.

use std::sync::LazyLock;

use crate::address::is_no_login;
use crate::decision::{self, Claim, Key};
use crate::lexer::{Kind, Tokens};
use crate::pair;
use crate::rules::commands::Form::{AfterColon, AfterComma, AfterPercent, Attached, Separate};
use crate::rules::commands::{
    ARGUMENTS, Argument, Callee, CommandOption, DUMPED, OPTIONS, READERS, USER_WORDS, last_word,
};
use crate::rules::keys::KeyKind;
use crate::rules::list::words;
use crate::scan::{Evidence, Reason, Scan, Tried};
use crate::score::{Bond, Context, Look, look};
use crate::text::{Words, at, before, class, line_start, part, run_start, starts_with, word_at};
use crate::value::{Site, Value};

use Kind::{Blank, Close, Line, Open, Quote, Sign};
use Tried::{Found, Nothing};

/// Reads the argument of an option with a name: `--password value`, `"--token", "value"`.
pub(crate) fn long(scan: &mut Scan<'_>, key: &Key) -> Tried {
    let place = argument(scan, key.after).filter(|_| key.is_option);
    let found = place.and_then(|place| scan.tokens.value(place, Site::assigned(key.place)));
    let Some(found) = found else {
        return Nothing;
    };
    // The option is code, as in `add_argument("--password", default=None)`.
    let is_code = key.quote.is_some() && !found.quoted;
    if !is_code && !found.bytes(scan.text).starts_with(b"-") {
        let claim = Claim::of(key, found, Bond::Option);
        let _ = Claim::judge(Some(claim), scan, key);
    }
    Found
}

/// The maximum number of tokens between a name or a command and its secret in another argument.
const ARGUMENTS_READ: usize = 16;

/// Reads the value of a name in another argument: `--name db/password --value …`, `/v Password /t REG_SZ /d …`.
pub(crate) fn valued(scan: &mut Scan<'_>, key: &Key) -> Option<Claim> {
    let option = scan.tokens.in_line(key.after, ARGUMENTS_READ, |tokens, at| {
        if tokens.kind(at) == Blank { value_option(tokens, at + 1) } else { None }
    })?;
    let place = argument(scan, option + 1)?;
    let found = scan.tokens.value(place, Site::assigned(key.place))?;
    Some(Claim::of(key, found, Bond::Option))
}

/// Returns the place of the word in `--value` or `/d`.
fn value_option(tokens: &mut Tokens<'_>, place: usize) -> Option<usize> {
    let mut cursor = tokens.cursor(place);
    let names = match cursor.peek() {
        Sign(b'-') => words!("value, body"),
        Sign(b'/') => words!("value, body, d"),
        _ => return None,
    };
    // PowerShell has one dash: `-Value`.
    cursor.sign(b"-/").and_then(|()| cursor.sign(b"-"));
    let word = cursor.place;
    cursor.one_of(names).map(|()| word)
}

/// Returns the place of an option's argument, in a shell line or in a printed list of arguments.
fn argument(scan: &mut Scan<'_>, after: usize) -> Option<usize> {
    let tokens = &mut scan.tokens;
    let mut place = after;
    if tokens.kind(place) == Quote {
        place += usize::from(tokens.closes_before(place, place));
    }
    // `String("--password"), String("…")`
    place += usize::from(tokens.are(place, &[Close(b')'), Sign(b',')]));
    match tokens.kind(place) {
        Sign(b',' | b'=') => Some(tokens.skip_lines(place + 1)),
        Blank => Some(tokens.skip_blanks(place)),
        Line => {
            let mut next = tokens.skip_lines(place);
            // The argument is the next item of a list of YAML.
            if tokens.are(next, &[Sign(b'-'), Blank]) {
                next += 2;
            }
            let is_item = next > place + 1 && tokens.is_sign(next - 2, b'-');
            (is_item || are_lines(tokens, place, next)).then_some(next)
        }
        _ => (place > after).then_some(place),
    }
}

/// Whether an option before the end of its line at `place` and its argument at `next` have lines of their own with the
/// same indentation, as `kubectl describe` prints them.
fn are_lines(tokens: &mut Tokens<'_>, place: usize, next: usize) -> bool {
    let text = tokens.text;
    let end = tokens.start(place);
    let argument = tokens.start(next);
    let line = line_start(text, end);
    let option = class!(" ").end(text, line, 64);
    let is_aligned = argument - line_start(text, argument) == option - line;
    let behind = tokens.run_end(next);
    is_aligned && at(text, option) == b'-' && tokens.kind(behind) == Line
}

/// Reads a short option whose letter is at the anchor, or `-user`.
pub(crate) fn short(scan: &mut Scan<'_>, anchor: usize) {
    let Some(place) = scan.tokens.seek(anchor) else {
        return;
    };
    let Some(word) = scan.tokens.word(place) else {
        return;
    };
    if !pair::is_option(scan, place) {
        return;
    }
    scan.line.read(&mut scan.tokens, place);
    let line = scan.line;
    let options = OPTIONS.iter().zip(0..);
    for (option, _) in options.filter(|(option, row)| line.has(option, *row)) {
        if let Some(found) = argument_of(scan, option, place, word)
            && redact(scan, option, found) == Found
        {
            break;
        }
    }
}

/// Returns the argument of an option, if the word at `place` is this option.
fn argument_of(
    scan: &mut Scan<'_>,
    option: &CommandOption,
    place: usize,
    word: &[u8],
) -> Option<Value> {
    let letter = option.option.as_bytes();
    match option.form {
        // The password is quoted: `-p'…'`.
        Attached if word == letter && scan.tokens.opens_quote(place + 1) => {
            scan.tokens.quoted(place + 1)
        }
        Attached => {
            let is_other = !word.starts_with(letter) || option.except.has(word);
            let value = scan.tokens.bare(place, Site::from(place)).filter(|_| !is_other)?;
            let start = value.start + letter.len();
            Some(Value { start, ..value })
        }
        AfterColon if letter == b"u" && USER_WORDS.has(word) => argument_value(scan, place),
        _ if word == letter => argument_value(scan, place),
        _ => None,
    }
}

fn argument_value(scan: &mut Scan<'_>, place: usize) -> Option<Value> {
    let start = argument(scan, place + 1)?;
    scan.tokens.value(start, Site::assigned(place))
}

fn redact(scan: &mut Scan<'_>, option: &CommandOption, found: Value) -> Tried {
    let text = found.bytes(scan.text);
    let sign = match option.form {
        AfterColon => Some(b':'),
        AfterPercent => Some(b'%'),
        AfterComma => Some(b','),
        Attached | Separate => None,
    };
    let has_user = sign.is_some();
    let user = sign.map(|sign| memchr::memchr(sign, text));
    let Some(start) = user.map_or(Some(0), |user| Some(user? + 1)) else {
        return Nothing;
    };
    let password = &text[start..];
    let is_number = |word: &[u8]| class!("0-9:./-").all(word);
    // A number may be a port, and a path is no password. Without a user, options of listed commands are excepted.
    let is_any = option.form == Separate && option.commands.ends.is_empty();
    let user = &text[..start];
    let is_harmless = match (user, password) {
        (_, [] | [b'-', ..]) | ([b'<' | b'[', ..], _) => true,
        _ if is_no_login(user, password, b"") => true,
        (_, [b'/', ..]) if has_user => true,
        _ if has_user => is_number(user) && is_number(password),
        _ if !is_any => false,
        _ if is_number(password) && password.len() <= 5 => true,
        _ if is_number(password) && password.contains(&b':') => true,
        _ => look(password) == Look::Path,
    };
    if is_harmless {
        let reason = Reason::Other("the option has no password here");
        scan.keep(found.start + start, found.end, option.id, reason);
        return Nothing;
    }
    scan.redact(found.start + start, found.end, option.id, Evidence::Structure);
    Found
}

/// The arguments and their names, indexed by the word that `last_word` returns for each name.
static NAMES: LazyLock<Words<(&Argument, &str)>> = LazyLock::new(|| {
    Words::of(ARGUMENTS.iter().flat_map(|argument| {
        let names = argument.names.iter();
        names.map(move |name| (last_word(name), (argument, name)))
    }))
});

/// Reads the arguments after a word that contains the anchor. The word or its last part names a function or a command.
pub(crate) fn positional(scan: &mut Scan<'_>, anchor: usize) {
    let word = word_at(scan.text, anchor);
    let joint = word.iter().rposition(|byte| class!("A-Z_").has(*byte)).unwrap_or(0);
    let last = joint + usize::from(word.get(joint) == Some(&b'_'));
    let named = [0, last]
        .into_iter()
        .map(|from| NAMES.all(&word[from..]).peekable())
        .find_map(|mut names| names.peek().is_some().then_some(names));
    let Some(arguments) = named else {
        return;
    };
    let place = scan.tokens.seek(anchor);
    let Some(place) = place.filter(|&place| scan.tokens.word(place).is_some()) else {
        return;
    };
    for (argument, name) in arguments {
        if let Some(claim) = claim(scan, place, name, argument)
            && scan.judge_value(claim.0, argument.id, claim.1) == Found
        {
            return;
        }
    }
}

/// Returns the value of an argument, and its context.
fn claim(
    scan: &mut Scan<'_>,
    place: usize,
    name: &str,
    argument: &Argument,
) -> Option<(Value, Context)> {
    let found = match argument.of {
        Callee::Function | Callee::Trace => function(scan, place, name, argument)?,
        Callee::Command | Callee::Piped => command(scan, place, name, argument)?,
        Callee::Fed => here_string(scan, place, name)?,
    };
    let bond = match argument.of {
        Callee::Piped if !is_read(scan, found) => return None,
        Callee::Function | Callee::Trace => Bond::Structure,
        _ => Bond::Copula,
    };
    // A quoted text of fewer than four bytes is taken for a name. Another grammar reads `name=value`.
    let is_name = found.quoted && found.end - found.start < 4;
    let pair = decision::name_of_pair(found.bytes(scan.text));
    let meaning = pair.and_then(|name| scan.policy.meaning(name));
    let claim = (found, Context::new(KeyKind::Password, bond));
    (!is_name && meaning.is_none()).then_some(claim)
}

/// Whether a value is piped into a command that reads a password: `echo winter77 | sudo -S id`.
fn is_read(scan: &mut Scan<'_>, found: Value) -> bool {
    let tokens = &mut scan.tokens;
    let pipe = tokens.skip_blanks(found.next);
    let reader = tokens.in_line(pipe, ARGUMENTS_READ, |tokens, at| {
        let is_option = tokens.is_sign(at, b'-') && tokens.word(at + 1) == Some(b"S");
        let creates =
            tokens.is_word(at, words!("secret")) && tokens.is_word(at + 2, words!("create"));
        (is_option || creates || tokens.is_word(at, READERS)).then_some(())
    });
    tokens.is_sign(pipe, b'|') && reader.is_some()
}

/// Returns the text that a command reads: `sudo -S id <<< winter77`.
fn here_string(scan: &mut Scan<'_>, place: usize, name: &str) -> Option<Value> {
    let tokens = &mut scan.tokens;
    let start = tokens.start(place);
    let is_here = starts_with(tokens.text, start, name.as_bytes());
    let sign = tokens.in_line(place, ARGUMENTS_READ, |tokens, at| {
        tokens.are(at, &[Sign(b'<'); 3]).then_some(at + 3)
    });
    let text = tokens.skip_blanks(sign.filter(|_| is_here)?);
    tokens.value(text, Site::default())
}

/// Returns a quoted argument of a function: `name("a", "b")`, `name=("a", "b")`.
fn function(scan: &mut Scan<'_>, place: usize, name: &str, argument: &Argument) -> Option<Value> {
    let text = scan.text;
    let end = scan.tokens.get(place)?.end;
    let start = run_start(text, end, name.len(), |_| true);
    let begins = text[start].is_ascii_uppercase() || !before(text, start).is_ascii_alphanumeric();
    if !begins || !part(text, start, end).eq_ignore_ascii_case(name.as_bytes()) {
        return None;
    }
    let tokens = &mut scan.tokens;
    let mut open = place + 1;
    open += usize::from(tokens.closes_before(open, place));
    // Skips the method in `Credentials::new(…)`.
    if tokens.are(open, &[Sign(b':'); 2]) {
        open += 3;
    }
    let sign = tokens.skip_blanks(open);
    if matches!(tokens.kind(sign), Sign(b'=' | b':')) {
        open = tokens.skip_blanks(sign + 1);
        // `auth: Some(("bob", "…"))`
        while tokens.is_wrapper(open) || tokens.kind(open + 1) == Open(b'(') {
            open += 1;
        }
    }
    if argument.of == Callee::Trace && !tokens.is_word(open + 1, DUMPED) {
        return None;
    }
    let place = tokens.nth_item(open, argument.place)?;
    tokens.value(place, Site::from(open)).filter(|found| found.quoted)
}

/// Returns an argument of a command: `name argument argument`. The name may have several words, as in `htpasswd -nb`.
fn command(scan: &mut Scan<'_>, place: usize, name: &str, argument: &Argument) -> Option<Value> {
    let start = scan.tokens.start(place);
    let end = start + name.len();
    if part(scan.text, start, end) != name.as_bytes() {
        return None;
    }
    let mut at = scan.tokens.place_at(end)?;
    // The command is quoted in a printed list of arguments: `"AUTH" "…"`.
    at += usize::from(scan.tokens.closes_before(at, place));
    for _ in 0..argument.place {
        if scan.tokens.kind(at) != Blank {
            return None;
        }
        let first = scan.tokens.skip_blanks(at);
        let found = scan.tokens.value(first, Site::default())?;
        // The arguments of a procedure of SQL, `EXEC name 'bob', '…'`, or a drive, `Z:`.
        let sign = scan.tokens.kind(found.next);
        let is_joint = sign == Sign(b':') || found.quoted && sign == Sign(b',');
        at = found.next + usize::from(is_joint);
    }
    if scan.tokens.kind(at) != Blank {
        return None;
    }
    let last = scan.tokens.skip_blanks(at);
    let found = scan.tokens.value(last, Site::default())?;
    match (found.bytes(scan.text), scan.tokens.kind(last)) {
        ([b'/' | b'-' | b'\\', ..], _) | (_, Open(_)) => None,
        _ => Some(found),
    }
}
