//! The level `strict`: masks everything that is not known to be harmless, after the other rules.
//!
//! A text is split at blanks, quotes, brackets and signs of pairs and lists. A piece stays if it is a word, an identifier or
//! a path of words, a short number with its unit, a time, a version, an address, or a known code.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::policy::Policy;
use crate::rules::list::{WordList, words};
use crate::rules::structures::NOT_KNOWN;
use crate::scan::{Evidence, Finding};
use crate::score::is_algorithm;
use crate::text::{class, count_steps, mark_at, part};

/// The longest word, in letters.
const WORD: usize = 24;

/// The largest number of digits in a number that stays.
const DIGITS: usize = 7;

/// The largest number of words in an identifier or a path.
const PARTS: usize = 16;

/// The largest number of consonants in a row, as in `lengths`.
const CONSONANTS: usize = 5;

/// Units after a number.
static UNITS: WordList = words!(
    "ns, us, µs, ms, s, m, h, d, x, b, k, kb, kib, mb, mib, g, gb, gib, tb, tib, bytes, byte, hz, mhz, ghz, st, nd, rd, th, px, w, v, z"
);

/// Words without vowels, and other words that their letters do not show.
static WORDS: WordList = words!(
    "http, https, html, grpc, mqtt, xml, psql, mysql, ssl, tls, dns, tcp, ssh, sftp, kwargs, kubectl, nginx, systemctl, mkdir, \
    rhythm, sync, async, cfg, ctx, postgres, postgresql, postgrest, rustc, dbname, sslmode, pgbouncer, jdbc, odbc, sqlx, tokio, stdout, \
    stderr, sqlstate, sshd, gcloud, uuid, sasl, csrf, oidc, parquet, libpq, pkey, utf8mb4, prompts, kafka, scripts, mysqld, \
    mysqldump, wget, hdfs, npmrc, isbn, keygen, jwks"
);

/// The letters that follow each letter in the words of this repository's pages, from `a` to `z`.
const PAIRS: [&[u8]; 26] = [
    b"bcdefghiklmnprstuvwxyz",
    b"acdehijloprstuy",
    b"acehiklmoprstuy",
    b"abdegijklmnoprstuy",
    b"abcdefghijlmnopqrstuvwxyz",
    b"aefiklorstuy",
    b"abefghilmnoprstuyz",
    b"abdeimorstuy",
    b"abcdefgiklmnopqrstvxz",
    b"aeosu",
    b"abdeimnoprstuy",
    b"abcdefghiklmnoprstuvyz",
    b"abcdeilmnopqstuv",
    b"acdefghijklmnoprstuvwy",
    b"abcdefgijklmnoprstuvwxy",
    b"acdeghilmnoprstuy",
    b"lpu",
    b"abcdefgiklmnopqrstuvwy",
    b"acdefhijklmnopqrstuvwy",
    b"abcdefghilmnoprstuwxy",
    b"abcdefgilmnoprstz",
    b"aeimoy",
    b"adefhilnorsw",
    b"aceipty",
    b"abcehilmnopstwz",
    b"aeiyz",
];

/// Returns the pieces of a text that are not known to be harmless.
pub(crate) fn unknown(policy: &Policy, text: &str) -> Vec<Finding> {
    let bytes = text.as_bytes();
    let is_json = matches!(text.trim_start().as_bytes(), [b'{' | b'[', ..]);
    let mut found = Vec::new();
    let mut is_quoted = false;
    let mut start = 0;
    count_steps(bytes.len());
    while start < bytes.len() {
        if let Some(mark) = mark_at(bytes, start) {
            start += mark.len();
            continue;
        }
        let inside = class!("^\"'`<>()[]{}=,;|&\\");
        let run = inside.end(bytes, start, usize::MAX);
        if run == start {
            is_quoted ^= bytes[start] == b'"';
            start += separator(bytes, start);
            continue;
        }
        if !is_public(part(bytes, start, run)) {
            pieces(policy, text, start, run, is_json && !is_quoted, &mut found);
        }
        start = run;
    }
    found
}

/// Returns the length of the sign at `start`, with the letter of an escape: `\n`, `\"`, `\u00e4`.
fn separator(text: &[u8], start: usize) -> usize {
    match part(text, start, start + 6) {
        [b'\\', b'u', digits @ ..] if class!("0-9a-fA-F").fits(digits, 4..=4) => 6,
        [b'\\', next, ..] if next.is_ascii() => 2,
        _ => 1,
    }
}

