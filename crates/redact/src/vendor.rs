//! Finds vendors' tokens by the rows of the table. A token is a prefix and a body.

use std::cmp::Reverse;
use std::sync::LazyLock;

use crate::rules::class::Class;
use crate::rules::format::{BASE64_URL, Body, Length, Part, TokenFormat};
use crate::rules::tokens::TOKENS;
use crate::scan::{Evidence, Scan};
use crate::text::{at, before, before_word, class, count_steps, is_name, part, rest, run_end};
use crate::{armour, score};

/// The number of bytes of a long token that are read first, unless its minimum length is greater.
const HEAD: usize = 96;
/// The minimum length of a random-looking body if its length or alphabet is undocumented.
const UNDOCUMENTED: usize = 16;
/// The minimum length of an undocumented body after a prefix of two or three bytes, because words begin like this, too.
const LONG: usize = 24;

/// Reads a vendor's token or a JSON web token.
pub(crate) fn scan(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    let mut first = anchor.checked_sub(2).filter(|&start| armour::is_web_token(text, start));
    // The format with the longest prefix, for a text that fits no format.
    let mut like: Option<(usize, &'static TokenFormat)> = None;
    let starts = scan.policy.anchors().starts(text, anchor);
    let formats =
        starts.flat_map(|start| beginning_at(text, start).map(move |format| (start, format)));
    for (start, format) in formats {
        if first.is_some_and(|first| first <= start) {
            break;
        }
        if format.find(text, start).is_some() {
            first = Some(start);
        } else if like.is_none_or(|(_, other)| other.prefix.len() <= format.prefix.len()) {
            like = Some((start, format));
        }
    }
    let Some(start) = first else {
        if let Some((start, format)) = like {
            similar(scan, start, format);
        }
        return;
    };
    match best(beginning_at(text, start), text, start) {
        Some(best) => scan.redact(best.start, best.end, best.format.id, Evidence::Format),
        None => armour::json_web_token(scan, start),
    }
}

/// Redacts random characters that follow a known prefix although they fit no format, because formats change.
fn similar(scan: &mut Scan<'_>, start: usize, format: &'static TokenFormat) {
    let text = scan.text;
    let prefix = format.prefix.as_bytes();
    if format.start(text, start) != Some(start) {
        return;
    }
    let from = start + prefix.len();
    // After a dash or a dot, the run may be the end of a long name, so reading is limited.
    let is_apart = !matches!(before(text, start), b'-' | b'.');
    let limit = if is_apart { usize::MAX } else { HEAD };
    let end = BASE64_URL.end(text, from, limit);
    let body = part(text, from, end);
    // Words also begin with short prefixes, so such a prefix has to end with a sign and needs a longer body. A prefix
    // of letters before several parts is not enough.
    let is_sign = |byte: &u8| !byte.is_ascii_alphabetic();
    let is_long = prefix.iter().any(is_sign) || matches!(format.body, Body::Run(_));
    let least = match prefix {
        [_, _, _, _, ..] if is_long => UNDOCUMENTED,
        [.., last] if !last.is_ascii_alphanumeric() => LONG,
        _ => return,
    };
    // Dashes or underscores without a capital letter join the words of a name: `api-gateway-7f9c6b5d4-x2kq9`.
    let is_name = class!("_-").any(body) && !class!("A-Z").any(body);
    let is_known = is_apart || least == UNDOCUMENTED;
    let may_be_token = is_known && !is_name && body.len() >= least;
    if may_be_token && is_varied(body) && score::is_random(body) {
        let end = BASE64_URL.end(text, end, usize::MAX);
        scan.redact(start, end, format.id, Evidence::Format);
        return;
    }
    let letters = class!("a-zA-Z0-9").end(text, from, UNDOCUMENTED);
    if least == UNDOCUMENTED && letters == from + UNDOCUMENTED {
        let why = "it looks like a name or a placeholder, not like such a token";
        scan.note(start, end, format.id, why);
    }
}

/// Returns the end of the run of an alphabet that begins at `from` and has at most `limit` bytes.
fn end_of(class: &Class, text: &[u8], from: usize, limit: usize) -> usize {
    // Base64 has its padding at the end only, but a hash or a URI may have `=` anywhere.
    let is_padding = |byte| byte == b'=' && class.has(byte) && !class.has(b'$');
    let end = run_end(text, from, limit, |byte| class.has(byte) && !is_padding(byte));
    run_end(text, end, (from.saturating_add(limit) - end).min(2), is_padding)
}

/// The formats by the first two bytes of their prefixes.
static FORMATS: LazyLock<Vec<Vec<&'static TokenFormat>>> = LazyLock::new(|| {
    let mut by_start: Vec<Vec<_>> = Vec::new();
    by_start.resize_with(1 << 10, Vec::new);
    for format in TOKENS.iter() {
        by_start[bucket(format.prefix.as_bytes())].push(format);
    }
    by_start
});

