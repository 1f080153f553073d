//! Reads arguments of commands and functions: `--password x`, `-ppass`, `-u user:pass`, and arguments that are secrets
//! because of their position.

use std::sync::LazyLock;

use crate::address::is_no_login;
use crate::decision::{self, Claim, Key};
use crate::lexer::{Kind, Tokens};
use crate::pair;
use crate::rules::commands::Form::{After, Attached, Separate};
use crate::rules::commands::{
    ARGUMENTS, Argument, Callee, CommandOption, OPTIONS, READERS, USER_WORDS,
};
use crate::rules::keys::KeyKind;
use crate::rules::list::words;
use crate::scan::{Evidence, Scan, Tried};
use crate::score::{Bond, Context, Look, is_prose, look};
use crate::text::{
    Words, at, before, class, count_steps, line_end, part, run_end, run_start, word_at,
};
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
        Sign(b',' | b'=' | b':') => Some(tokens.skip_lines(place + 1)),
        Blank => Some(tokens.skip_blanks(place)),
        Line => {
            let mut next = tokens.skip_lines(place);
            // The argument is the next item of a list of YAML.
            if tokens.are(next, &[Sign(b'-'), Blank]) {
                next += 2;
            }
            (next > place + 1 && tokens.is_sign(next - 2, b'-')).then_some(next)
        }
        _ => (place > after).then_some(place),
    }
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
        After(_) if letter == b"u" && USER_WORDS.has(word) => argument_value(scan, place),
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
    let (has_user, user) = match option.form {
        After(sign) => (true, memchr::memchr(sign, text).map(|sign| sign + 1)),
        Attached | Separate => (false, Some(0)),
    };
    let Some(start) = user else {
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
        // `-u jdbc:hive2://host`
        _ if has_user && memchr::memmem::find(password, b"://").is_some() => true,
        _ if has_user => is_number(user) && is_number(password),
        _ if !is_any => false,
        _ if is_number(password) && password.len() <= 5 => true,
        _ if is_number(password) && password.contains(&b':') => true,
        _ => look(password) == Look::Path,
    };
    if is_harmless {
        let reason = "the option has no password here";
        scan.keep(found.start + start, found.end, option.id, reason);
        return Nothing;
    }
    scan.redact(found.start + start, found.end, option.id, Evidence::Structure);
    Found
}

/// A name of an argument.
#[derive(Clone, Copy)]
struct Named {
    argument: &'static Argument,
    name: &'static str,
    /// The two characters after the first word of a pattern.
    signs: [u8; 2],
}

/// The arguments and their names, indexed by the words at their anchors.
static NAMES: LazyLock<Words<Named>> = LazyLock::new(|| {
    Words::of(ARGUMENTS.iter().flat_map(|argument| {
        argument.names.iter().flat_map(move |name| {
            let head = argument.head(name);
            let signs = [0, 1].map(|sign| at(name.as_bytes(), head.len() + sign));
            head.split(['.', '-']).map(move |word| (word, Named { argument, name, signs }))
        })
    }))
});

/// Reads the arguments after a word that contains the anchor. The word or its last part names a function or a command.
pub(crate) fn positional(scan: &mut Scan<'_>, anchor: usize) {
    // A quick check for the names of fields: `"user": null`, but not `'auth': Some(('bob', 'x'))`.
    let end = class!("a-zA-Z0-9_.-").end(scan.text, anchor, 64);
    let quote = class!("\\\"'").end(scan.text, end, 4);
    let value = class!(": ").end(scan.text, quote, 4);
    let is_field = quote > end && at(scan.text, quote) == b':';
    let head = class!("a-zA-Z0-9_.:");
    if is_field && at(scan.text, head.end(scan.text, value, 64)) != b'(' {
        return;
    }
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
    let mut arguments = arguments.filter(|row| may_follow(scan.text, end, row)).peekable();
    if arguments.peek().is_none() {
        return;
    }
    let place = scan.tokens.seek(anchor);
    let Some(place) = place.filter(|&place| scan.tokens.word(place).is_some()) else {
        return;
    };
    for Named { argument, name, .. } in arguments {
        let position = scan.position();
        let mut from = anchor;
        let mut tried = Nothing;
        while let Some((found, context)) = claim(scan, place, from, name, argument) {
            tried = scan.judge_value(found, argument.id, context);
            from = found.end;
            if !name.contains(STATEMENT) {
                break;
            }
        }
        // The text before the secret may have further ones.
        if name.contains(['…', STATEMENT]) {
            scan.go_back(position);
        }
        if tried == Found {
            return;
        }
    }
}