/// Adds the pieces of a run without blanks that are unknown.
fn pieces(
    policy: &Policy,
    text: &str,
    start: usize,
    end: usize,
    is_value: bool,
    found: &mut Vec<Finding>,
) {
    let bytes = text.as_bytes();
    let mut from = start;
    while from < end {
        let next = class!("^:").end(bytes, from, end - from);
        let piece = part(bytes, from, next);
        if !piece.is_empty() && !is_harmless(policy, piece) {
            let mut finding = Finding::new(from..next, NOT_KNOWN, Evidence::NotKnown, None);
            // A number of JSON becomes a text.
            if is_value && class!("0-9.eE+-").all(piece) {
                finding.mark = Cow::Borrowed("\"<REDACTED>\"");
            }
            found.push(finding);
        }
        from = next + 1;
    }
}

/// Whether the text is an address of IP, with a port or the size of a network.
fn is_public(run: &[u8]) -> bool {
    let run = run.trim_ascii_end();
    let head = &run[..class!("0-9a-fA-F.:").end(run, 0, 48)];
    let tail = &run[head.len()..];
    let is_rest = matches!(tail, [] | [b'/' | b'%', ..]) && tail.len() <= 8;
    let address = std::str::from_utf8(head).unwrap_or_default().trim_end_matches([':', '.']);
    is_rest && class!(":.").any(head) && address.parse::<IpAddr>().is_ok()
}

/// Whether the segments of a text, as of a path or an address, are all harmless.
fn is_harmless(policy: &Policy, piece: &[u8]) -> bool {
    let segments = piece.split(|byte| b"/?#@".contains(byte));
    segments.clone().count() <= PARTS && segments.clone().all(is_plain) || policy.allows(piece)
}

fn is_plain(segment: &[u8]) -> bool {
    let end = class!(".!*").start(segment, segment.len(), 4);
    let start = class!("$#*.~+-").end(segment, 0, 4).min(end);
    let segment = &segment[start..end];
    segment.len() < 2
        || class!("!-/:-@[-`{-~").all(segment)
        || is_number(segment)
        || is_code(segment)
        || is_algorithm(segment)
        || is_identifier(segment)
}

/// Whether the text is a number with its unit, a time, a date or a version.
fn is_number(piece: &[u8]) -> bool {
    let piece = match piece {
        [b'v' | b'V' | b'~' | b'^', tail @ ..] => tail,
        _ => piece,
    };
    let end = class!("0-9.").end(piece, 0, 64);
    let unit = &piece[end..];
    let digits = |text: &[u8]| text.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_short = digits(piece) <= DIGITS && end > 0;
    is_short && (unit.is_empty() || unit == b"%" || UNITS.has(unit))
        || is_day(piece)
        || is_second(piece)
}

/// Whether the text is a day, also with the beginning of a time: `2026-11-30`, `2026/11/30`, `2026-11-30T12`.
fn is_day(piece: &[u8]) -> bool {
    let [y1, y2, y3, y4, first, m1, m2, second, d1, d2, time @ ..] = piece else {
        return false;
    };
    let is_date = class!("0-9").all(&[*y1, *y2, *y3, *y4, *m1, *m2, *d1, *d2])
        && first == second
        && matches!(first, b'-' | b'/')
        && matches!(m1, b'0' | b'1')
        && *d1 <= b'3';
    let is_time = match time {
        [] => true,
        [b'T', time @ ..] => {
            let end = class!("0-9").end(time, 0, 6);
            class!("Z").fits(&time[end..], ..=1)
        }
        _ => false,
    };
    is_date && is_time
}

/// Whether the text is a second, with its fraction and the hours of its zone: `07.123456789Z`, `07+02`.
fn is_second(piece: &[u8]) -> bool {
    let end = class!("0-9").end(piece, 0, 3);
    let point = class!(".").end(piece, end, 1);
    let fraction = class!("0-9").end(piece, point, 9);
    let is_zone = match &piece[fraction..] {
        [] | b"Z" => true,
        [b'+' | b'-', hours @ ..] => class!("0-9").fits(hours, 2..=2),
        _ => false,
    };
    end == 2 && piece[0] <= b'5' && is_zone
}

/// Whether the text is the code of an error, a state of SQL or a short hexadecimal number.
fn is_code(piece: &[u8]) -> bool {
    if let [b'0', b'x', digits @ ..] = piece {
        return class!("0-9a-fA-F").fits(digits, ..=12);
    }
    let letters = class!("A-Z").end(piece, 0, 8);
    let joint = class!("-_").end(piece, letters, 1);
    let number = &piece[joint..];
    let is_numbered =
        letters > 0 && class!("0-9").fits(number, 1..=5) && (letters <= 5 || joint > letters);
    let is_state =
        piece.len() == 5 && class!("0-9A-Z").all(piece) && class!("0-9").all(&piece[..2]);
    is_numbered || is_state
}

