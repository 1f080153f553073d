//! Commands whose last words are a name and a secret, without an option: `alias set a URL key secret`,
//! `add_user bob secret`, `net user bob secret`.

use super::bytes::Bytes;
use super::key_value::{Key, word_before};
use super::placeholder::{is_placeholder, is_prose};
use super::shape::{holds_made_up, is_made_up, is_opaque, trim_end};
use super::text::{
    at, before, is_break, is_name, part, run_end, run_start, skip_spaces, starts_with,
};
use super::{Scan, windows, words};

/// Longest operand.
const OPERAND: usize = 128;

/// The next word: where it begins and ends.
fn next_word(text: &[u8], from: usize) -> (usize, usize) {
    let start = skip_spaces(text, from);
    (start, run_end(text, start, OPERAND, |byte| byte > b' '))
}

fn looks_secret(word: &[u8]) -> bool {
    (is_made_up(word, 6) || is_opaque(word, 8)) && !is_placeholder(word)
}

/// Redacts the second of the two words behind `from`, if it looks like a secret.
pub(super) fn second(scan: &mut Scan<'_>, from: usize) -> bool {
    let text = scan.text;
    let (first, first_end) = next_word(text, from);
    let user = part(text, first, first_end);
    // `api_key id 7` names it.
    if first == from || matches!(user, b"" | b"id") {
        return false;
    }
    let (mut start, mut end) = next_word(text, first_end);
    let mark = at(text, start);
    let is_quoted = matches!(mark, b'\'' | b'"');
    if is_quoted {
        start += 1;
        end = run_end(text, start, OPERAND, |byte| byte != mark && byte != b'\n');
    }
    let word = part(text, start, end);
    // Most words are no secret, which is soon said.
    let is_it = if is_quoted {
        holds_made_up(word)
    } else {
        looks_secret(word)
    };
    let is_operand = |byte: &u8| is_name(*byte) || b"-.@\\".contains(byte);
    let fits = is_it && user.iter().all(is_operand) && !is_prose(user) && !is_opaque(user, 8);
    if fits {
        scan.redact_unless_done(start, end);
    }
    fits
}

/// `alias set name https://host key secret`: `head` is where the URL begins, `end` where it ends.
pub(super) fn behind_address(scan: &mut Scan<'_>, head: usize, end: usize) {
    let text = scan.text;
    if at(text, end) != b' ' || is_break(text, end + 1) {
        return;
    }
    let command = run_start(text, head, 64, |byte| {
        is_name(byte) || matches!(byte, b' ' | b'-' | b'.')
    });
    let sets = part(text, command, head)
        .split(|byte| *byte == b' ')
        .any(|word| [&b"set"[..], b"add", b"login", b"config", b"configure"].contains(&word));
    if sets {
        second(scan, end);
    }
}

/// `add_user bob secret`; `anchor` is the `s` of the user.
pub(super) fn add_user(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    let end = run_end(text, anchor, 8, |byte| byte.is_ascii_alphabetic());
    let is_command = [&b"add"[..], b"create", b"new"]
        .iter()
        .any(|verb| word_before(text, anchor.saturating_sub(2), verb));
    if is_command && at(text, end) == b' ' {
        second(scan, end);
    }
}

/// `net user bob secret /add`; `slash` is that of the option.
pub(super) fn net_user(scan: &mut Scan<'_>, slash: usize) {
    let text = scan.text;
    let line = run_start(text, slash, 96, |byte| byte != b'\n');
    let command = b"net user ";
    let place = part(text, line, slash)
        .windows(command.len())
        .position(|part| part.eq_ignore_ascii_case(command));
    if let Some(place) = place.filter(|_| starts_with(text, slash, b"/add")) {
        second(scan, line + place + command.len() - 1);
    }
}

/// `change_password bob secret`: the key is a command of more than one word.
pub(super) fn command(scan: &mut Scan<'_>, key: Key) -> bool {
    let name = key.name(scan.text);
    name.iter().any(|byte| matches!(byte, b'_' | b'-'))
        && at(scan.text, key.end) == b' '
        && second(scan, key.end)
}

