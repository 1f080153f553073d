//! Keys whose value follows without `=` or `:`: options, SQL, XML, calls, netrc, sentences.

use super::key_value::{Key, redact_at};
use super::lexicon::Class;
use super::placeholder::is_prose;
use super::shape::trim_end;
use super::text::{
    at, before, is_break, is_redacted, name_before, nul_len, part, run_end, run_start, skip_spaces,
    starts_with_word,
};
use super::value::Site;
use super::verdict::is_secret;
use super::word_list::List;
use super::{
    REDACTED, Scan, assertion, call, change, htpasswd, lexicon, named, operand, owner, pair,
    positional, protocol, quote, reversed, sentence, shape, sql, structure, validator, words,
};

/// `mark` is the length of the quote mark behind the key.
pub(super) fn scan(scan: &mut Scan<'_>, key: Key, mark: usize) {
    let text = scan.text;
    let behind = key.end + mark;
    if scan.has_marks() && is_gone(text, behind) {
        return;
    }
    let done = structure::xml(scan, key, behind)
        || htpasswd::scan(scan, key)
        || mark == 0 && positional::here(scan, key)
        || operand::piped(scan, key)
        || operand::stored(scan, key)
        || (key.class == Class::Strong && reversed::scan(scan, key))
        || option(scan, key, mark)
        || named::scan(scan, key, behind)
        || (mark > 0 && (protocol::shown(scan, key, behind) || pair::tuple(scan, key, behind)))
        || (mark == 0 && call::constant(scan, key))
        || (mark > 0 && (call::typed(scan, behind) || call::parameters(scan, key, behind)))
        || (mark > 0
            && key.class == Class::Strong
            && (owner::quoted_pair(scan, behind)
                || change::told(scan, key, behind)
                || validator::found_instead(scan, key, behind)))
        || structure::fields(scan, key, behind)
        || (mark == 0
            && (typed(scan, key)
                || key.class == Class::Strong && call::constructor(scan, key.end)
                || key.class == Class::Strong
                    && (change::told(scan, key, behind)
                        || validator::found_instead(scan, key, behind))))
        || (mark == 0 && (structure::call(scan, key) || sql::sql(scan, key) || netrc(scan, key)));
    let done = done || assertion::scan(scan, key);
    if !done && mark == 0 && at(text, key.end) != b'(' {
        sentence::scan(scan, key);
    }
}

/// Whether the value of the key before `behind` has its mark already: `key provided: <REDACTED>`,
/// `-p '<REDACTED>'`, `login bob password <REDACTED>`. Not in `password of <REDACTED> is …` and
/// `login <REDACTED>/…`.
fn is_gone(text: &[u8], behind: usize) -> bool {
    let (mut index, mut last, mut is_plain) = (behind, &text[..0], true);
    for _ in 0..4 {
        index = run_end(text, index, 8, |byte| b" :=-'\"`".contains(&byte));
        let end = run_end(text, index, 16, |byte| byte.is_ascii_alphabetic());
        let word = part(text, index, end);
        if word.is_empty() {
            let next = at(text, index + REDACTED.len());
            return is_redacted(text, index)
                && !b":/".contains(&next)
                && (is_plain || lexicon::classify(last) == Some(Class::Strong));
        }
        let is_filler = words::FILLERS.has(word) && !matches!(word, b"of" | b"to");
        is_plain &= word.len() == 1 || is_filler || lexicon::is_noun(word);
        (index, last) = (end, word);
    }
    false
}

