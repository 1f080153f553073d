//! Finds vendors' tokens by the rows of the table. A token is a prefix and a body.

use std::cmp::Reverse;
use std::sync::LazyLock;

use crate::rules::format::{Alphabet, Length, Part, TokenFormat};
use crate::rules::formats;
use crate::scan::{Evidence, Reason, Scan};
use crate::text::{
    at, before, before_word, class, count_steps, is_name, part, rest, run_end, run_start,
};
use crate::{armour, score};

/// The number of bytes of a long token that are read first, unless its minimum length is greater.
const HEAD: usize = 96;
/// The minimum length of a random-looking body if its length or alphabet is undocumented.
const UNDOCUMENTED: usize = 16;
/// The minimum length of an undocumented body after a prefix of two or three bytes, because words begin like this, too.
const LONG: usize = 24;

/// The quality of a match, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Match {
    /// The prefix fits, and the body is random but has an undocumented length.
    Similar,
    /// The alphabet and the length are those of the documentation.
    Documented,
}

/// Reads a vendor's token or a JSON web token.
pub(crate) fn scan(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    let anchors = scan.policy.anchors();
    let web_token = anchor.checked_sub(2).filter(|&start| armour::is_web_token(text, start));
    // The most similar format, for a text that fits no format.
    let mut like: Option<(usize, &'static TokenFormat)> = None;
    let mut first = web_token;
    for (start, format) in anchors.formats(text, anchor) {
        if first.is_some_and(|first| first <= start) {
            continue;
        }
        if format.find(text, start).is_some() {
            first = Some(start);
        } else if !matches!(format.alphabet, Alphabet::Around(..))
            && begins_word(text, start)
            && like.is_none_or(|(_, other)| other.prefix.len() <= format.prefix.len())
        {
            like = Some((start, format));
        }
    }
    let Some(start) = first else {
        if let Some((start, format)) = like {
            similar(scan, start, format);
        }
        return;
    };
    // Formats with another anchor are tried, too, because one of them may fit better.
    if let Some(best) = best(beginning_at(text, start), text, start) {
        let first = best.format.start(text, start).unwrap_or(start);
        scan.redact(first, best.end, best.format.id, Evidence::Format);
    } else {
        armour::json_web_token(scan, start);
    }
}

/// Redacts random characters that follow a known prefix although they fit no format, because formats change.
fn similar(scan: &mut Scan<'_>, start: usize, format: &'static TokenFormat) {
    let text = scan.text;
    let prefix = format.prefix.as_bytes();
    let from = start + prefix.len();
    // After a dash or a dot, the run may be the end of a long name, so reading is limited.
    let is_apart = !matches!(before(text, start), b'-' | b'.');
    let limit = if is_apart { usize::MAX } else { UNDOCUMENTED };
    let end = end_of(Alphabet::Base64Url, text, from, limit);
    let body = part(text, from, end);
    // Words also begin with short prefixes, so such a prefix has to end with a sign and needs a longer body. A prefix
    // of letters is not enough.
    let is_sign = |byte: &u8| !byte.is_ascii_alphabetic();
    let least = match prefix {
        [_, _, _, _, ..] if prefix.iter().any(is_sign) => UNDOCUMENTED,
        [.., last] if !last.is_ascii_alphanumeric() => LONG,
        _ => return,
    };
    // Dashes or underscores without a capital letter join the words of a name: `api-gateway-7f9c6b5d4-x2kq9`.
    let is_name = class!("_-").any(body) && !class!("A-Z").any(body);
    let may_be_token = is_apart && !is_name && body.len() >= least;
    if may_be_token && is_varied(body) && score::is_random(body) {
        // A format with another anchor may fit better.
        let token = Token { end, found: Match::Similar, format };
        let best = best(beginning_at(text, start), text, start).unwrap_or(token);
        scan.redact(start, best.end, best.format.id, Evidence::Format);
        return;
    }
    let letters = class!("a-zA-Z0-9").end(text, from, UNDOCUMENTED);
    if least == UNDOCUMENTED && letters == from + UNDOCUMENTED {
        let why = "it looks like a name or a placeholder, not like such a token";
        scan.note(start, end, format.id, Reason::Other(why));
    }
}

/// Returns the end of the run of an alphabet that begins at `from` and has at most `limit` bytes.
fn end_of(alphabet: Alphabet, text: &[u8], from: usize, limit: usize) -> usize {
    let end = run_end(text, from, limit, alphabet.inside());
    if !matches!(alphabet, Alphabet::Base64) {
        return end;
    }
    // Base64 has its padding at the end only.
    let digits = run_end(text, from, end - from, |byte| byte != b'=');
    run_end(text, digits, (end - digits).min(2), |byte| byte == b'=')
}

/// The formats by the first two bytes of their prefixes.
static FORMATS: LazyLock<Vec<Vec<&'static TokenFormat>>> = LazyLock::new(|| {
    let mut by_start: Vec<Vec<_>> = Vec::new();
    by_start.resize_with(1 << 10, Vec::new);
    for format in formats() {
        by_start[bucket(format.prefix.as_bytes())].push(format);
    }
    by_start
});

fn bucket(text: &[u8]) -> usize {
    usize::from(at(text, 0) & 31) << 5 | usize::from(at(text, 1) & 31)
}