/// Whether the sign after the first word of a pattern follows at `end`: a quick check without tokens.
fn may_follow(text: &[u8], end: usize, named: &Named) -> bool {
    let next = class!("\\\"'").end(text, end, 4);
    match (named.argument.of, named.signs) {
        (Callee::Function(_), _) => true,
        // The next word of the pattern begins after blanks, unless they are encoded.
        (_, [b' ', letter @ (b'A'..=b'Z' | b'a'..=b'z')]) => {
            let word = class!(" \t,\\\"'").end(text, next, 16);
            let first = at(text, word);
            word > next && first == letter || b"%&".contains(&first)
        }
        (_, [0 | b' ', _]) => class!(" \t,%&").has(at(text, next)),
        (_, [b'\n', _]) => class!("\r\n\\").has(at(text, end)),
        (_, [sign, _]) => sign == at(text, end),
    }
}

/// Returns the value of an argument that begins after `from`, and its context.
fn claim(
    scan: &mut Scan<'_>,
    place: usize,
    from: usize,
    name: &'static str,
    argument: &Argument,
) -> Option<(Value, Context)> {
    let (found, context) = match argument.of {
        Callee::Function(index) => function(scan, place, name, index)?,
        _ => pattern(scan, place, from, name, argument)?,
    };
    if argument.of == Callee::Piped && !is_read(scan, found) {
        return None;
    }
    // A quoted text of fewer than four bytes is taken for a name. Another grammar reads `name=value`.
    let is_name = found.quoted && found.end - found.start < 4;
    let pair = decision::name_of_pair(found.bytes(scan.text));
    let is_pair = pair.is_some_and(|name| !found.quoted || scan.policy.meaning(name).is_some());
    (!is_name && !is_pair).then_some((found, context))
}

/// Whether a value is piped into a command that reads a password: `echo winter77 | sudo -S id`.
fn is_read(scan: &mut Scan<'_>, found: Value) -> bool {
    let policy = scan.policy;
    let tokens = &mut scan.tokens;
    let pipe = tokens.skip_blanks(found.next);
    let reader = tokens.in_line(pipe, ARGUMENTS_READ, |tokens, at| {
        let is_option = tokens.is_sign(at, b'-') && tokens.word(at + 1) == Some(b"S");
        let names_secret = tokens
            .word(at)
            .and_then(|word| policy.meaning(word))
            .is_some_and(|meaning| meaning.is_compound && tokens.kind(at - 1) == Blank);
        (is_option || names_secret || tokens.is_word(at, READERS)).then_some(())
    });
    tokens.is_sign(pipe, b'|') && reader.is_some()
}

/// Returns a quoted argument of a function: `name("a", "b")`, `name=("a", "b")`.
fn function(
    scan: &mut Scan<'_>,
    place: usize,
    name: &str,
    index: usize,
) -> Option<(Value, Context)> {
    let text = scan.text;
    let end = scan.tokens.get(place)?.end;
    let start = begin(text, end, name)?;
    if !part(text, start, end).eq_ignore_ascii_case(name.as_bytes()) {
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
        while tokens.kind(open + 1) == Open(b'(') {
            open += 1;
        }
    }
    let is_call = tokens.kind(open) == Open(b'(');
    let place = is_call.then(|| tokens.nth_item(open, index))??;
    let found = tokens.value(place, Site::from(open)).filter(|found| found.quoted)?;
    Some((found, Context::new(KeyKind::Password, Bond::Structure)))
}

/// Returns the start of a name that ends at `end`, if a word begins there.
fn begin(text: &[u8], end: usize, name: &str) -> Option<usize> {
    let start = run_start(text, end, name.len(), |_| true);
    let begins = text[start].is_ascii_uppercase() || !before(text, start).is_ascii_alphanumeric();
    begins.then_some(start)
}

/// The sign of a pattern for the rest of a statement.
const STATEMENT: char = '⋮';

/// The maximum number of bytes that `…` and `⋮` stand for.
const SKIPPED: usize = 512;