/// `--password value`, `"--token", "value"`.
fn option(scan: &mut Scan<'_>, key: Key, mark: usize) -> bool {
    let text = scan.text;
    let behind = key.end + mark;
    if !key.is_option
        || !(is_break(text, behind) || at(text, behind) == b',' || nul_len(text, behind) > 0)
    {
        return false;
    }
    let comma = run_end(text, behind, 1, |byte| byte == b',');
    let start = skip_line_blanks(text, comma) + nul_len(text, comma);
    let site = Site {
        equals: true,
        ..Site::default()
    };
    let is_next_option =
        at(text, start) == b'-' && (at(text, start + 1) == b'-' || is_break(text, start + 2));
    let Some(found) = scan.extent(start, site).filter(|_| !is_next_option) else {
        return true;
    };
    let word = part(text, found.start, found.end);
    // `set --secret dbPassword hunter2`: the option takes nothing, the key comes next.
    let is_key = shape::is_camel(word)
        && !word.iter().any(u8::is_ascii_digit)
        && lexicon::classify(word) == Some(Class::Strong);
    // `-Credential bob` of PowerShell names a user.
    let is_user = key.name(text) == b"Credential" && !shape::is_opaque(word, 8);
    // `-Credential (New-Object …)` has the password inside.
    let is_call = key.name(text) == b"Credential" && at(text, start) == b'(';
    // `add_argument('--password', help='…')`, `add_argument('--token', required=True)`
    let name = run_end(text, start, 24, |byte| {
        byte.is_ascii_lowercase() || byte == b'_'
    });
    let is_constant = at(text, name + 1).is_ascii_uppercase();
    let is_named = mark > 0
        && name > start
        && at(text, name) == b'='
        && (is_constant || quote::open(text, name + 1).is_some());
    // `[--token-env VAR]` tells how a command is called.
    let is_usage = before(text, key.start) == b'['
        && at(text, found.end) == b']'
        && word.iter().all(u8::is_ascii_uppercase);
    let is_told = || {
        let next = skip_spaces(text, found.end);
        let article = [&b"the "[..], b"a ", b"an ", b"this "];
        // The columns of a help text.
        let line = run_start(text, key.start, 160, |byte| byte != b'\n');
        let is_first = matches!(
            part(text, line, key.start).trim_ascii_start(),
            [] | [b'-', ..]
        );
        let is_column = is_first && start >= behind + 3 && at(text, found.end) == b' ';
        let is_article = |word: &&[u8]| starts_with_word(text, next, word);
        word.iter().all(u8::is_ascii_lowercase) && (is_column || article.iter().any(is_article))
    };
    let is_text = !found.quoted
        && (is_prose(word) || is_key || is_user || is_named || is_usage || is_told())
        || is_call
        || word.starts_with(b"--")
        || matches!(word, [b'-', letter] if letter.is_ascii_alphabetic());
    if !is_text && is_secret(text, key, found, site, false) {
        let found = scan.whole(start, found, site);
        scan.redact(found.start, found.end);
    } else {
        scan.stays(start, found);
    }
    true
}

/// An argument list printed one per line is still one list.
fn skip_line_blanks(text: &[u8], from: usize) -> usize {
    if at(text, from.saturating_sub(1)) == b',' {
        run_end(text, from, 64, |byte| byte.is_ascii_whitespace())
    } else {
        skip_spaces(text, from)
    }
}

/// `var token string = "…"`: a type between the name and the value.
fn typed(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let name = skip_spaces(text, key.end);
    if key.class != Class::Strong || name == key.end {
        return false;
    }
    // `Dim password As String = "…"`
    let name = name
        + if starts_with_word(text, name, b"as ") {
            3
        } else {
            0
        };
    let end = run_end(text, name, 16, |byte| {
        byte.is_ascii_alphanumeric() || b"[]*&".contains(&byte)
    });
    let equals = skip_spaces(text, end);
    let is_spaced = equals > end && at(text, equals + 1) == b' ';
    if end == name || !is_spaced || at(text, equals) != b'=' {
        return false;
    }
    let start = skip_spaces(text, equals + 1);
    // `PASSWORD elastic = hunter2`
    let word = part(text, start, run_end(text, start, 128, |byte| byte > b' '));
    let is_value = quote::open(text, start).is_some() || shape::is_opaque(word, 8);
    is_value && redact_at(scan, key, start, Site::default())
}

/// Words before a name that say that it is somebody's.
static OWNERS: List = List::of(&["account", "login", "user", "username"]);

/// `login user password …`.
fn netrc(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let is_password = starts_with_word(key.name(text), 0, b"pass") || key.name(text) == b"pwd";
    if !is_password {
        return false;
    }
    let login_end = run_start(text, key.start, 4, |byte| byte.is_ascii_whitespace());
    if login_end == key.start {
        return false;
    }
    let login = run_start(text, login_end, 64, |byte| byte > b' ');
    let space = run_start(text, login, 4, |byte| byte.is_ascii_whitespace());
    let is_login = space < login && OWNERS.has(name_before(text, space));
    // `username or password (…)`
    if !is_login || is_prose(part(text, login, login_end)) {
        return false;
    }
    let start = skip_spaces(text, key.end);
    let end = run_end(text, start, 256, |byte| byte > b' ');
    let word = trim_end(part(text, start, end), b".,;:!?)\"'");
    // `USER bob PASSWORD EXPIRE` is SQL.
    let is_keyword = key.name(text) == b"PASSWORD" && word.iter().all(u8::is_ascii_uppercase);
    if start == key.end || end == start || is_prose(word) || is_keyword {
        return false;
    }
    redact_at(scan, key, start, Site::default())
}
