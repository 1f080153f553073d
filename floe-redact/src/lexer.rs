//! The tokenizer: words, quotes, brackets and signs, whatever they are encoded in.
//!
//! `%3D`, `\u003d`, `&#61;` and `=` are the same sign, and `"`, `\"`, `&quot;` and `%22` are quotes
//! of different levels, so a grammar above is written once. A quote or a bracket knows its partner.
//! A text is read forwards and once, as far as a grammar asks for it.

use crate::REDACTED;
use crate::text::{at, before, is_name, part, rest, run_end, starts_with};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Letters, digits and underscores, with dots and dashes between them.
    Word,
    /// White space and terminal colours within a line.
    Blank,
    /// The end of a line.
    Line,
    /// A quotation mark.
    Quote,
    /// `(`, `[` or `{`.
    Open(u8),
    /// `)`, `]` or `}`.
    Close(u8),
    /// Any other byte.
    Sign(u8),
    /// The mark of an earlier redaction.
    Redacted,
}

/// An arrow that is no ASCII.
pub(crate) const ARROW: u8 = 1;

/// How a token is encoded in the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Coding {
    /// As it is, or as a wide form of the same sign.
    #[default]
    Plain,
    /// `%3D`
    Percent,
    /// `&#61;`
    Entity,
    /// `\n`, `\"`, `\u003d`: behind so many backslashes.
    Escape(u8),
}

/// A piece of the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) coding: Coding,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The other of a pair of quotes or brackets: its place in the list of tokens.
    pub(crate) mate: Option<usize>,
    /// Which quotation mark it is.
    mark: u8,
}

/// How far before a place its line is looked for.
const LOOK_BACK: usize = 1024;
/// A line that is longer is read in pieces.
const LONG_LINE: usize = 4096;
/// With more tokens the next line begins a new list.
const MANY: usize = 4096;
/// How many open quotes and brackets a closing one may close.
const DEPTH: usize = 12;

/// The tokens of a part of the text.
#[derive(Debug)]
pub(crate) struct Tokens<'t> {
    pub(crate) text: &'t [u8],
    list: Vec<Token>,
    /// Quotes and brackets that are not closed yet.
    open: Vec<usize>,
    upto: usize,
}

impl<'t> Tokens<'t> {
    pub(crate) fn new(text: &'t [u8]) -> Self {
        Self {
            text,
            list: Vec::new(),
            open: Vec::new(),
            upto: 0,
        }
    }

    /// The place of the token that contains a byte. Places that were given before are no longer
    /// valid.
    pub(crate) fn seek(&mut self, byte: usize) -> Option<usize> {
        if byte >= self.upto {
            let back = byte.saturating_sub(LOOK_BACK).max(self.upto);
            let line = memchr::memrchr(b'\n', part(self.text, back, byte))
                .map_or(back, |found| back + found + 1);
            if line > self.upto || self.list.len() > MANY {
                self.list.clear();
                self.open.clear();
                self.upto = line;
            }
        }
        self.place_at(byte)
    }

    /// The place of the token that contains a byte further on.
    pub(crate) fn place_at(&mut self, byte: usize) -> Option<usize> {
        while self.upto <= byte && self.upto < self.text.len() {
            self.read_line();
        }
        let place = self.list.partition_point(|token| token.end <= byte);
        (self.list.get(place)?.start <= byte).then_some(place)
    }

    /// The token at a place.
    pub(crate) fn get(&mut self, place: usize) -> Option<Token> {
        while place >= self.list.len() && self.upto < self.text.len() {
            self.read_line();
        }
        self.list.get(place).copied()
    }

    /// Its kind, [`Kind::Line`] beyond the end.
    pub(crate) fn kind(&mut self, place: usize) -> Kind {
        self.get(place).map_or(Kind::Line, |token| token.kind)
    }

    /// Where the token begins; the length of the text beyond the end.
    pub(crate) fn start(&mut self, place: usize) -> usize {
        self.get(place).map_or(self.text.len(), |token| token.start)
    }

