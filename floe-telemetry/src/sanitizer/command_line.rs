//! Short options of commands: `-p pass`, `-ppass`, `-u user:pass`.
//!
//! `-p` is a port, a path or a password: the command, or a user given before it, decides.

use super::commands::{LINE_LIMIT, Line, Role};
use super::key_value::word_before;
use super::placeholder::is_placeholder;
use super::shape::{is_made_up, is_opaque, is_path};
use super::text::{
    at, before, is_break, is_name, is_redacted, part, run_end, run_start, skip_spaces,
};
use super::value::{self, Site};
use super::{Scan, operand, positional, quote, windows};

/// `anchor` is the first letter of the option, or the `s` of `--user`, `--proxy-user`, `/user`.
pub(super) fn scan(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    if let Some(mark) = anchor
        .checked_sub(2)
        .filter(|&mark| b"/_".contains(&at(text, mark)))
    {
        if at(text, mark) == b'/' {
            windows::scan(scan, mark);
        } else {
            positional::add_user(scan, anchor);
        }
        return;
    }
    let first = run_start(text, anchor, 24, |byte| {
        byte.is_ascii_alphabetic() || byte == b'-'
    });
    let letter = run_end(text, first, 2, |byte| byte == b'-');
    let is_long = letter - first == 2;
    let lead = before(text, first);
    if letter == first
        || !(lead == 0 || is_break(text, first.saturating_sub(1)) || b"\"'[,(=".contains(&lead))
    {
        return;
    }
    scan.line.read(text, first);
    let line = scan.line;
    let name_end = run_end(text, letter, 24, |byte| {
        is_name(byte) || byte == b'-' && is_long
    });
    let name = part(text, letter, name_end);
    let is_user_option = matches!(
        name,
        b"u" | b"U" | b"a" | b"user" | b"username" | b"proxy-user"
    );
    // `curl -su user:password`.
    let is_cluster = !is_long && name.len() <= 6 && name.ends_with(b"u") && line.has(Role::Curl);
    if (is_user_option || is_cluster) && user(scan, name_end, line) || is_long {
        return;
    }
    if name == b"S" && word_before(text, first.saturating_sub(1), b"sudo") {
        return operand::echoed(scan, first);
    }
    if name.len() == 1 {
        return password(scan, letter, line);
    }
    let end = run_end(text, letter + 1, LINE_LIMIT, |byte| {
        byte > b' ' && !b"\"',".contains(&byte)
    });
    let attached = part(text, letter + 1, end);
    // The beginning decides, but all of it goes.
    let whole = || {
        run_end(text, end, usize::MAX, |byte| {
            byte > b' ' && !b"\"',".contains(&byte)
        })
    };
    let takes_it = name[0] == b'p' && line.has(Role::Attached)
        || name[0] == b'P' && line.has(Role::Always(b'P')) && is_made_up(attached, 6);
    if takes_it && !is_placeholder(attached) {
        if !is_redacted(text, letter + 1) {
            scan.redact(letter + 1, whole());
        }
    } else if name[0] == b'u'
        && line.has(Role::Curl)
        // `curl -uuser:password`.
        && let Some(colon) = attached.iter().position(|&byte| byte == b':')
    {
        let start = letter + 1 + colon + 1;
        if !is_redacted(text, start) {
            scan.redact(start, whole());
        }
    }
}

/// `-u user:password`; whether there was one.
fn user(scan: &mut Scan<'_>, behind: usize, line: Line) -> bool {
    let text = scan.text;
    let Some((start, end)) = argument(scan, behind) else {
        return false;
    };
    let argument = part(text, start, end);
    let Some(colon) = argument.iter().position(|byte| matches!(byte, b':' | b'%')) else {
        return operand::listed(scan, start);
    };
    let password = &argument[colon + 1..];
    // `curl -u token:`, `curl -u token:secret`
    let user = &argument[..colon];
    let is_token = line.has(Role::Curl) && !user.contains(&b'.') && is_opaque(user, 20);
    if is_token {
        scan.redact(start, start + colon);
    }
    let harmless = password.is_empty()
        || is_placeholder(argument)
        || argument.windows(3).any(|part| part == b"://")
        || password.starts_with(b"/")
        || password.iter().all(u8::is_ascii_digit)
            && argument[..colon].iter().all(u8::is_ascii_digit)
        || is_placeholder(password)
        || line.has(Role::Group) && !line.has(Role::Always(b'p'));
    if !harmless {
        scan.redact(start + colon + 1, end);
    }
    is_token || !harmless
}

fn password(scan: &mut Scan<'_>, letter: usize, line: Line) {
    let text = scan.text;
    let option = at(text, letter);
    let always = line.has(Role::Always(option));
    let user_before = matches!(option, b'p' | b'P' | b'w') && line.has_user();
    // A separate word is the database, and PostgreSQL's `-w` says that there is no password.
    let is_bare =
        option == b'p' && line.has(Role::Attached) || option == b'w' && line.has(Role::Postgres);
    // `7z x -p"two words"`
    let quoted = (option == b'p' && line.has(Role::Attached))
        .then(|| scan.quoted(letter + 1, Site::default()))
        .flatten();
    if let Some(found) = quoted {
        if !is_placeholder(part(text, found.start, found.end)) {
            scan.redact_unless_done(found.start, found.end);
        }
        return;
    }
    if !always && !user_before {
        return;
    }
    let Some((start, end)) = argument(scan, letter + 1) else {
        return;
    };
    let word = part(text, start, end);
    let is_number = word
        .iter()
        .all(|byte| byte.is_ascii_digit() || b":.-/".contains(byte));
    let is_port = is_number && (word.len() <= 5 || word.contains(&b':'));
    if is_bare && !always && !is_made_up(word, 6) {
        return;
    }
    if !(is_placeholder(word) || !always && (is_port || is_path(word)) || word.starts_with(b"-")) {
        scan.redact(start, end);
    }
}

/// The argument behind an option, in a shell line or in a printed list of arguments.
fn argument(scan: &mut Scan<'_>, behind: usize) -> Option<(usize, usize)> {
    let text = scan.text;
    let mark = quote::mark_len(text, behind);
    let comma = run_end(text, behind + mark, 1, |byte| matches!(byte, b',' | b'='));
    let start = skip_spaces(text, comma);
    if start == behind {
        return None;
    }
    let site = Site {
        equals: true,
        doubtful: true,
        ..Site::default()
    };
    let found = value::extent(text, start, site)?;
    let found = scan.whole(start, found, site);
    Some((found.start, found.end))
}