/// Returns the formats whose prefix may begin at `start`.
fn beginning_at(text: &[u8], start: usize) -> impl Iterator<Item = &'static TokenFormat> {
    let formats = &FORMATS[bucket(rest(text, start))];
    count_steps(formats.len());
    formats.iter().copied()
}

/// A token in a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) end: usize,
    pub(crate) found: Match,
    pub(crate) format: &'static TokenFormat,
}

/// Returns the token whose prefix is at `start`. The best match wins, and among equally good ones the longest.
pub(crate) fn best(
    formats: impl Iterator<Item = &'static TokenFormat>,
    text: &[u8],
    start: usize,
) -> Option<Token> {
    formats
        .filter(|format| rest(text, start).starts_with(format.prefix.as_bytes()))
        .filter_map(|format| format.find(text, start))
        .max_by_key(|Token { end, found, format }| {
            let is_limited = !matches!(format.length, Length::AtLeast(_));
            (*found, *end, format.prefix.len(), is_limited, Reverse(format.id))
        })
}

impl TokenFormat {
    /// Returns the token whose prefix is at `start`.
    pub(crate) fn find(&'static self, text: &[u8], start: usize) -> Option<Token> {
        let token = |end, found| Some(Token { end, found, format: self });
        let first = self.start(text, start)?;
        let from = start + self.prefix.len();
        if let Alphabet::Parts(parts) | Alphabet::Around(_, parts) = self.alphabet {
            let end = parts.iter().try_fold(from, |at, part| part.end(text, at))?;
            let body = part(text, from, end);
            let varied = part(text, if first < start { first } else { from }, end);
            let is_token = body.len() >= self.length.min() && is_varied(varied);
            return token(end, Match::Documented).filter(|_| is_token);
        }
        let limit = self.length.max().saturating_add(1).min(HEAD.max(self.length.min() + 1));
        let head = self.trim(text, from, end_of(self.alphabet, text, from, limit));
        let body = part(text, from, head);
        if !is_varied(body) {
            return None;
        }
        let is_documented = (self.length.min()..=self.length.max()).contains(&body.len());
        let fits = if is_documented {
            self.looks_issued(body)
        } else {
            body.len() >= UNDOCUMENTED && self.prefix.len() > 3 && score::is_random(body)
        };
        if !fits {
            return None;
        }
        let end =
            if head < from + limit { head } else { end_of(self.alphabet, text, head, usize::MAX) };
        let found = if is_documented { Match::Documented } else { Match::Similar };
        token(self.trim(text, from, end), found)
    }

    /// Returns the start of the token whose prefix is at `prefix`; `None` if no such token can begin there.
    pub(crate) fn start(&self, text: &[u8], prefix: usize) -> Option<usize> {
        let Alphabet::Around((alphabet, length), _) = self.alphabet else {
            return begins_word(text, prefix).then_some(prefix);
        };
        let limit = length.max().saturating_add(1);
        let start = run_start(text, prefix, limit, alphabet.inside());
        (length.min()..limit).contains(&(prefix - start)).then_some(start)
    }

    /// Removes dots and dashes after a token, and the characters beyond the maximum length if the first of them is no
    /// letter or digit.
    fn trim(&self, text: &[u8], from: usize, mut end: usize) -> usize {
        let allowed = from.saturating_add(self.length.max());
        if end > allowed && !at(text, allowed).is_ascii_alphanumeric() {
            end = allowed;
        }
        while end > from
            && matches!(before(text, end), b'.' | b'-')
            && end - from > self.length.min()
        {
            end -= 1;
        }
        end
    }

    /// Whether the body looks random enough for an issued token, unlike joined words such as `sk-learn-contrib-tools`.
    fn looks_issued(&self, body: &[u8]) -> bool {
        let is_long = match self.length {
            Length::Exactly(16..) => true,
            _ => body.len() >= 20,
        };
        let is_certain = match self.length {
            Length::Exactly(32..) => true,
            _ => self.prefix.len() > 3,
        };
        match is_certain {
            false => score::is_random(body),
            true if class!("0-9").any(body) || score::is_camel(body) => true,
            true => is_long && class!("a-zA-Z0-9").all(body),
        }
    }
}

impl Part {
    fn end(self, text: &[u8], from: usize) -> Option<usize> {
        match self {
            Self::Text(wanted) => {
                let end = from + wanted.len();
                (part(text, from, end) == wanted.as_bytes()).then_some(end)
            }
            Self::Run(alphabet, length) => {
                let end = end_of(alphabet, text, from, length.max());
                (end - from >= length.min()).then_some(end)
            }
        }
    }
}

/// Whether a word begins at `start`. An encoded sign before the word is not part of it.
pub(crate) fn begins_word(text: &[u8], start: usize) -> bool {
    match part(text, start.saturating_sub(3), start) {
        [.., b'\\', b'n' | b't' | b'r'] => true,
        [b'%', code @ ..] if class!("0-9a-fA-F").all(code) => true,
        _ => !is_name(before_word(text, start)),
    }
}

/// Whether the body has enough different bytes, unlike the placeholders `xxxxxxxx` and `00000000`.
fn is_varied(body: &[u8]) -> bool {
    let head = &body[..body.len().min(64)];
    count_steps(head.len());
    let mut seen = [0_u64; 4];
    for byte in head {
        seen[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }
    let different: u32 = seen.iter().map(|seen| seen.count_ones()).sum();
    different as usize > 4.min(body.len() / 3)
}