/// Whether the text consists of words and at most two short numbers that signs join, like the name of a module, a host
/// or a file.
fn is_identifier(segment: &[u8]) -> bool {
    let parts = segment.split(|byte| b"_-.~+%".contains(byte)).filter(|part| !part.is_empty());
    let mut numbers = 0;
    let mut words = 0;
    for part in parts {
        words += 1;
        let digits = class!("0-9").start(part, part.len(), 64);
        let name = &part[..digits];
        numbers += usize::from(digits < part.len());
        let is_short = match (name.len(), part.len() - digits) {
            (_, 0) | (0, ..=2) | (2.., 1) => are_words(name),
            (1.., _) => part.len() <= 3,
            _ => false,
        };
        if !is_short && !is_algorithm(part) {
            return false;
        }
    }
    words <= PARTS && numbers <= 2
}

/// Whether the letters are one word, or words of which each begins with a capital.
fn are_words(letters: &[u8]) -> bool {
    if !letters.is_ascii() {
        let text = std::str::from_utf8(letters).unwrap_or("0");
        return text.chars().count() <= WORD
            && text.chars().all(|letter| {
                letter.is_alphabetic() || !letter.is_alphanumeric() && !letter.is_ascii()
            });
    }
    let mut start = 0;
    let mut short = 0;
    while start < letters.len() {
        let capitals = class!("A-Z").end(letters, start, WORD + 1);
        let small = class!("a-z").end(letters, capitals, WORD + 1);
        let (head, word) = match capitals - start {
            // The last capital begins a word: `HTTPServer`.
            2.. if small > capitals => (capitals - 1 - start, part(letters, capitals - 1, small)),
            2.. => (capitals - start, &[][..]),
            _ => (0, part(letters, start, small)),
        };
        let acronym = part(letters, start, start + head);
        if small == start || !is_acronym(acronym) || !word.is_empty() && !is_word(word) {
            return false;
        }
        short +=
            usize::from(word.len() == 1 || word.len() == 2) + usize::from((1..3).contains(&head));
        start = small;
    }
    short <= 1 || short == 2 && letters.len() <= 4 || letters.len() == 1
}

fn is_acronym(capitals: &[u8]) -> bool {
    capitals.len() <= 5 || is_word(capitals)
}

/// Whether the letters have the vowels and the pairs of a word.
fn is_word(word: &[u8]) -> bool {
    if word.len() <= 3 || WORDS.has(word) {
        return true;
    }
    let is_vowel = |byte: &u8| class!("aeiouyAEIOUY").has(*byte);
    let mut consonants = word.split(is_vowel).map(<[u8]>::len);
    let vowels = word.iter().filter(|byte| is_vowel(byte)).count();
    let follows = |pair: &[u8]| {
        let row = PAIRS[usize::from(pair[0].to_ascii_lowercase() - b'a')];
        row.contains(&pair[1].to_ascii_lowercase())
    };
    word.len() <= WORD
        && vowels * 8 >= word.len()
        && vowels * 4 <= word.len() * 3
        && consonants.all(|run| run <= CONSONANTS)
        && word.windows(2).all(follows)
}

#[cfg(test)]
mod tests {
    use crate::{Level, Redactor};

    #[test]
    fn words_numbers_and_codes_stay_and_all_else_is_masked() {
        let redactor = Redactor::builder().level(Level::Strict).build();
        for text in [
            "No such file or directory (os error 2): /var/lib/shop/orders.db",
            "panicked at src/main.rs:42:9: index out of bounds: the len is 3",
            "2026-11-30T12:00:07.123Z connect to db1.eu-west-1.example.com:5432 (10.0.0.7) took 1.5s",
            "2026/11/30 07.123456789Z 12:00:07+02:00 2026-11-30T120007Z",
            "error[E0310] ORA-12541 SQLSTATE 42P01 HTTP 503 [::1]:8080 v1.2.3 0x7ffe 12 MiB HTTPServerError",
        ] {
            assert_eq!(redactor.redact(text), text);
        }
        for (text, wanted) in [
            ("order 7f3a9c21d4e5 of mango71", "order <REDACTED> of <REDACTED>"),
            (
                "{\"id\": 123456789012, \"n\": [3, 99999999999]}",
                "{\"id\": \"<REDACTED>\", \"n\": [3, \"<REDACTED>\"]}",
            ),
            ("xkqzvbn dEfjoZBR", "<REDACTED> <REDACTED>"),
            (r#"{"name":"K\u00e4se xkqzvbn"}"#, r#"{"name":"K\u00e4se <REDACTED>"}"#),
            ("card 1234-5678-9012-3456 code 4321-8765", "card <REDACTED> code <REDACTED>"),
            ("id 123-45-6789", "id <REDACTED>"),
        ] {
            let safe = redactor.redact(text);
            assert_eq!(safe, wanted);
            assert_eq!(redactor.redact(&safe), wanted);
        }
    }
}