/// `cf auth bob secret`: the first word after that of the command.
pub(super) fn login(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let is_login = [&b"auth"[..], b"login"].contains(&key.name(text));
    if !is_login || at(text, key.end) != b' ' || before(text, key.start) != b' ' {
        return false;
    }
    let command = run_start(text, key.start - 1, 16, |byte| {
        byte.is_ascii_lowercase() || byte == b'-'
    });
    let prompt = run_start(text, command, 4, |byte| b"$#+> ".contains(&byte));
    let begins = matches!(before(text, prompt), 0 | b'\n' | b'`' | b'"');
    command + 1 < key.start && begins && second(scan, key.end)
}

/// `requirepass secret`, `community public RO`, `secret 5 …`, `password 7 …`: lines of a
/// configuration without a separator.
pub(super) fn setting(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let (mut start, mut end) = next_word(text, key.end);
    if start == key.end || start == end {
        return false;
    }
    // `reg add … /v DefaultPassword /t REG_SZ /d secret`.
    if at(text, start) == b'/' {
        let line = run_end(text, start, 32, |byte| byte != b'\n');
        let data = part(text, start, line)
            .windows(3)
            .position(|part| part == b"/d ");
        return data.is_some_and(|data| {
            windows::argument(scan, start + data + 3);
            true
        });
    }
    // The kind of a hash, or of a value in the registry; what Airlift has in the place of a default.
    let is_kind = end == start + 1 && at(text, start).is_ascii_digit();
    if is_kind || matches!(part(text, start, end), b"REG_SZ" | b"----") {
        (start, end) = next_word(text, end);
    }
    let word = trim_end(part(text, start, end), b"\"'");
    let end = start + word.len();
    let line = run_start(text, key.start, 64, |byte| byte == b' ' || byte == b'\t');
    let is_alone = matches!(before(text, line), 0 | b'\n') && matches!(at(text, end), 0 | b'\n');
    let is_community = key.name(text).eq_ignore_ascii_case(b"community") && {
        let (next, next_end) = next_word(text, end);
        [&b"RO"[..], b"RW", b"ro", b"rw"].contains(&part(text, next, next_end))
    };
    let is_kind = start > key.end + 2;
    let fits = is_community || (is_alone || is_kind) && looks_secret(word);
    if fits {
        scan.redact_unless_done(start, end);
    }
    fits
}

/// `fs.azure.account.key.name.dfs.core.windows.net value`: a property and a value, a blank between.
pub(super) fn property(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let dots = key.name(text).iter().filter(|byte| **byte == b'.');
    if dots.count() < 2 {
        return false;
    }
    let (start, end) = next_word(text, key.end);
    let fits = start > key.end && is_opaque(part(text, start, end), 20);
    if fits {
        scan.redact_unless_done(start, end);
    }
    fits
}

/// `… <<< secret`: a shell's text for what a command reads.
pub(super) fn here(scan: &mut Scan<'_>, key: Key) -> bool {
    let is_here = starts_with(scan.text, key.end, b" <<< ");
    if is_here {
        // `<<< user:password`
        let name = run_end(scan.text, key.end + 5, 48, |byte| {
            is_name(byte) || b"\"'-.".contains(&byte)
        });
        let has_name = at(scan.text, name) == b':';
        windows::argument(scan, if has_name { name + 1 } else { key.end + 5 });
    }
    is_here
}

/// What a sentence before a value has.
const WORDS: Bytes = Bytes::alphabetic_and(b" ',/._-");

/// `use the following password to go on: …`: words, a colon and the value.
pub(super) fn announced(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let is_word = |byte: u8| WORDS.has(byte);
    let mut colon = run_end(text, key.end, 64, is_word);
    // `(reset it with …)`
    if at(text, colon) == b'(' {
        let close = run_end(text, colon, 64, |byte| byte != b')' && byte != b'\n');
        colon = run_end(
            text,
            close + usize::from(at(text, close) == b')'),
            32,
            is_word,
        );
    }
    if at(text, colon) != b':' || colon == key.end {
        return false;
    }
    let from = run_start(text, key.start, 40, |byte| {
        byte.is_ascii_alphabetic() || byte == b' '
    });
    // `password for the database of orders: …`
    let is_owned = starts_with(text, key.end, b" for ");
    let is_announced = is_owned
        || part(text, from, colon)
            .split(|byte| *byte == b' ')
            .any(|word| words::ANNOUNCERS.has(word));
    let gap = run_end(text, colon + 1, 4, |byte| byte.is_ascii_whitespace());
    let (start, end) = next_word(text, gap);
    let fits = is_announced && gap > colon + 1 && looks_secret(part(text, start, end));
    if fits {
        scan.redact_unless_done(start, end);
    }
    fits
}