    /// The bytes of a token if it is a word.
    pub(crate) fn word(&mut self, place: usize) -> Option<&'t [u8]> {
        let token = self.get(place)?;
        (token.kind == Kind::Word).then(|| &self.text[token.start..token.end])
    }

    pub(crate) fn is_sign(&mut self, place: usize, sign: u8) -> bool {
        self.kind(place) == Kind::Sign(sign)
    }

    /// The partner of an opening quote or bracket.
    pub(crate) fn close(&mut self, place: usize) -> Option<usize> {
        loop {
            let token = self.get(place)?;
            if token.mate.is_some() {
                return token.mate.filter(|&mate| mate > place);
            }
            if self.upto >= self.text.len() || self.open.binary_search(&place).is_err() {
                return None;
            }
            self.read_line();
        }
    }

    /// Whether the token is a quote that opens, even if nothing closes it.
    pub(crate) fn opens_quote(&mut self, place: usize) -> bool {
        self.get(place).is_some_and(|token| {
            token.kind == Kind::Quote
                && token.mate.is_none_or(|mate| mate > place)
                && token.mark != 0
        })
    }

    /// Whether the token is a quote that closes one before `from`.
    pub(crate) fn closes_before(&mut self, place: usize, from: usize) -> bool {
        self.get(place)
            .is_some_and(|token| token.mate.is_some_and(|mate| mate < from))
    }

    /// The place behind blanks.
    pub(crate) fn skip_blanks(&mut self, mut place: usize) -> usize {
        while self.kind(place) == Kind::Blank {
            place += 1;
        }
        place
    }

    /// The place behind blanks and ends of lines, no more than a few.
    pub(crate) fn skip_lines(&mut self, place: usize) -> usize {
        let mut next = place;
        while next < place + 8
            && self.get(next).is_some()
            && matches!(self.kind(next), Kind::Blank | Kind::Line)
        {
            next += 1;
        }
        next
    }

    /// Whether white space or the end of the text is here. Encoded blanks count in an encoded text.
    pub(crate) fn is_break(&mut self, place: usize, coding: Coding) -> bool {
        self.get(place).is_none_or(|token| match token.kind {
            Kind::Blank | Kind::Line => {
                token.coding == Coding::Plain
                    || token.coding == coding
                    || matches!(token.coding, Coding::Escape(_))
            }
            _ => false,
        })
    }

    /// Reads to the end of the line, or a piece of a long one.
    fn read_line(&mut self) {
        let from = self.upto;
        if self.list.is_empty() {
            self.list.reserve(64);
        }
        while self.upto < self.text.len() {
            let token = self.next(self.upto);
            self.upto = token.end.max(self.upto + 1);
            let place = self.list.len();
            self.list.push(token);
            match token.kind {
                Kind::Quote => self.pair_quote(place),
                Kind::Open(_) => self.open.push(place),
                Kind::Close(sign) => self.pair_bracket(place, sign),
                Kind::Line if token.coding == Coding::Plain => return,
                Kind::Blank if self.upto - from > LONG_LINE => return,
                _ => {}
            }
        }
    }

    /// The token that begins at a byte.
    fn next(&self, start: usize) -> Token {
        let text = self.text;
        let byte = text[start];
        let token = |kind, len: usize, coding| Token {
            kind,
            coding,
            start,
            end: (start + len).min(text.len()),
            mate: None,
            mark: 0,
        };
        match byte {
            b'\n' | b'\r' => token(Kind::Line, 1, Coding::Plain),
            0x1b => token(Kind::Blank, colour_len(text, start), Coding::Plain),
            0..=b' ' | 0x7f => {
                let end = run_end(text, start, usize::MAX, |byte| {
                    byte <= b' ' && !matches!(byte, b'\n' | b'\r' | 0x1b)
                });
                token(Kind::Blank, (end - start).max(1), Coding::Plain)
            }
            b'"' | b'\'' | b'`' => {
                let triple = rest(text, start).starts_with(&[byte; 3]);
                let mut quote = token(Kind::Quote, if triple { 3 } else { 1 }, Coding::Plain);
                quote.mark = if triple { byte | 0x80 } else { byte };
                quote
            }
            b'\\' => self.escape(start, token),
            b'%' => match hex(text, start + 1).map(|code| sign(code, Coding::Percent)) {
                Some(Some((kind, mark))) => Token {
                    mark,
                    ..token(kind, 3, Coding::Percent)
                },
                _ => token(Kind::Sign(b'%'), 1, Coding::Plain),
            },
            b'&' => match entity(text, start) {
                Some((code, len)) => {
                    let (kind, mark) = sign(code, Coding::Entity).unwrap_or((Kind::Sign(code), 0));
                    Token {
                        mark,
                        ..token(kind, len, Coding::Entity)
                    }
                }
                None => token(Kind::Sign(b'&'), 1, Coding::Plain),
            },
            b'<' if rest(text, start).starts_with(REDACTED.as_bytes()) => {
                token(Kind::Redacted, REDACTED.len(), Coding::Plain)
            }
            b'(' | b'[' | b'{' => token(Kind::Open(byte), 1, Coding::Plain),
            b')' | b']' | b'}' => token(Kind::Close(byte), 1, Coding::Plain),
            _ if is_name(byte) || byte >= 0x80 => match wide(text, start) {
                Some((kind, mark, len)) => Token {
                    mark,
                    ..token(kind, len, Coding::Plain)
                },
                None => token(Kind::Word, word_len(text, start), Coding::Plain),
            },
            _ => token(Kind::Sign(byte), 1, Coding::Plain),
        }
    }

    /// Backslashes and what they escape.
    fn escape(&self, start: usize, token: impl Fn(Kind, usize, Coding) -> Token) -> Token {
        let text = self.text;
        let end = run_end(text, start, 200, |byte| byte == b'\\');
        let count = u8::try_from(end - start).unwrap_or(u8::MAX);
        let coding = Coding::Escape(count);
        let len = end - start + 1;
        match at(text, end) {
            mark @ (b'"' | b'\'' | b'`') => {
                // An even number are backslashes in front of a quote, unless one was opened like this.
                let is_known = self.open.iter().rev().take(DEPTH).any(|&open| {
                    let open = self.list[open];
                    open.mark == mark && open.coding == coding
                });
                if count % 2 == 0 && !is_known {
                    return token(Kind::Sign(b'\\'), len - 1, Coding::Plain);
                }
                let mut quote = token(Kind::Quote, len, coding);
                quote.mark = mark;
                quote
            }
            b'n' | b'r' => token(Kind::Line, len, coding),
            b't' => token(Kind::Blank, len, coding),
            b'/' => token(Kind::Sign(b'/'), len, coding),
            b'u' if starts_with(text, end + 1, b"001b[") => {
                let colour = run_end(text, end + 6, 16, |byte| !byte.is_ascii_alphabetic()) + 1;
                token(Kind::Blank, colour - start, Coding::Plain)
            }
            b'u' if part(text, end + 1, end + 3) == b"00" => {
                match hex(text, end + 3).and_then(|code| sign(code, coding)) {
                    Some((kind, mark)) => Token {
                        mark,
                        ..token(kind, len + 4, coding)
                    },
                    None => token(Kind::Sign(b'\\'), len - 1, Coding::Plain),
                }
            }
            _ => token(Kind::Sign(b'\\'), len - 1, Coding::Plain),
        }
    }

    fn pair_quote(&mut self, place: usize) {
        let quote = self.list[place];
        let next = at(self.text, quote.end);
        let is_closing_form = matches!(quote.mark, RIGHT_DOUBLE | RIGHT_SINGLE | RIGHT_ANGLE);
        let is_word = |byte: u8| is_name(byte) || byte >= 0x80;
        let previous = place.checked_sub(1).map(|place| self.list[place]);
        // A string's prefix, as in `b"…"`, does not count as the word before it.
        let is_behind_word = previous.is_some_and(|token| {
            let word = part(self.text, token.start, token.end);
            token.kind == Kind::Word
                && !matches!(
                    word,
                    b"b" | b"B"
                        | b"r"
                        | b"R"
                        | b"u"
                        | b"f"
                        | b"N"
                        | b"E"
                        | b"L"
                        | b"rb"
                        | b"br"
                        | b"p"
                )
        });
        let may_open = !is_closing_form && !is_behind_word;
        let may_close = quote.mark != b'\'' || !is_word(next);
        let recent = self.open.len().saturating_sub(DEPTH);
        let open = self.open[recent..].iter().rposition(|&open| {
            let open = &self.list[open];
            open.kind == Kind::Quote
                && open.coding == quote.coding
                && (open.mark == quote.mark || closes(open.mark, quote.mark))
        });
        let open = open.map(|depth| recent + depth);
        if let Some(depth) = open.filter(|_| may_close) {
            let mate = self.open[depth];
            let is_empty = mate + 1 == place;
            // `it''s` and `""` inside of a quoted text are one quotation mark each.
            if next == quote.mark && !is_empty && is_word(at(self.text, quote.end + 1)) {
                self.list[place].mark = 0;
                self.list[place].end += 1;
                self.upto += 1;
                return;
            }
            // A quote that was left open on another line does not end at the beginning of the next, and
            // an apostrophe at the beginning of a word is the first of its quote.
            let is_apart = previous.is_none_or(|token| {
                matches!(
                    token.kind,
                    Kind::Blank | Kind::Line | Kind::Open(_) | Kind::Sign(b'=' | b':' | b',')
                )
            });
            let is_beginning = may_open
                && is_apart
                && !is_empty
                && (is_word(next) || matches!(next, b'-' | b'/' | b'$' | b'<'));
            if !(is_beginning && (quote.mark == b'\'' || self.has_line_since(mate))) {
                self.open.truncate(depth);
                self.list[mate].mate = Some(place);
                self.list[place].mate = Some(mate);
                return;
            }
        }
        if may_open {
            self.open.push(place);
        } else {
            self.list[place].mark = 0;
        }
    }

    fn has_line_since(&self, place: usize) -> bool {
        let since = self.list[place].end..self.upto;
        memchr::memchr(
            b'\n',
            part(self.text, since.start, since.end.min(since.start + 512)),
        )
        .is_some()
    }

    fn pair_bracket(&mut self, place: usize, sign: u8) {
        let wanted = match sign {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        let inner = self.open.iter().rev().take(DEPTH);
        let depth = inner
            .take_while(|&&open| self.list[open].kind != Kind::Quote)
            .position(|&open| self.list[open].kind == Kind::Open(wanted));
        if let Some(depth) = depth {
            let depth = self.open.len() - 1 - depth;
            let mate = self.open[depth];
            self.open.truncate(depth);
            self.list[mate].mate = Some(place);
            self.list[place].mate = Some(mate);
        }
    }
}

