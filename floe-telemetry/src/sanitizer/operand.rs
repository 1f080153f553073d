//! Passwords that are operands of a command: no key and no option stands before them.

use super::key_value::{Key, word_before};
use super::placeholder::is_placeholder;
use super::shape::{LONGEST, holds_made_up, is_made_up, is_opaque};
use super::text::{at, before, is_name, part, run_end, run_start, skip_spaces, starts_with_word};
use super::{Scan, quote};

/// Where the next word begins and ends.
pub(super) fn word(text: &[u8], from: usize) -> (usize, usize) {
    let start = skip_spaces(text, from);
    (start, run_end(text, start, 128, |byte| byte > b' '))
}

/// `echo password | login --password-stdin`.
pub(super) fn piped(scan: &mut Scan<'_>, key: Key) -> bool {
    let name = key.name(scan.text);
    let is_one = key.is_option && name.ends_with(b"-stdin") || name == b"chpasswd";
    if is_one {
        echoed(scan, key.start);
    }
    is_one
}

/// Redacts what is echoed into the command before `end`: `echo password | sudo -S`.
pub(super) fn echoed(scan: &mut Scan<'_>, end: usize) {
    let text = scan.text;
    let bar = run_start(text, end, 96, |byte| !b"|\n".contains(&byte));
    let pipe = run_start(text, bar, 1, |byte| byte == b'|');
    let end = run_start(text, pipe, 4, |byte| b" \"'".contains(&byte));
    let start = run_start(text, end, 128, |byte| {
        byte > b' ' && !b"\"'".contains(&byte)
    });
    let open = run_start(text, start, 4, |byte| b" \"'".contains(&byte));
    let is_echo = [&b"echo"[..], b"-n", b"printf", b"%s"]
        .iter()
        .any(|command| word_before(text, open, command));
    // `echo user:password | chpasswd`.
    let colon = part(text, start, end).iter().position(|byte| *byte == b':');
    let start = start + colon.map_or(0, |colon| colon + 1);
    if pipe < bar && is_echo && !is_placeholder(part(text, start, end)) {
        scan.redact_unless_done(start, end);
    }
}

/// `pgp_sym_decrypt(column, 'key')`, `AES_ENCRYPT('text', 'key')`; `open` is behind the name of the
/// function. Words are names of algorithms.
pub(super) fn cipher(scan: &mut Scan<'_>, open: usize) {
    if at(scan.text, open) == b'(' {
        arguments(scan, open + 1, |place, word| {
            let is_word = word.iter().all(u8::is_ascii_lowercase);
            is_made_up(word, 5) || is_opaque(word, 8) || place > 0 && !is_word
        });
    }
}

/// Redacts those of the quoted arguments at `from` that are a secret, by their place and their text.
pub(super) fn arguments(
    scan: &mut Scan<'_>,
    from: usize,
    is_secret: impl Fn(usize, &[u8]) -> bool,
) -> bool {
    let text = scan.text;
    let mut index = from.max(scan.arguments_until);
    let end = text.len().min(from + LONGEST);
    let (mut place, mut found) = (0, false);
    while index < end && !b")\n;".contains(&at(text, index)) {
        place += usize::from(at(text, index) == b',');
        // `"…".into()`
        if at(text, index) == b'(' && at(text, index + 1) == b')' {
            index += 2;
            continue;
        }
        let quote = quote::open(text, index)
            .filter(|_| !is_name(before(text, index)) || b"bBN".contains(&before(text, index)));
        let Some(quote) = quote else {
            index += 1;
            continue;
        };
        let start = index + quote.len;
        let (close, after) = scan.close(start, quote);
        if close - start <= LONGEST
            && !is_placeholder(part(text, start, close))
            && is_secret(place, part(text, start, close))
        {
            scan.redact_unless_done(start, close);
            found = true;
        }
        index = after.max(start);
    }
    scan.arguments_until = index;
    found
}

/// Commands that read a password from what is piped into them.
const READERS: &[&[u8]] = &[
    b"kinit",
    b"passwd",
    b"su",
    b"cryptsetup",
    b"gpg",
    b"vault",
    b"mount",
    b"sudo",
    b"login",
    b"ssh-add",
];

