//! Arguments of commands: `--password x`, `-p x`, `-ppass`, `-u user:pass`.

use crate::candidate::{self, Claim, Key};
use crate::finding::Evidence;
use crate::lexer::Kind;
use crate::rules::commands::{CommandOption, Form, OPTIONS, USER_WORDS};
use crate::scan::{Reason, Scan, Tried};
use crate::score::{Bond, Look, look};
use crate::text::is_one_of;
use crate::url::is_no_login;
use crate::value::{self, Site, Value};

/// `--password value`, `"--token", "value"`.
pub(crate) fn long(scan: &mut Scan<'_>, key: Key) -> Tried {
    let place = argument(scan, key.after).filter(|_| key.is_option);
    let found =
        place.and_then(|place| value::value(&mut scan.tokens, place, Site::assigned(key.place)));
    let Some(found) = found else {
        return Tried::Nothing;
    };
    // `add_argument("--password", default=None)`
    let is_code = key.quote.is_some() && !found.quoted;
    if !is_code && !found.bytes(scan.text).starts_with(b"-") {
        let claim = Claim::of(key, found, Bond::Option);
        let _ = Claim::judge(Some(claim), scan, key);
    }
    Tried::Found
}

/// Where the argument after an option begins, in a shell line or in a printed list of arguments.
fn argument(scan: &mut Scan<'_>, after: usize) -> Option<usize> {
    let tokens = &mut scan.tokens;
    let mut place = after;
    place += usize::from(tokens.kind(place) == Kind::Quote && tokens.closes_before(place, place));
    if matches!(tokens.kind(place), Kind::Sign(b',' | b'=')) {
        place = tokens.skip_lines(place + 1);
    } else if tokens.kind(place) == Kind::Blank || place > after {
        place = tokens.skip_blanks(place);
    } else {
        return None;
    }
    let is_next = tokens.is_sign(place, b'-')
        && (tokens.is_sign(place + 1, b'-')
            || tokens.word(place + 1).is_some_and(|word| word.len() == 1));
    (!is_next).then_some(place)
}

/// A short option whose letter is at the anchor, or `-user`.
pub(crate) fn short(scan: &mut Scan<'_>, anchor: usize) {
    let Some(place) = scan.tokens.seek(anchor) else {
        return;
    };
    let Some(word) = scan.tokens.word(place) else {
        return;
    };
    if !candidate::is_option(scan, place) {
        return;
    }
    scan.line.read(&mut scan.tokens, place);
    let line = scan.line;
    let options = OPTIONS.iter().zip(0..);
    for (option, _) in options.filter(|(option, row)| line.has(option, *row)) {
        if let Some(found) = argument_of(scan, option, place, word)
            && redact(scan, option, found) == Tried::Found
        {
            break;
        }
    }
}

/// The argument of an option, if the word at a place is one.
fn argument_of(
    scan: &mut Scan<'_>,
    option: &CommandOption,
    place: usize,
    word: &[u8],
) -> Option<Value> {
    let letter = option.option.as_bytes();
    match option.form {
        // `-p'…'`
        Form::Attached if word == letter && scan.tokens.opens_quote(place + 1) => {
            value::quoted(&mut scan.tokens, place + 1)
        }
        Form::Attached => {
            let is_other =
                word.len() == 1 || !word.starts_with(letter) || is_one_of(word, option.except);
            let value =
                value::bare(&mut scan.tokens, place, Site::from(place)).filter(|_| !is_other)?;
            let start = value.start + letter.len();
            Some(Value { start, ..value })
        }
        Form::AfterColon if letter == b"u" && is_one_of(word, USER_WORDS) => {
            argument_value(scan, place)
        }
        _ if word == letter => argument_value(scan, place),
        _ => None,
    }
}

fn argument_value(scan: &mut Scan<'_>, place: usize) -> Option<Value> {
    let start = argument(scan, place + 1)?;
    value::value(&mut scan.tokens, start, Site::assigned(place))
}

/// Redacts the password in an argument.
fn redact(scan: &mut Scan<'_>, option: &CommandOption, found: Value) -> Tried {
    let text = found.bytes(scan.text);
    let sign = match option.form {
        Form::AfterColon => memchr::memchr(b':', text),
        Form::AfterPercent => memchr::memchr(b'%', text),
        Form::Attached | Form::Separate => None,
    };
    let has_user = matches!(option.form, Form::AfterColon | Form::AfterPercent);
    if has_user && sign.is_none() {
        return Tried::Nothing;
    }
    let start = sign.map_or(0, |sign| sign + 1);
    let (user, password) = text.split_at(start);
    let is_number = |word: &[u8]| {
        word.iter()
            .all(|byte| byte.is_ascii_digit() || b":.-/".contains(byte))
    };
    // A number is a port and a path is a path, unless the command is known for its passwords.
    let is_other = match option.form {
        _ if has_user => password.starts_with(b"/") || is_number(user) && is_number(password),
        Form::Separate if option.commands.is_empty() => {
            is_number(password) && (password.len() <= 5 || password.contains(&b':'))
                || look(password) == Look::Path
        }
        _ => false,
    };
    let is_harmless = is_other
        || password.is_empty()
        || is_no_login(user, password, b"")
        || matches!(user, [b'<' | b'[', ..])
        || password.starts_with(b"-");
    if is_harmless {
        let reason = Reason::Other("no password of this option");
        scan.keep(found.start + start, found.end, option.id, reason);
        return Tried::Nothing;
    }
    scan.redact(
        found.start + start,
        found.end,
        option.id,
        Evidence::Structure,
    );
    Tried::Found
}
