//! Generates messages from templates. A random number generator with a fixed seed fills the placeholders in braces.

pub(super) use super::Numbers;

use super::{alphabets, persons};

/// A message, with the texts that its redacted form must not contain, and those that it must keep.
pub(crate) struct Case {
    pub(crate) template: String,
    pub(crate) input: String,
    pub(crate) secrets: Vec<String>,
    pub(crate) context: Vec<String>,
}

pub(crate) fn templates(corpus: &str) -> impl Iterator<Item = &str> {
    corpus.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty())
}

pub(super) const HEX: &str = "0123456789abcdef";
pub(super) const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
pub(super) const BASE62: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const WORDS: &[&str] = &[
    "Autumn", "copper", "lantern", "Berlin", "monkey", "Trustno", "qwerty", "Welcome", "dragon",
    "Sommer", "kestrel", "harbour", "Zebra", "pickle",
];

/// Generates a password that a person would choose, from words, digits and a punctuation mark.
fn password(numbers: &mut Numbers) -> String {
    let word = numbers.one(WORDS);
    let other = numbers.one(WORDS);
    let number = numbers.between(1, 9999);
    match numbers.below(6) {
        0 => format!("{word}{number}"),
        1 => format!("{word}{number}!"),
        2 => format!("{word}-{other}-{number}"),
        3 => format!("{word}_{number}${other}"),
        4 => format!("{}{number}", word.to_lowercase()),
        _ => numbers.chars(BASE62, 8) + "7x",
    }
}

/// Generates a password with many punctuation marks, as password generators create it.
fn odd(numbers: &mut Numbers) -> String {
    let left = numbers.chars(BASE62, 4);
    let right = numbers.chars(BASE62, 5);
    let first = numbers.one(&["!", "$", "^", "*", "~", "+"]);
    let second = numbers.one(&["%", "!", "-", "_", ".", "="]);
    format!("{left}{first}7{second}{right}q{first}2")
}

/// Generates a password of lower-case words.
fn lower(numbers: &mut Numbers) -> String {
    let words = [numbers.one(WORDS), numbers.one(WORDS), numbers.one(WORDS)];
    words.join(numbers.one(&["-", "_", ""])).to_lowercase()
}

fn uuid(numbers: &mut Numbers) -> String {
    [8, 4, 4, 4, 12].map(|len| numbers.chars(HEX, len)).join("-")
}

fn random(numbers: &mut Numbers) -> String {
    match numbers.below(4) {
        0 => numbers.chars(HEX, 31) + "a",
        1 => numbers.chars(HEX, 39) + "7",
        2 => {
            let left = numbers.chars(BASE62, 17);
            let right = numbers.chars(BASE62, 14);
            format!("{left}4-{right}x_9")
        }
        _ => numbers.chars(BASE62, 30) + "b3",
    }
}

fn quoted(numbers: &mut Numbers) -> String {
    let word = numbers.one(WORDS);
    let number = numbers.between(10, 999);
    let tail = numbers.chars(BASE62, 6);
    match numbers.below(7) {
        0 => format!("{word} {tail} {number}"),
        1 => format!("{word}, {tail}; {number}"),
        2 => format!("{word}={tail}#{number}"),
        3 => format!("{tail}@{word}:{number}/x"),
        4 => format!("Grün{number}ö{tail}"),
        5 => password(numbers),
        _ => random(numbers),
    }
}

fn url_password(numbers: &mut Numbers) -> String {
    let left = numbers.chars(BASE62, 5);
    let right = numbers.chars(BASE62, 6);
    let sign = numbers.one(&["@", "/", "#", ":", "%40", "%2F", "!", "?", "+"]);
    format!("{left}k3{sign}{right}z8")
}

fn prefixed(numbers: &mut Numbers) -> String {
    match numbers.below(8) {
        0 => ["gh", "p_"].concat() + &numbers.chars(BASE62, 34) + "a1",
        1 => ["gl", "pat-"].concat() + &numbers.chars(BASE62, 18) + "b2",
        2 => ["AK", "IA"].concat() + &numbers.chars(UPPER, 14) + "C3",
        3 => ["xo", "xb-"].concat() + "123456789012-" + &numbers.chars(BASE62, 22) + "d4",
        4 => ["hv", "s."].concat() + &numbers.chars(BASE62, 22) + "e5",
        5 => ["sk", "_live_"].concat() + &numbers.chars(BASE62, 22) + "f6",
        6 => ["np", "m_"].concat() + &numbers.chars(BASE62, 34) + "g7",
        _ => {
            let head = numbers.chars(BASE62, 24);
            let body = numbers.chars(BASE62, 30);
            let sign = numbers.chars(BASE62, 40);
            format!("{}hbGciOi{head}.eyJ{body}.{sign}", ["ey", "J"].concat())
        }
    }
}

fn base64(text: &str) -> String {
    let alphabet = BASE64.as_bytes();
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0_usize, |bits, &byte| bits << 8 | usize::from(byte))
            << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            encoded.push(char::from(alphabet[bits >> (18 - 6 * place) & 63]));
        }
        encoded.push_str(&"=="[..3 - chunk.len()]);
    }
    encoded
}