const LEFT_DOUBLE: u8 = 1;
const RIGHT_DOUBLE: u8 = 2;
const LEFT_SINGLE: u8 = 3;
const RIGHT_SINGLE: u8 = 4;
const LEFT_ANGLE: u8 = 5;
const RIGHT_ANGLE: u8 = 6;
const LOW_DOUBLE: u8 = 7;

/// Whether two typographic marks are a pair.
fn closes(open: u8, close: u8) -> bool {
    matches!(
        (open, close),
        (LEFT_DOUBLE | LOW_DOUBLE, RIGHT_DOUBLE)
            | (LOW_DOUBLE, LEFT_DOUBLE)
            | (LEFT_SINGLE, RIGHT_SINGLE)
            | (LEFT_ANGLE, RIGHT_ANGLE)
    )
}

/// Letters, digits, underscores and other characters; dots and dashes between them.
fn word_len(text: &[u8], start: usize) -> usize {
    let is_inside = |byte: u8| is_name(byte) || byte >= 0x80;
    let mut end = start + 1;
    while end < text.len() {
        let byte = text[end];
        let is_part = is_name(byte)
            || byte >= 0x80 && (byte < 0xc2 || wide(text, end).is_none())
            || matches!(byte, b'-' | b'.')
                && is_inside(before(text, end))
                && is_inside(at(text, end + 1))
                && wide(text, end + 1).is_none();
        if !is_part {
            break;
        }
        end += 1;
    }
    end - start
}

