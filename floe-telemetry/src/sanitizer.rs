//! Text in, safe text out: credentials and personal data become [`REDACTED`].
//!
//! One pass finds the places worth a look (`finder`), a small grammar behind each kind of place
//! decides what there is a secret: `url`, `address`, `key_value` with `loose`, `header`, `token`,
//! `pem`, `command_line`, `pii`. Everything else stays, so the message keeps its use: scheme, host,
//! database, key names and error names. Every grammar reads a bounded distance back and consumes
//! what it reads ahead, so the time is linear in the text whatever it contains.

mod address;
mod bare;
mod command_line;
mod container;
mod cookie;
mod finder;
mod header;
mod host;
mod key_value;
mod lexicon;
mod loose;
mod pem;
mod pii;
mod placeholder;
mod quote;
mod separator;
mod shape;
mod sql;
mod structure;
mod text;
mod token;
mod url;
mod value;
mod verdict;
mod words;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

/// The longest error message that is recorded, in characters.
pub const MAX_MESSAGE_CHARS: usize = 500;

/// How many different secrets are searched for in the rest of their text.
const MAX_ECHOES: usize = 4;

/// What stands in the place of a secret.
pub const REDACTED: &str = "<REDACTED>";

/// How much is taken out of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Credentials only.
    #[allow(dead_code, reason = "chosen by configuration")]
    Credentials,
    /// Credentials and personal data with a checkable form.
    #[default]
    CredentialsAndPii,
    /// Also every value of a key whose name is sensitive in some of its meanings.
    #[allow(dead_code, reason = "chosen by configuration")]
    Strict,
}

/// The message without credentials, at most [`MAX_MESSAGE_CHARS`] characters long.
///
/// Redacts before truncating, so a secret that begins inside the limit and ends behind it is found.
/// Applying it again changes nothing, and a clean, short message comes back borrowed.
#[must_use]
pub fn sanitize_error_message(message: &str) -> Cow<'_, str> {
    let clean = sanitize(message);
    let Some(cut) = cut_at(&clean) else {
        return clean;
    };
    let mut short = clean.get(..cut).unwrap_or_default().to_owned();
    // A number or a name that was harmless may look like a secret without its end.
    for _ in 0..3 {
        let Cow::Owned(again) = sanitize(&short) else {
            break;
        };
        let cut = cut_at(&again).unwrap_or(again.len());
        again.get(..cut).unwrap_or_default().clone_into(&mut short);
    }
    Cow::Owned(short)
}

/// The text without credentials, at its full length.
#[must_use]
pub fn sanitize(text: &str) -> Cow<'_, str> {
    sanitize_with(text, Policy::default())
}

/// The text without what `policy` forbids.
pub(crate) fn sanitize_with(text: &str, policy: Policy) -> Cow<'_, str> {
    let Some(mut clean) = pass(text, policy) else {
        return Cow::Borrowed(text);
    };
    // A mark can stand where it completes a shape that the secret hid, so what was changed is read
    // again; more than one more round was never seen.
    for _ in 0..3 {
        let Some(cleaner) = pass(&clean, policy) else {
            break;
        };
        clean = cleaner;
    }
    Cow::Owned(clean)
}

/// The text without the secrets that one look finds; `None` if there are none.
fn pass(text: &str, policy: Policy) -> Option<String> {
    let mut scan = Scan::new(text.as_bytes(), policy);
    scan.run();
    scan.find_echoes(text);
    (!scan.found.is_empty()).then(|| scan.replace(text))
}

/// Where a text of too many characters is cut: never inside [`REDACTED`].
fn cut_at(text: &str) -> Option<usize> {
    if text.len() <= MAX_MESSAGE_CHARS {
        return None;
    }
    let (cut, _) = text.char_indices().nth(MAX_MESSAGE_CHARS)?;
    let inside = (1..REDACTED.len())
        .filter_map(|back| cut.checked_sub(back))
        .find(|&start| {
            text.get(start..)
                .is_some_and(|tail| tail.starts_with(REDACTED))
        });
    Some(inside.unwrap_or(cut))
}

/// Looks at the anchor that ends at the index.
type Grammar<'t> = fn(&mut Scan<'t>, usize);

