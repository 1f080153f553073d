//! Sentences that say whose the secret is: `password for bob: …`, `credentials bob/hunter2`.

use super::homonym::is_participle;
use super::key_value::{Key, redact_at, word_before};
use super::lexicon::Class;
use super::placeholder::is_prose;
use super::shape::{holds_made_up, is_made_up, is_word_like};
use super::text::{at, ends_with_word, part, run_end, skip_spaces, starts_with, starts_with_word};
use super::value::Site;
use super::{Scan, change, words};

/// `set "Db:Password" "…"`: both quoted, only a blank between them; `behind` is behind the key's quote.
pub(super) fn quoted_pair(scan: &mut Scan<'_>, behind: usize) -> bool {
    let text = scan.text;
    let mut start = skip_spaces(text, behind);
    // `key "token" with value "…"`.
    for word in [&b"with "[..], b"has ", b"value "] {
        if start > behind && starts_with_word(text, start, word) {
            start += word.len();
        }
    }
    let site = Site {
        doubtful: true,
        ..Site::default()
    };
    let found = (start > behind)
        .then(|| scan.quoted(start, site))
        .flatten()
        .filter(|found| holds_made_up(part(text, found.start, found.end)));
    if let Some(found) = found {
        scan.redact_unless_done(found.start, found.end);
    }
    found.is_some()
}