/// Returns the value after the text of a pattern of [`ARGUMENTS`], which begins in the word at `place`.
fn pattern(
    scan: &mut Scan<'_>,
    place: usize,
    from: usize,
    pattern: &'static str,
    argument: &Argument,
) -> Option<(Value, Context)> {
    let is_certain = argument.of == Callee::Statement;
    let end = scan.tokens.get(place)?.end;
    let start = begin(scan.text, end, argument.head(pattern))?;
    let start = (before(scan.text, start) != b'_').then_some(start)?;
    let (at, kind) = pattern_end(scan, start, from, pattern, is_certain)?;
    let mut next = scan.tokens.place_at(at)?;
    let last = pattern.bytes().next_back().unwrap_or(b' ');
    let is_after_word = last.is_ascii_alphanumeric() || last == b'*';
    if is_after_word {
        next = after_quote(scan, next) + usize::from(scan.tokens.is_sign(next, b','));
        if scan.tokens.kind(next) != Blank {
            return None;
        }
    }
    if last != b'>' {
        next = scan.tokens.skip_blanks(next);
    }
    // The quote at the end of a pattern encloses the secret.
    next -= usize::from(last == b'"');
    let found = scan.tokens.value(next, Site::default())?;
    let bond = if is_certain { Bond::Structure } else { Bond::Copula };
    match (found.bytes(scan.text), scan.tokens.kind(next)) {
        ([b'/' | b'-' | b'\\' | b':', ..], _) | (_, Open(_)) if is_after_word => None,
        _ => Some((found, Context::new(kind, bond))),
    }
}

/// Returns the end of the text of a pattern that begins at `at`, and the kind of the name in it.
fn pattern_end(
    scan: &mut Scan<'_>,
    mut at: usize,
    from: usize,
    pattern: &str,
    is_certain: bool,
) -> Option<(usize, KeyKind)> {
    let mut kind = KeyKind::Password;
    for (index, sign) in pattern.char_indices() {
        let rest = &pattern[index + sign.len_utf8()..];
        at = match sign {
            '@' => {
                let end = class!("a-zA-Z0-9_.-").end(scan.text, at, SKIPPED);
                kind = scan.policy.meaning(part(scan.text, at, end))?.kind;
                end
            }
            '*' if matches!(rest.bytes().next(), None | Some(b' ' | b'\n')) => {
                argument_end(scan, at, rest, is_certain)?
            }
            '*' => {
                let stop = rest.bytes().next();
                run_end(scan.text, at, SKIPPED, |byte| byte > b' ' && Some(byte) != stop)
            }
            '…' => {
                skipped(scan.text, at, line_end(part(scan.text, 0, at + SKIPPED), at) + 1, rest)?
            }
            STATEMENT => {
                let after = part(scan.text, at, at + SKIPPED);
                let end = memchr::memchr(b';', after).map_or(at + after.len(), |end| at + end);
                skipped(scan.text, at.max(from), end, rest)?
            }
            sign => sign_end(scan, at, sign)?,
        };
    }
    Some((at, kind))
}

/// Returns the end of an argument. In a statement, it is no word of a sentence.
fn argument_end(scan: &mut Scan<'_>, at: usize, rest: &str, is_certain: bool) -> Option<usize> {
    let place = scan.tokens.place_at(at)?;
    let found = scan.tokens.value(place, Site::default())?;
    // A line may end with an escape: `$4\r\nAUTH`.
    let is_line = rest.starts_with('\n') && scan.tokens.kind(found.next) == Line;
    let end = if is_line { found.next } else { scan.tokens.run_end(found.next) };
    let is_sentence = is_certain && is_prose(found.bytes(scan.text));
    (!is_sentence).then(|| scan.tokens.start(end))
}

/// Returns the start of the next literal part of a pattern.
fn skipped(text: &[u8], at: usize, end: usize, rest: &str) -> Option<usize> {
    let literal = rest.split(['*', '@', '…']).next().unwrap_or(rest);
    let text = part(text, at, end);
    count_steps(text.len());
    memchr::memmem::find(text, literal.as_bytes()).map(|found| at + found)
}

/// Returns the place after a quote that closes there, as in a printed list of arguments: `"AUTH" "…"`.
fn after_quote(scan: &mut Scan<'_>, place: usize) -> usize {
    place + usize::from(scan.tokens.closes_before(place, place))
}

/// Returns the end of a sign of a pattern in the text, which may have the sign in another encoding.
fn sign_end(scan: &mut Scan<'_>, at: usize, sign: char) -> Option<usize> {
    let mut place = scan.tokens.place_at(at)?;
    if sign == ' ' {
        place = after_quote(scan, place);
    }
    let token = scan.tokens.get(place)?;
    let byte = u8::try_from(sign).ok()?;
    let is_here = match token.kind {
        Kind::Word => return (scan.text[at] == byte).then_some(at + 1),
        Blank => sign == ' ',
        Line => sign == '\n',
        Quote => sign == '"' || scan.text[token.start] == byte,
        Sign(code) | Open(code) | Close(code) => code == byte,
        Kind::Redacted => false,
    };
    let next = if sign == '\n' { scan.tokens.next_line(place) } else { place + 1 };
    is_here.then(|| scan.tokens.start(next))
}