/// The length of a terminal's colour code.
fn colour_len(text: &[u8], start: usize) -> usize {
    if at(text, start + 1) != b'[' {
        return 1;
    }
    run_end(text, start + 2, 16, |byte| !byte.is_ascii_alphabetic()) + 1 - start
}

/// Signs outside of ASCII that stand for one of ASCII: their kind, mark and length.
fn wide(text: &[u8], start: usize) -> Option<(Kind, u8, usize)> {
    if !matches!(at(text, start), 0xc2 | 0xe2 | 0xe3 | 0xef) {
        return None;
    }
    let head = std::str::from_utf8(part(text, start, start + 4))
        .or_else(|_| std::str::from_utf8(part(text, start, start + 3)))
        .or_else(|_| std::str::from_utf8(part(text, start, start + 2)))
        .ok()?;
    let letter = head.chars().next()?;
    let (kind, mark) = match letter {
        '\u{a0}'
        | '\u{85}'
        | '\u{2000}'..='\u{200f}'
        | '\u{2028}'
        | '\u{202f}'
        | '\u{3000}'
        | '\u{feff}'
        | '\u{fffd}' => (Kind::Blank, 0),
        '\u{2192}' | '\u{21d2}' => (Kind::Sign(ARROW), 0),
        '\u{ff1a}' => (Kind::Sign(b':'), 0),
        '\u{ff1d}' => (Kind::Sign(b'='), 0),
        '\u{ff0c}' | '\u{3001}' | '\u{3002}' => (Kind::Sign(b','), 0),
        '\u{ff1b}' => (Kind::Sign(b';'), 0),
        '\u{ff08}' => (Kind::Open(b'('), 0),
        '\u{ff09}' => (Kind::Close(b')'), 0),
        '\u{2013}' | '\u{2014}' => (Kind::Sign(b'-'), 0),
        '\u{201c}' => (Kind::Quote, LEFT_DOUBLE),
        '\u{201d}' => (Kind::Quote, RIGHT_DOUBLE),
        '\u{2018}' => (Kind::Quote, LEFT_SINGLE),
        '\u{2019}' => (Kind::Quote, RIGHT_SINGLE),
        '\u{ab}' => (Kind::Quote, LEFT_ANGLE),
        '\u{bb}' => (Kind::Quote, RIGHT_ANGLE),
        '\u{201e}' => (Kind::Quote, LOW_DOUBLE),
        _ => return None,
    };
    Some((kind, mark, letter.len_utf8()))
}