/// One text on its way through the grammars.
struct Scan<'t> {
    text: &'t [u8],
    policy: Policy,
    /// What has to go.
    found: Vec<(usize, usize)>,
    /// Everything before this was decided by a match.
    covered: usize,
    /// Keys, numbers, userinfo, signs, cookies and doubtful values before these were looked at already.
    key_until: usize,
    digits_until: usize,
    url_until: usize,
    signs_until: usize,
    cookies_until: usize,
    doubtful_until: usize,
}

impl<'t> Scan<'t> {
    fn new(text: &'t [u8], policy: Policy) -> Self {
        Self {
            text,
            policy,
            found: Vec::new(),
            covered: 0,
            key_until: 0,
            digits_until: 0,
            url_until: 0,
            signs_until: 0,
            cookies_until: 0,
            doubtful_until: 0,
        }
    }

    fn run(&mut self) {
        let finder = finder::Finder::new();
        let mut from = 0;
        while let Some((anchor, kinds)) = finder.next(self.text, from) {
            from = anchor + 1;
            if anchor < self.covered {
                // The next anchor may begin inside of what was matched.
                from = from.max(self.covered);
                continue;
            }
            self.look(anchor, kinds);
            if kinds == finder::DIGITS {
                // A long number has an anchor at each of its digits.
                from = from.max(self.digits_until);
            }
        }
    }

    /// The order matters where grammars meet: a URL explains its `@`, a prefix explains more than
    /// the key before it.
    fn look(&mut self, anchor: usize, kinds: u8) {
        let grammars: [(u8, Grammar<'t>); 7] = [
            (finder::URL, url::scan),
            (finder::TOKEN, token::scan),
            (finder::PEM, pem::scan),
            (finder::KEY, key_value::scan),
            (finder::SCHEME, header::bare_scheme),
            (finder::FLAG, command_line::scan),
            (finder::SIGN, sign),
        ];
        if kinds & finder::DIGITS != 0 {
            pii::digits(self, anchor);
        }
        for (kind, grammar) in grammars {
            if kinds & kind != 0 {
                grammar(self, anchor);
            }
        }
    }

    fn redact(&mut self, start: usize, end: usize) {
        if start < end {
            self.found.push((start, end));
            self.covered = self.covered.max(end);
        }
    }

    /// A secret found by its key is one wherever the text repeats it: `password 'x' is wrong`.
    fn find_echoes(&mut self, text: &str) {
        let mut known: Vec<&str> = Vec::new();
        for index in 0..self.found.len().min(MAX_ECHOES * 4) {
            let (start, end) = self.found[index];
            let secret = text.get(start..end).unwrap_or_default();
            let secret = secret
                .split_once(':')
                .map_or(secret, |(_, password)| password);
            let bytes = secret.as_bytes();
            let is_distinct = (6..=128).contains(&bytes.len())
                && bytes.iter().any(u8::is_ascii_alphabetic)
                && (bytes.iter().any(u8::is_ascii_digit) || shape::is_camel(bytes));
            if !is_distinct || known.contains(&secret) || known.len() == MAX_ECHOES {
                continue;
            }
            known.push(secret);
            let echoes = text
                .match_indices(secret)
                .map(|(at, _)| (at, at + secret.len()));
            self.found.extend(echoes);
        }
    }

    /// Like `redact`, but not what an earlier pass left as its mark.
    fn redact_unless_done(&mut self, start: usize, end: usize) {
        if !text::is_redacted(self.text, start) {
            self.redact(start, end);
        }
    }

    /// The text with every range replaced; ranges that overlap or touch become one.
    fn replace(mut self, text: &str) -> String {
        self.found.sort_unstable();
        let mut clean = String::with_capacity(text.len());
        let mut kept = 0;
        let mut end_of_last = None;
        for &(start, end) in &self.found {
            let (start, end) = (
                text.floor_char_boundary(start),
                text.ceil_char_boundary(end),
            );
            if end_of_last.is_some_and(|last| start <= last) {
                kept = kept.max(end);
            } else {
                clean.push_str(text.get(kept..start).unwrap_or_default());
                clean.push_str(REDACTED);
                kept = end;
            }
            end_of_last = Some(kept);
        }
        clean.push_str(text.get(kept..).unwrap_or_default());
        clean
    }
}

/// `@` and `+` share an anchor.
fn sign(scan: &mut Scan<'_>, at: usize) {
    match text::at(scan.text, at) {
        b'@' => address::scan(scan, at),
        _ if scan.policy != Policy::Credentials => pii::phone(scan, at),
        _ => {}
    }
}
