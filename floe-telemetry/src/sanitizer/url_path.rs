//! Secrets in the path of a URL: those of webhooks, of links that are mailed, of package indexes.

use super::lexicon;
use super::shape::{LONGEST, is_made_up, is_opaque, is_uuid};
use super::text::{at, before, find, part, run_end, run_start, starts_with};
use super::{Rule, Scan, quote};

/// Segments before the token of a link that is mailed, and Conda's.
const LINKS: &[&[u8]] = &[
    b"t",
    b"login",
    b"magic",
    b"reset",
    b"verify",
    b"confirm",
    b"activate",
    b"invite",
];

/// `?room=7&ticket=…`: what lets somebody in once, in the query of a URL.
pub(super) fn ticket(scan: &mut Scan<'_>, start: usize, end: usize) {
    let text = scan.text;
    let name = b"ticket=";
    let Some(place) = find(text, start, end.saturating_sub(start), name) else {
        return;
    };
    let value = place + name.len();
    let stop = run_end(text, value, end - value, |byte| !b"&;#'\"".contains(&byte));
    let word = part(text, value, stop);
    if matches!(before(text, place), b'?' | b'&') && (is_uuid(word) || is_opaque(word, 12)) {
        scan.redact_unless_done(value, stop);
    }
}

/// Random segments behind one that announces them: `/services/T0/B0/…` of a webhook, `/token/…`.
pub(super) fn scan(scan: &mut Scan<'_>, start: usize, end: usize) {
    let text = scan.text;
    scan.rule = Rule::UrlPath;
    let end = run_end(text, start, end - start, |byte| {
        !matches!(byte, b'?' | b'#')
    });
    let host_end = run_end(text, start, end - start, |byte| {
        byte != b'/' && byte != b'\\'
    });
    let mut announced = contains_hook(part(text, start, host_end));
    let mut in_store = false;
    let mut index = host_end;
    while index < end {
        let segment = index + 1;
        index = run_end(text, segment, end - segment, |byte| byte != b'/');
        let word = part(text, segment, index);
        if word.len() > 11 && word.starts_with(b"bot") && word[3..].contains(&b':') {
            scan.redact(segment + 3, index);
        } else if announced && is_opaque(word, 16) && !is_file(word) {
            scan.redact(segment, index);
        } else if word.len() <= 40 {
            // Conda's `/t/token/channel`.
            // `/secrets/name/version` is an address in a store.
            announced = announced
                || LINKS.contains(&word)
                || contains_hook(word)
                || !in_store && lexicon::classify(word) == Some(lexicon::Class::Strong);
            in_store |= word == b"secrets";
        }
    }
}

/// `part-00000-….snappy.parquet`
pub(super) fn is_file(word: &[u8]) -> bool {
    let extension = word.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    extension.len() < word.len()
        && (2..=8).contains(&extension.len())
        && extension.iter().all(u8::is_ascii_lowercase)
}

fn contains_hook(word: &[u8]) -> bool {
    word.windows(4)
        .any(|part| part[0] | 32 == b'h' && part.eq_ignore_ascii_case(b"hook"))
}

/// Whether the word from `start` to `end` is the last of an address in quotes, and what follows says
/// something about that: `"https://x/token": dial tcp`.
pub(super) fn ends_quoted(text: &[u8], start: usize, end: usize) -> bool {
    let behind = end + quote::mark_len(text, end);
    if behind == end || !starts_with(text, behind, b": ") {
        return false;
    }
    let open = run_start(text, start, LONGEST, |byte| {
        byte > b' ' && !b"\"'`".contains(&byte)
    });
    let word = part(
        text,
        behind + 2,
        run_end(text, behind + 2, LONGEST, |byte| byte > b' '),
    );
    let goes_on = at(text, behind + 2 + word.len()) == b' ' || word == b"EOF";
    goes_on
        && !is_made_up(word, 5)
        && !is_opaque(word, 8)
        && quote::open(text, behind + 2).is_none()
        && part(text, open, start).starts_with(b"http")
}