/// The sign that a code stands for, if the grammars know it: its kind and mark.
fn sign(code: u8, coding: Coding) -> Option<(Kind, u8)> {
    Some(match code {
        b'\n' | b'\r' => (Kind::Line, 0),
        b' ' | b'\t' => (Kind::Blank, 0),
        b'"' | b'\'' | b'`' => (Kind::Quote, code),
        b'(' | b'[' | b'{' => (Kind::Open(code), 0),
        b')' | b']' | b'}' => (Kind::Close(code), 0),
        b'&' | b'=' | b':' | b';' | b',' | b'<' | b'>' => (Kind::Sign(code), 0),
        b'/' | b'@' | b'?' | b'#' if coding == Coding::Percent => (Kind::Sign(code), 0),
        _ => return None,
    })
}

/// The value of two hexadecimal digits.
fn hex(text: &[u8], start: usize) -> Option<u8> {
    let digits = std::str::from_utf8(part(text, start, start + 2)).ok()?;
    (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .then(|| u8::from_str_radix(digits, 16).ok())
        .flatten()
}

/// The sign of an HTML entity and the entity's length.
fn entity(text: &[u8], start: usize) -> Option<(u8, usize)> {
    [
        ("&quot;", b'"'),
        ("&amp;", b'&'),
        ("&lt;", b'<'),
        ("&gt;", b'>'),
        ("&apos;", b'\''),
        ("&#34;", b'"'),
        ("&#39;", b'\''),
        ("&#x27;", b'\''),
        ("&#61;", b'='),
        ("&nbsp;", b' '),
    ]
    .into_iter()
    .find(|(name, _)| starts_with(text, start, name.as_bytes()))
    .map(|(name, code)| (code, name.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let mut tokens = Tokens::new(text.as_bytes());
        (0..)
            .map_while(|place| tokens.get(place))
            .filter(|token| token.kind == Kind::Word)
            .map(|token| &text[token.start..token.end])
            .collect()
    }

    fn quoted(text: &str) -> Vec<&str> {
        let mut tokens = Tokens::new(text.as_bytes());
        let count = (0..).map_while(|place| tokens.get(place)).count();
        (0..count)
            .filter_map(|place| {
                let close = tokens.opens_quote(place).then(|| tokens.close(place))??;
                Some(&text[tokens.get(place)?.end..tokens.get(close)?.start])
            })
            .collect()
    }

    #[test]
    fn words_keep_the_dots_and_dashes_between_their_letters() {
        assert_eq!(
            words("x-api-key: a.b, --c -d e. (f) g\u{a0}h 10.0.0.1"),
            ["x-api-key", "a.b", "c", "d", "e", "f", "g", "h", "10.0.0.1"]
        );
    }

    #[test]
    fn quotes_of_every_level_find_their_partners() {
        assert_eq!(quoted(r#"a="b c" 'd"e' it's"#), ["b c", "d\"e"]);
        assert_eq!(
            quoted(r#""{\"a\":\"b\\\"c\"}""#),
            [r#"{\"a\":\"b\\\"c\"}"#, "a", r#"b\\\"c"#]
        );
        assert_eq!(
            quoted("%22a%22 &quot;b&quot; \u{201c}c\u{201d}"),
            ["a", "b", "c"]
        );
        assert_eq!(quoted("'it''s' x"), ["it''s"]);
        assert_eq!(quoted(r#"b"x" r'y' users' z"#), ["x", "y"]);
        assert_eq!(quoted("\"open\nnext \"line\""), ["line"]);
    }
}