/// `echo password | kinit`; `end` is behind the `echo`.
pub(super) fn echo(scan: &mut Scan<'_>, end: usize) {
    let text = scan.text;
    let (mut start, mut stop) = word(text, end);
    if matches!(part(text, start, stop), b"-n" | b"-e" | b"-ne") {
        (start, stop) = word(text, stop);
    }
    let quote = usize::from(matches!(at(text, start), b'"' | b'\''));
    if quote > 0 {
        let mark = at(text, start);
        stop = run_end(text, start + 1, 128, |byte| byte != mark && byte != b'\n') + 1;
    }
    // `--password-file=<(echo password)`
    if text
        .get(..end)
        .is_some_and(|head| head.ends_with(b"<(echo"))
    {
        let close = run_end(text, start + quote, stop - start, |byte| {
            !b")\"'".contains(&byte)
        });
        if is_made_up(part(text, start + quote, close), 5) {
            scan.redact_unless_done(start + quote, close);
        }
        return;
    }
    let (pipe, pipe_end) = word(text, stop);
    let (reader, reader_end) = word(text, pipe_end);
    let found = part(text, start + quote, stop.saturating_sub(quote));
    let is_read =
        part(text, pipe, pipe_end) == b"|" && READERS.contains(&part(text, reader, reader_end));
    if start > end
        && is_read
        && !is_placeholder(found)
        && (is_made_up(found, 5) || is_opaque(found, 8) || quote > 0 && holds_made_up(found))
    {
        scan.redact_unless_done(start + quote, stop - quote);
    }
}

/// `isql source user password`; `end` is behind the command.
pub(super) fn third(scan: &mut Scan<'_>, end: usize) {
    let text = scan.text;
    let mut last = (end, end);
    for _ in 0..3 {
        last = word(text, last.1);
        if at(text, last.0) == b'-' {
            return;
        }
    }
    let found = part(text, last.0, last.1);
    if is_made_up(found, 5) || is_opaque(found, 8) {
        scan.redact_unless_done(last.0, last.1);
    }
}

/// `mkstore -createCredential alias user password`: an option that makes a login takes three words.
pub(super) fn stored(scan: &mut Scan<'_>, key: Key) -> bool {
    let name = key.name(scan.text);
    let makes = ["create", "modify", "add"]
        .iter()
        .any(|verb| name.starts_with(verb.as_bytes()));
    let is_one = key.is_option && makes && name.ends_with(b"redential");
    if is_one {
        third(scan, key.end);
    }
    is_one
}

/// `.logon host/user,password` of Teradata, `LOGON user/password` of a mainframe; `end` is behind the
/// command.
pub(super) fn logon(scan: &mut Scan<'_>, end: usize) {
    let text = scan.text;
    let (start, stop) = word(text, end);
    let comma = run_end(text, start, stop - start, |byte| byte != b',');
    let slash = run_end(text, start, stop - start, |byte| byte != b'/');
    let is_alone = slash < stop && comma == stop && is_made_up(part(text, slash + 1, stop), 6);
    if is_alone {
        return scan.redact_unless_done(slash + 1, stop);
    }
    let stop = run_end(text, comma + 1, 128, |byte| byte > b' ' && byte != b';');
    if comma > start && at(text, comma) == b',' && !is_placeholder(part(text, comma + 1, stop)) {
        scan.redact_unless_done(comma + 1, stop);
    }
}

/// `-u user,password`; `start` is where the user begins.
pub(super) fn listed(scan: &mut Scan<'_>, start: usize) -> bool {
    let text = scan.text;
    let inside = |byte: u8| byte > b' ' && !b"\"',".contains(&byte);
    let comma = run_end(text, start, 64, inside);
    let end = run_end(text, comma + 1, 64, inside);
    let fits =
        at(text, comma) == b',' && is_made_up(text.get(comma + 1..end).unwrap_or_default(), 6);
    if fits {
        scan.redact(comma + 1, end);
    }
    fits
}

/// `net use share password /user:name`, or the password behind the name; `slash` is that of `/user`.
pub(super) fn net_use(scan: &mut Scan<'_>, slash: usize) {
    let text = scan.text;
    let line = run_start(text, slash, 192, |byte| byte != b'\n');
    let is_net = part(text, line, slash)
        .windows(8)
        .any(|part| part.eq_ignore_ascii_case(b"net use "));
    if before(text, slash) != b' ' || !starts_with_word(text, slash, b"/user:") || !is_net {
        return;
    }
    let (_, user) = word(text, slash);
    let left = run_start(text, slash - 1, 128, |byte| byte > b' ');
    for (start, end) in [(left, slash - 1), word(text, user)] {
        let is_switch = at(text, start) == b'/' || at(text, start) == b'\\';
        if !is_switch && is_made_up(part(text, start, end), 6) {
            scan.redact_unless_done(start, end);
        }
    }
}
