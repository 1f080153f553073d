//! Sentences about a key: `the password is hunter2`, `token abc was revoked`, `PASS hunter2`.
//!
//! Nothing separates the value here, so it has to look made up, not like a word of the sentence.

use super::homonym::is_error_name;
use super::key_value::{Key, redact_at, word_before};
use super::lexicon::{self, Class};
use super::placeholder::{is_placeholder, is_prose};
use super::shape::{LONGEST, holds_made_up, is_made_up, is_opaque, is_uuid};
use super::text::{
    at, before, ends_with_word, name_before, part, run_end, run_start, skip_spaces, starts_with,
};
use super::value::{self, Site};
use super::word_list::List;
use super::{
    Scan, bound, call, change, copula, device, login, owner, positional, protocol, refusal,
    reversed, words,
};

/// Commands with a key and a value behind them, in a shell, a Dockerfile, a tool's settings.
static SETTERS: List = List::of(&[
    "arg",
    "config",
    "configure",
    "enable",
    "env",
    "secret",
    "set",
    "setenv",
    "setx",
]);

/// How far behind its key a sentence may have the value.
const REACH: usize = 160;

/// The key is unquoted and nothing structural follows it.
pub(super) fn scan(scan: &mut Scan<'_>, key: Key) {
    if scan.is_calm(key.end, REACH) {
        return;
    }
    let _ = match key.class {
        Class::Strong => {
            assigned(scan, key)
                || owner::owned(scan, key)
                || copula::stated(scan, key)
                || owner::pair(scan, key)
                || positional::command(scan, key)
                || login::mapped(scan, key)
                || device::peer(scan, key)
                || positional::setting(scan, key)
                || value(scan, key)
                || refusal::refused(scan, key)
                || positional::announced(scan, key)
        }
        Class::Weak => {
            copula::coded(scan, key)
                || assigned(scan, key)
                || positional::property(scan, key)
                || call::parameters(scan, key, key.end)
                || protocol::authenticate(scan, key)
                || protocol::login(scan, key)
                || owner::pair(scan, key)
                || login::attempt(scan, key)
                || positional::login(scan, key)
                || login::bare(scan, key)
                || device::user(scan, key)
                || reversed::pair(scan, key)
        }
        _ => false,
    };
}

/// `setx KEY value`, `ENV KEY value`.
fn assigned(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let space = run_start(text, key.start, 4, |byte| byte == b' ');
    if space == key.start || !before(text, space).is_ascii_alphabetic() {
        return false;
    }
    if !SETTERS.has(name_before(text, space)) {
        return false;
    }
    let start = skip_spaces(text, key.end);
    let word = part(text, start, run_end(text, start, 32, |byte| byte > b' '));
    start > key.end
        && is_made_up(word, 5)
        && redact_at(
            scan,
            key,
            start,
            Site {
                equals: true,
                ..Site::default()
            },
        )
}

/// Behind `<b>`, `<code>`.
fn behind_tag(text: &[u8], from: usize) -> usize {
    let end = run_end(text, from + 1, 8, |byte| byte.is_ascii_alphabetic());
    let is_tag = at(text, from) == b'<' && end > from + 1 && at(text, end) == b'>';
    if is_tag && at(text, from + 1).is_ascii_lowercase() {
        end + 1
    } else {
        from
    }
}

/// `apns-id=…`, `API_KEY=…`: a pair with a key of its own.
fn is_pair(word: &[u8]) -> bool {
    let end = run_end(word, 0, 32, |byte| {
        byte.is_ascii_alphabetic() || b"-_".contains(&byte)
    });
    let name = &word[..end];
    end >= 2
        && at(word, end) == b'='
        && word.len() > end + 2
        && (!name.iter().any(u8::is_ascii_uppercase) || lexicon::classify(name).is_some())
}

/// `API key provided: …`, `token … was revoked`, `the password is …`.
fn value(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let mut start = skip_spaces(text, key.end);
    // Italian and Portuguese.
    let is_romance = ["è ", "é "]
        .iter()
        .any(|verb| starts_with(text, start, verb.as_bytes()));
    let mut stated = is_romance;
    start += if is_romance { "è ".len() } else { 0 };
    for _ in 0..4 {
        let end = run_end(text, start, 16, |byte| byte.is_ascii_alphabetic());
        let word = part(text, start, end);
        // `passphrase tried was …`
        let is_filler = words::FILLERS.has(word)
            || word.ends_with(b"ed") && copula::begins(text, skip_spaces(text, end));
        if word.is_empty() || !is_filler {
            break;
        }
        stated |= copula::is_one(word);
        stated &= !word.eq_ignore_ascii_case(b"not");
        let colon = run_end(text, end, 1, |byte| matches!(byte, b':' | b'='));
        start = skip_spaces(text, colon);
    }
    if start == key.end && at(text, start) != b'[' {
        return false;
    }
    start = behind_tag(text, start);
    start += usize::from(matches!(at(text, start), b'<' | b'(' | b'['));
    if start < scan.doubtful_until {
        return false;
    }
    let site = Site {
        doubtful: true,
        ..Site::default()
    };
    let Some(found) = value::extent(text, start, site) else {
        return false;
    };
    if found.end + 8 >= start + LONGEST {
        scan.doubtful_until = found.end;
    }
    // `« x »` has blanks inside.
    let word = part(text, found.start, found.end).trim_ascii();
    let is_lower = word.iter().all(u8::is_ascii_lowercase);
    // No word is that long and alone: `the secret key is amberlanternharbour, …`.
    let ends = matches!(at(text, found.end), 0 | b',' | b'.' | b';' | b'\n');
    let is_joined = stated && is_lower && ends && word.len() >= 18;
    if !found.quoted && is_lower && !is_joined {
        return false;
    }
    let name = key.name(text);
    // `403 ExpiredProviderToken apns-id=…`: another pair, or what went wrong.
    let is_argument = name == b"pass" && word.contains(&b'_');
    if !found.quoted && !stated && (is_pair(word) || is_error_name(name) || is_argument) {
        return false;
    }
    let names_more = [
        &b"token"[..],
        b"secret",
        b"key",
        b"credential",
        b"credentials",
        b"creds",
    ];
    let is_password = !name.eq_ignore_ascii_case(b"pass")
        && !names_more.iter().any(|known| ends_with_word(name, known))
        || name.ends_with(b"shared-key")
        || name.eq_ignore_ascii_case(b"pass") && protocol::is_line_command(text, key, found.end);
    // `verification failed with secret Amber!42xy`
    let is_used = [&b"with"[..], b"using"]
        .iter()
        .any(|word| word_before(text, key.start.saturating_sub(1), word));
    let least = if is_password {
        6
    } else if is_used {
        8
    } else if stated {
        10
    } else {
        64
    };
    // `secret Amber!42xy`
    let is_signed = word.iter().any(|byte| b"!$^~".contains(byte)) && is_made_up(word, 8);
    // `login of %s with password %s`, and its arguments on the next line.
    if bound::is_mark(word) {
        bound::scan(scan, found.end);
    }
    let fits = is_opaque(word, 8)
        || is_uuid(word) && name.ends_with(b"ey")
        || is_signed && word.iter().any(u8::is_ascii_digit)
        || is_made_up(word, least)
        || is_password && found.quoted && before(text, start) == b' ' && holds_made_up(word)
        || stated && found.quoted && !is_prose(word) && !is_placeholder(word)
        || is_joined
        || found.quoted && refusal::stands_before(text, key) && holds_made_up(word);
    if fits {
        let found = scan.whole(start, found, site);
        scan.redact(found.start, found.end);
        change::arrow(scan, found);
    }
    fits
}