/// `password for user bob: …`, `password (bob): …`, `password for bob is …`.
pub(super) fn owned(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let start = skip_fillers(text, key.end);
    let behind = |from: usize, word: &str| {
        starts_with_word(text, from, word.as_bytes()).then(|| from + word.len())
    };
    let owner = match at(text, start).to_ascii_lowercase() {
        b'f' => behind(start, "for ")
            .map(|owner| {
                behind(owner, "user ")
                    .or_else(|| behind(owner, "key "))
                    .unwrap_or(owner)
            })
            .or_else(|| {
                behind(start, "für ").map(|owner| behind(owner, "Benutzer ").unwrap_or(owner))
            }),
        b'o' => behind(start, "of ").map(|owner| behind(owner, "user ").unwrap_or(owner)),
        b't' => behind(start, "to "),
        b'(' => Some(start + 1),
        _ => None,
    };
    let Some(owner) = owner else {
        return false;
    };
    let end = run_end(text, owner, 96, |byte| {
        byte > b' ' && !matches!(byte, b':' | b'=' | b')')
    });
    let is_closed = at(text, end) == b')';
    // `credentials (Service: Ec2, …)`
    if at(text, start) == b'(' && !is_closed {
        return false;
    }
    let colon = end + usize::from(is_closed);
    let verb = skip_spaces(text, colon);
    let is_stated = starts_with_word(text, verb, b"is ") || starts_with_word(text, verb, b"was ");
    if !is_stated && at(text, colon) != b':' {
        return false;
    }
    let behind = if is_stated {
        run_end(text, verb, 4, |byte| byte != b' ')
    } else {
        colon + 1
    };
    let mut value = behind_prompt(text, skip_spaces(text, behind));
    if end == owner || value == behind {
        return false;
    }
    if is_stated {
        value = change::behind_verbs(text, value);
        // `was changed to hunter2`
        if starts_with_word(text, value, b"to ") {
            value += 3;
        }
    }
    let word = part(text, value, run_end(text, value, 32, |byte| byte > b' '));
    let fits = if is_stated {
        is_made_up(word, 6)
    } else {
        // `No such property: token for class: Deploy`
        let is_name = word.first().is_some_and(u8::is_ascii_uppercase) && is_word_like(word);
        // `"password for %s: ", name`
        let is_closed = !word
            .iter()
            .any(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
        !is_prose(word) && !is_closed && !is_name && !is_participle(text, value)
    };
    // `credentials for host: bob hunter2`
    let next = skip_spaces(text, value + word.len());
    let next_end = run_end(text, next, 64, |byte| byte > b' ');
    let is_login = key.name(text).ends_with(b"creds") || key.name(text).ends_with(b"credentials");
    if fits && is_login && is_made_up(part(text, next, next_end), 6) {
        scan.redact_unless_done(next, next_end);
    }
    fits && redact_at(scan, key, value, Site::default())
}

/// `"Password for user bob: " → hunter2`: behind the quote and the arrow.
fn behind_prompt(text: &[u8], from: usize) -> usize {
    let quote = run_end(text, from, 1, |byte| b"\"'`".contains(&byte));
    let arrow = skip_spaces(text, quote);
    ["\u{2192} ", "-> ", "=> "]
        .iter()
        .find(|mark| quote > from && starts_with(text, arrow, mark.as_bytes()))
        .map_or(from, |mark| arrow + mark.len())
}

/// Behind the words that only join: `password is generated for …`.
fn skip_fillers(text: &[u8], from: usize) -> usize {
    let mut start = skip_spaces(text, from);
    for _ in 0..3 {
        let end = run_end(text, start, 16, |byte| byte.is_ascii_alphabetic());
        let word = part(text, start, end);
        if word.len() < 3 && word != b"is" || !words::FILLERS.has(word) {
            break;
        }
        start = skip_spaces(text, end);
    }
    start
}

/// `auth-user-pass: bob / hunter2`: the value was a user, and the password is behind the slash.
pub(super) fn behind_slash(scan: &mut Scan<'_>, from: usize) {
    let text = scan.text;
    if !starts_with_word(text, from, b" / ") {
        return;
    }
    let end = run_end(text, from + 3, 64, |byte| byte > b' ');
    if is_made_up(part(text, from + 3, end), 6) {
        scan.redact(from + 3, end);
    }
}

/// `BasicAuth(bob, hunter2)`, without quotes; `user` is behind the bracket.
pub(super) fn bare_pair(scan: &mut Scan<'_>, user: usize) -> bool {
    let text = scan.text;
    let word = |from: usize| {
        run_end(text, from, 64, |byte| {
            byte > b' ' && !b",)]\"'".contains(&byte)
        })
    };
    let comma = word(user);
    let start = skip_spaces(text, comma + 1);
    let end = word(start);
    let has_name = part(text, user, comma).contains(&b'=');
    let is_pair = comma > user
        && !has_name
        && at(text, comma) == b','
        && matches!(at(text, end), b')' | b']');
    let fits = is_pair && is_made_up(part(text, start.min(end), end), 6);
    if fits {
        scan.redact(start, end);
    }
    fits
}

/// `credentials bob/hunter2`, `credentials (bob, hunter2)`.
pub(super) fn pair(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let name = key.name(text);
    let is_pair = ends_with_word(name, b"credentials")
        || ends_with_word(name, b"zugangsdaten")
        || ends_with_word(name, b"creds")
        || key.class == Class::Weak && name.eq_ignore_ascii_case(b"auth");
    // `user/pass bob/hunter2`
    let slash = key.start.saturating_sub(1);
    let is_login = name.eq_ignore_ascii_case(b"login")
        && (starts_with_word(text, key.end, b" is ") || starts_with_word(text, key.end, b" as "));
    let is_pair = is_pair
        || is_login
        || at(text, slash) == b'/'
            && [&b"user"[..], b"username", b"login"]
                .iter()
                .any(|word| word_before(text, slash, word));
    if !is_pair {
        return false;
    }
    let mut open = skip_spaces(text, key.end);
    let colon = run_end(text, open, 64, |byte| {
        byte.is_ascii_graphic() && byte != b':' || byte == b' '
    });
    if starts_with(text, colon, b": ") && !is_login {
        open = colon + 2;
    } else if starts_with_word(text, open, b"are ") {
        open += 4;
    } else if is_login {
        open += 3;
    }
    let user = open + usize::from(matches!(at(text, open), b'(' | b'[' | b'"' | b'\''));
    let user_end = run_end(text, user, 48, |byte| {
        byte > b' ' && !b"/:,)]\"'".contains(&byte)
    });
    let is_apart = starts_with_word(text, user_end, b" / ");
    let is_joined = matches!(at(text, user_end), b'/' | b':' | b',');
    if user_end == user || !is_joined && !is_apart || part(text, user, user_end).contains(&b'=') {
        return false;
    }
    let start = skip_spaces(text, user_end + if is_apart { 3 } else { 1 });
    let end = run_end(text, start, 64, |byte| {
        byte > b' ' && !b",)]\"'".contains(&byte)
    });
    let fits = is_made_up(part(text, start, end), 6);
    if fits {
        scan.redact(start, end);
    }
    fits
}