const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Returns the words of a key that marks its value as a secret.
fn key(numbers: &mut Numbers) -> Vec<&'static str> {
    let owner = numbers.one(&["", "db", "smtp", "ldap bind", "admin", "broker", "app", "sftp"]);
    let name = numbers.one(&[
        "password",
        "passwd",
        "secret",
        "api key",
        "access token",
        "client secret",
        "auth token",
        "secret key",
        "private key",
        "passphrase",
        "token",
        "secret access key",
        "refresh token",
        "pwd",
        "encryption key",
        "access key",
    ]);
    owner.split(' ').chain(name.split(' ')).filter(|word| !word.is_empty()).collect()
}

fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

fn spelled(words: &[&str], style: char) -> String {
    match style {
        'k' => words.join("_"),
        'K' => words.join("_").to_uppercase(),
        'd' => words.join("-"),
        't' => words.join("."),
        'P' => words.iter().map(|word| capital(word)).collect(),
        _ => words[0].to_owned() + &words[1..].iter().map(|word| capital(word)).collect::<String>(),
    }
}

fn harmless(kind: char, numbers: &mut Numbers) -> Option<String> {
    Some(match kind {
        'h' => numbers
            .one(&["db-1.prod.example.com", "pg.internal.example.net", "warehouse.example.org"])
            .to_owned(),
        'i' => format!("10.{}.{}.17", numbers.below(256), numbers.below(256)),
        'n' => numbers.one(&["loader", "svc_etl", "bob", "reporting", "app-user"]).to_owned(),
        'm' => numbers.one(&["orders", "analytics", "billing", "events_db"]).to_owned(),
        'g' => numbers.between(2, 9876).to_string(),
        'f' => numbers.one(&["orders.csv", "dump-2026.sql.gz", "report_final.parquet"]).to_owned(),
        'r' => numbers.one(&["eu-west-1", "us-east-2"]).to_owned(),
        'x' => numbers.chars(HEX, 32),
        'S' => numbers.chars(HEX, 40),
        'D' => numbers.chars(HEX, 64),
        'U' => [8, 4, 4, 4, 12].map(|len| numbers.chars(HEX, len)).join("-"),
        'T' => format!(
            "2026-0{}-1{}T0{}:15:3{}Z",
            numbers.between(1, 9),
            numbers.below(10),
            numbers.below(10),
            numbers.below(10)
        ),
        'V' => format!("{}.{}.{}", numbers.below(20), numbers.below(40), numbers.below(9)),
        _ => return None,
    })
}

pub(crate) fn expand(template: &str, numbers: &mut Numbers) -> Case {
    let mut case = Case {
        template: template.to_owned(),
        input: String::new(),
        secrets: Vec::new(),
        context: Vec::new(),
    };
    let mut kept_from = None;
    let mut rest = template;
    while let Some(first) = rest.chars().next() {
        let kind = rest[first.len_utf8()..]
            .chars()
            .next()
            .filter(|_| first == '{' && rest.get(2..3) == Some("}"));
        if let Some(made_up) = kind.and_then(|kind| make_up(kind, numbers, &mut case.secrets)) {
            case.input.push_str(&made_up);
            rest = &rest[3..];
        } else if rest.starts_with("[[") && kept_from.is_none() && rest.contains("]]") {
            kept_from = Some(case.input.len());
            rest = &rest[2..];
        } else if rest.starts_with("]]") && kept_from.is_some() {
            case.context.push(case.input[kept_from.take().unwrap()..].to_owned());
            rest = &rest[2..];
        } else {
            case.input.push(match first {
                '⏎' => '\n',
                '⇥' => '\t',
                other => other,
            });
            rest = &rest[first.len_utf8()..];
        }
    }
    case
}

fn make_up(kind: char, numbers: &mut Numbers, secrets: &mut Vec<String>) -> Option<String> {
    let secret = match kind {
        'w' => password(numbers),
        'a' if numbers.below(2) == 0 => password(numbers),
        's' | 'a' => random(numbers),
        'q' => quoted(numbers),
        'u' => url_password(numbers),
        'o' => odd(numbers),
        'l' => lower(numbers),
        'y' => uuid(numbers),
        'B' => base64(&numbers.chars(BASE62, 41)) + "==",
        'p' => prefixed(numbers),
        'b' => base64(&format!("loader:{}", password(numbers))),
        'N' => numbers.between(10_000_000, 999_999_999).to_string(),
        'k' | 'K' | 'c' | 'd' | 'P' | 't' => return Some(spelled(&key(numbers), kind)),
        _ => {
            if let Some((person, piece)) = persons::person(kind, numbers) {
                secrets.push(piece);
                return Some(person);
            }
            match alphabets::secret(kind, numbers) {
                Some(secret) => secret,
                None => return harmless(kind, numbers),
            }
        }
    };
    // Half of a secret is a leak, too.
    let pieces = secret.split([' ', '@', '/', '#', ',', ';', '?']).filter(|piece| piece.len() > 3);
    secrets.extend(pieces.map(str::to_owned));
    Some(secret)
}