fn bucket(text: &[u8]) -> usize {
    usize::from(at(text, 0) & 31) << 5 | usize::from(at(text, 1) & 31)
}

/// Returns the formats whose prefix begins at `start`.
fn beginning_at(text: &[u8], start: usize) -> impl Iterator<Item = &'static TokenFormat> + '_ {
    let text = rest(text, start);
    let formats = &FORMATS[bucket(text)];
    count_steps(formats.len());
    formats.iter().copied().filter(|format| text.starts_with(format.prefix.as_bytes()))
}

/// A token in a text.
pub(crate) struct Token {
    start: usize,
    pub(crate) end: usize,
    pub(crate) format: &'static TokenFormat,
}

/// Returns the token whose prefix is at `start`. The longest match wins.
pub(crate) fn best(
    formats: impl Iterator<Item = &'static TokenFormat>,
    text: &[u8],
    start: usize,
) -> Option<Token> {
    formats.filter_map(|format| format.find(text, start)).max_by_key(
        |Token { end, format, .. }| {
            let is_limited = !matches!(format.length, Length::AtLeast(_));
            (*end, format.prefix.len(), is_limited, Reverse(format.id))
        },
    )
}

impl TokenFormat {
    /// Returns the token whose prefix is at `prefix`.
    fn find(&'static self, text: &[u8], prefix: usize) -> Option<Token> {
        let start = self.start(text, prefix)?;
        let from = prefix + self.prefix.len();
        let (end, is_token) = match self.body {
            Body::Parts(parts) | Body::Around(_, parts) => {
                let end = parts.iter().try_fold(from, |at, part| part.end(text, at))?;
                (end, is_varied(part(text, if start < prefix { start } else { from }, end)))
            }
            Body::Run(class) => {
                let limit =
                    self.length.max().saturating_add(1).min(HEAD.max(self.length.min() + 1));
                let head = self.trim(text, from, end_of(class, text, from, limit));
                let body = part(text, from, head);
                let is_documented = (self.length.min()..=self.length.max()).contains(&body.len());
                let is_token = is_documented && is_varied(body) && self.looks_issued(body);
                let is_whole = !is_token || head < from + limit;
                let end = if is_whole { head } else { end_of(class, text, head, usize::MAX) };
                (self.trim(text, from, end), is_token)
            }
        };
        is_token.then_some(Token { start, end, format: self })
    }

    /// Returns the start of the token whose prefix is at `prefix`; `None` if no such token can begin there.
    fn start(&self, text: &[u8], prefix: usize) -> Option<usize> {
        if !rest(text, prefix).starts_with(self.prefix.as_bytes()) {
            return None;
        }
        let Body::Around((class, length), _) = self.body else {
            return begins_word(text, prefix).then_some(prefix);
        };
        let limit = length.max().saturating_add(1);
        let start = class.start(text, prefix, limit);
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
        let is_certain = match self.length {
            Length::Exactly(32..) => true,
            _ => self.prefix.len() > 3,
        };
        // Of 20 random letters or digits, some are digits, or their case changes.
        let is_mixed = class!("0-9").any(body) || score::is_camel(body);
        if is_certain { is_mixed } else { score::is_random(body) }
    }
}

impl Part {
    fn end(self, text: &[u8], from: usize) -> Option<usize> {
        match self {
            Self::Text(wanted) => {
                let end = from + wanted.len();
                (part(text, from, end) == wanted.as_bytes()).then_some(end)
            }
            Self::Run((class, length)) => {
                let end = end_of(class, text, from, length.max());
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
