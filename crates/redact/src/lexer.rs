//! Splits a text into tokens: words, white space, quotes, brackets and signs. The place of a token is its index.
//!
//! `%3D`, `\u003d`, `&#61;` and `=` are the same sign, and `"`, `\"`, `&quot;` and `%22` are quotes of different
//! levels, so each grammar is written once. Quotes and brackets are linked in pairs. The text is read once, forwards,
//! where a grammar needs it.

mod cursor;
mod quotes;

use std::ops::Range;

use self::quotes::CLOSING;

use crate::rules::list::WordList;
use crate::rules::words::{ENTITIES, QUOTES, WIDE};
use crate::text::{
    at, before, class, count_steps, is_name, is_redacted, line_end, mark_at, part, run_end,
    starts_with,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Letters, digits and underscores, with dots and dashes between them.
    Word,
    /// White space, control characters and terminal colours within a line.
    Blank,
    /// The end of a line.
    Line,
    Quote,
    /// `(`, `[` or `{`.
    Open(u8),
    /// `)`, `]` or `}`.
    Close(u8),
    /// Any other sign, decoded.
    Sign(u8),
    /// The mark of an earlier redaction.
    Redacted,
}

/// The encoding of a token in the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Plain, or as a character outside of ASCII with the same meaning.
    #[default]
    Plain,
    /// Percent-encoded: `%3D`.
    Percent,
    /// An HTML entity: `&#61;`.
    Entity,
    /// Escaped, with this number of backslashes: `\n`, `\"`, `\u003d`.
    Escape(u8),
    /// Percent-encoded, with this number of backslashes before it: `%5C%22`.
    EscapedPercent(u8),
    /// An HTML entity, with this number of backslashes before it: `\&quot;`.
    EscapedEntity(u8),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) coding: Coding,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The place of the partner of a quote or a bracket.
    pub(crate) mate: Option<usize>,
    /// Whether the bracket opens a group that was read with the group around it.
    pub(crate) is_read: bool,
    /// The type of a quotation mark; 0 for other tokens, and for a mark that is only an apostrophe.
    mark: u8,
}

use Kind::{Blank, Close, Line, Open, Quote, Redacted, Sign, Word};

impl Token {
    fn new(kind: Kind, start: usize, len: usize) -> Self {
        let coding = Coding::Plain;
        Self { kind, coding, start, end: start + len, mate: None, is_read: false, mark: 0 }
    }

    /// Creates the token of an encoded sign.
    fn coded(code: u8, start: usize, len: usize, coding: Coding) -> Self {
        let kind = match code {
            b'\n' | b'\r' => Line,
            b' ' | b'\t' => Blank,
            b'"' | b'\'' | b'`' => return Self::quote(code, start, len, coding),
            b'(' | b'[' | b'{' => Open(code),
            b')' | b']' | b'}' => Close(code),
            _ => Sign(code),
        };
        Self { coding, ..Self::new(kind, start, len) }
    }

    fn quote(mark: u8, start: usize, len: usize, coding: Coding) -> Self {
        Self { coding, mark, ..Self::new(Quote, start, len) }
    }
}

/// Whether a grammar uses this sign if it is encoded.
fn is_sign(code: u8, coding: Coding) -> bool {
    let is_of_url = coding == Coding::Percent && b"/@?#".contains(&code);
    is_of_url || class!("\n\r \t\"'`()[]{}&=:;,<>").has(code)
}

/// The maximum number of bytes before a byte in which the start of its line is looked for.
const LOOK_BACK: usize = 1024;
/// The maximum number of lines before a line of which tokens are kept.
const CONSTRUCTORS: usize = 4;
/// Lines of more than this number of bytes are read in pieces.
const LONG_LINE: usize = 4096;
/// If there are more tokens, [`Tokens::seek`] discards them before it reads on.
const MANY: usize = 4096;
/// The maximum number of bytes after a quote or a bracket in which its partner is looked for.
const REACH: usize = 64 * 1024;
/// The maximum number of tokens of a comment between a name and its value.
const LONGEST_COMMENT: usize = 64;
/// The maximum number of open quotes and brackets among which the partner of a closing one is looked for.
const DEPTH: usize = 12;

#[derive(Debug, Default)]
pub(crate) struct Tokens<'t> {
    pub(crate) text: &'t [u8],
    list: Vec<Token>,
    /// The places of quotes and brackets that are not closed yet.
    open: Vec<usize>,
    /// The end of the text that was read.
    pub(crate) upto: usize,
    /// The rest of a run without white space whose end is known.
    run: Range<usize>,
    /// The rest of a line whose end is known.
    line: Range<usize>,
    /// Long blocks of YAML before this byte are not read again.
    pub(crate) blocks_until: usize,
}

impl<'t> Tokens<'t> {
    pub(crate) fn new(text: &'t [u8]) -> Self {
        Self { text, ..Self::default() }
    }

    /// Returns the place, that is, the index, of the token that contains a byte. Places from earlier calls may become
    /// invalid.
    pub(crate) fn seek(&mut self, byte: usize) -> Option<usize> {
        if byte >= self.upto {
            let back = byte.saturating_sub(LOOK_BACK).max(self.upto);
            let line_before = |byte| {
                let line = memchr::memrchr(b'\n', part(self.text, back, byte));
                line.map_or(back, |found| back + found + 1)
            };
            let mut line = line_before(byte);
            // The constructor or the list of a text may begin on the lines before it: `Text(⏎"password",⏎)`.
            let end = line_end(part(self.text, 0, byte + LOOK_BACK), byte);
            let is_item = !part(self.text, line, end).contains(&b':');
            for _ in 0..CONSTRUCTORS {
                let is_inside = match before(self.text, line.saturating_sub(1)) {
                    b'(' | b'{' | b'[' => true,
                    b',' => is_item,
                    _ => false,
                };
                if line == back || !is_inside {
                    break;
                }
                line = line_before(line - 1);
            }
            if line > self.upto || self.list.len() > MANY {
                self.list.clear();
                self.open.clear();
                self.upto = line;
            }
        }
        self.place_at(byte)
    }

    /// Returns the place of the token that contains a byte; `None` before the kept tokens and beyond the text.
    pub(crate) fn place_at(&mut self, byte: usize) -> Option<usize> {
        while self.upto <= byte && self.upto < self.text.len() {
            self.read_line();
        }
        let place = self.list.partition_point(|token| token.end <= byte);
        (self.list.get(place)?.start <= byte).then_some(place)
    }

    pub(crate) fn get(&mut self, place: usize) -> Option<Token> {
        while place >= self.list.len() && self.upto < self.text.len() {
            self.read_line();
        }
        self.list.get(place).copied()
    }

    pub(crate) fn mark_read(&mut self, place: usize) {
        self.list[place].is_read = true;
    }

    /// Returns the kind of the token; [`Line`] beyond the end of the text.
    pub(crate) fn kind(&mut self, place: usize) -> Kind {
        self.get(place).map_or(Line, |token| token.kind)
    }

    /// Returns the start of the token; beyond the end of the text, the length of the text.
    pub(crate) fn start(&mut self, place: usize) -> usize {
        self.get(place).map_or(self.text.len(), |token| token.start)
    }

    pub(crate) fn word(&mut self, place: usize) -> Option<&'t [u8]> {
        let token = self.get(place)?;
        (token.kind == Word).then(|| &self.text[token.start..token.end])
    }

    /// Whether the token is one of these words. ASCII case is ignored.
    pub(crate) fn is_word(&mut self, place: usize, words: WordList) -> bool {
        self.word(place).is_some_and(|word| words.has(word))
    }

    pub(crate) fn is_sign(&mut self, place: usize, sign: u8) -> bool {
        self.kind(place) == Sign(sign)
    }

    /// Returns the place of the partner that closes an opening quote or bracket.
    pub(crate) fn close(&mut self, place: usize) -> Option<usize> {
        loop {
            let token = self.get(place)?;
            if token.mate.is_some() {
                return token.mate.filter(|&mate| mate > place);
            }
            let is_read = self.upto >= self.text.len().min(token.end + REACH);
            if is_read || self.open.binary_search(&place).is_err() {
                return None;
            }
            self.read_line();
        }
    }

    /// Whether the token is an opening quote, even if nothing closes it.
    pub(crate) fn opens_quote(&mut self, place: usize) -> bool {
        let quote = self.get(place).filter(|token| token.kind == Quote);
        quote.is_some_and(|token| match token.mate {
            Some(mate) => mate > place,
            None => token.mark != 0,
        })
    }

    /// Whether the token closes a quote or a bracket that was opened before `from`.
    pub(crate) fn closes_before(&mut self, place: usize, from: usize) -> bool {
        self.get(place).is_some_and(|token| token.mate.is_some_and(|mate| mate < from))
    }

    pub(crate) fn skip_blanks(&mut self, mut place: usize) -> usize {
        while self.kind(place) == Blank {
            place += 1;
        }
        place
    }

    /// Returns the place after blanks, ends of lines, comments and the signs of a diff at the starts of lines, of which
    /// at most eight are skipped.
    pub(crate) fn skip_lines(&mut self, place: usize) -> usize {
        let mut next = place;
        for _ in 0..8 {
            let begins = |lead| next >= lead && self.kind(next - lead) == Line;
            // Terraform indents the signs of its plans. An indented dash may begin an item of a list.
            let signs: &[u8] = match [1, 2].map(begins) {
                [true, _] => b"+->",
                [_, true] => b"+~",
                _ => b"",
            };
            next = match self.kind(next) {
                Blank => next + 1,
                Line if self.get(next).is_some() => next + 1,
                Sign(sign) if signs.contains(&sign) && self.kind(next + 1) == Blank => next + 1,
                _ => match self.comment_end(next) {
                    Some(end) => end,
                    None => break,
                },
            };
        }
        next
    }

    /// Returns the place after the end of a line at `place`, which may have two characters.
    pub(crate) fn next_line(&mut self, place: usize) -> usize {
        let end = self.get(place).map_or(0, |line| line.end);
        let is_first = matches!(before(self.text, end), b'\r' | b'r');
        place + 1 + usize::from(is_first && self.kind(place + 1) == Line)
    }

    /// Returns the place after the comment that begins at `place`.
    pub(crate) fn comment_end(&mut self, place: usize) -> Option<usize> {
        let first = self.get(place).filter(|first| first.coding == Coding::Plain)?;
        let is_line = match (first.kind, self.kind(place + 1)) {
            (Sign(b'#'), Blank) | (Sign(b'/'), Sign(b'/')) => true,
            (Sign(b'/'), Sign(b'*')) => false,
            _ => return None,
        };
        (place + 2..place + LONGEST_COMMENT).find_map(|at| match self.kind(at) {
            Line if is_line => Some(at),
            Sign(b'*') if !is_line && self.is_sign(at + 1, b'/') => Some(at + 2),
            _ => None,
        })
    }

    /// Returns the place of the next white space. The end of the run is kept for later calls.
    pub(crate) fn run_end(&mut self, place: usize) -> usize {
        let start = self.start(place);
        if !self.run.contains(&start) {
            self.run = start..class!("^").end(self.text, start, usize::MAX);
        }
        self.place_at(self.run.end).unwrap_or(self.list.len())
    }

    /// Returns the end of the line around a byte. The end of the line is kept for later calls.
    pub(crate) fn line_end(&mut self, byte: usize) -> usize {
        if !self.line.contains(&byte) {
            self.line = byte..line_end(self.text, byte);
        }
        self.line.end
    }

    /// Returns what `find` finds in the rest of a line, at one of at most `most` tokens.
    pub(crate) fn in_line<T>(
        &mut self,
        place: usize,
        most: usize,
        find: impl Fn(&mut Self, usize) -> Option<T>,
    ) -> Option<T> {
        for at in place..place + most {
            let found = find(self, at);
            if found.is_some() || self.kind(at) == Line {
                return found;
            }
        }
        None
    }

    /// Whether there is white space or the end of the text at `place`.
    pub(crate) fn is_break(&mut self, place: usize) -> bool {
        matches!(self.kind(place), Blank | Line)
    }

    /// Reads to the end of the line, or a piece of a long line.
    fn read_line(&mut self) {
        let from = self.upto;
        let known = self.list.len();
        if self.list.is_empty() {
            self.list.reserve(64);
        }
        while self.upto < self.text.len() {
            let token = self.next(self.upto);
            self.upto = token.end.max(self.upto + 1);
            let place = self.list.len();
            self.list.push(token);
            match token.kind {
                Quote => self.pair_quote(place),
                Open(_) => self.open.push(place),
                Close(sign) => self.pair_bracket(place, sign),
                Line if token.coding == Coding::Plain => break,
                Blank if self.upto - from > LONG_LINE => break,
                _ => {}
            }
        }
        count_steps(self.list.len() - known);
    }

    /// Returns the token that begins at `start`.
    fn next(&self, start: usize) -> Token {
        let text = self.text;
        let byte = text[start];
        let plain = |kind, len| Token::new(kind, start, len);
        match byte {
            b'\n' | b'\r' => plain(Line, 1),
            0x1b => plain(Blank, colour_len(text, start)),
            0..=b' ' | 0x7f => {
                let is_blank = |byte| byte <= b' ' && !matches!(byte, b'\n' | b'\r' | 0x1b);
                let end = run_end(text, start + 1, usize::MAX, is_blank);
                plain(Blank, end - start)
            }
            b'\\' | b'`' if joint_len(text, start) > 0 => plain(Blank, joint_len(text, start)),
            b'"' | b'\'' | b'`' => self.quote(start, byte),
            b'\\' => self.escape(start, 1),
            b'<' | b'&' if is_redacted(text, start) => {
                plain(Redacted, mark_at(text, start).map_or(1, str::len))
            }
            b'%' if starts_with(text, start, b"%5c") => self.escape(start, 3),
            b'%' => match hex(text, start + 1) {
                Some(code) if is_sign(code, Coding::Percent) => {
                    Token::coded(code, start, 3, Coding::Percent)
                }
                _ => plain(Sign(b'%'), 1),
            },
            b'&' => match entity(text, start) {
                // `&amp;` also separates the parameters of a query, so it is read like a plain `&`.
                Some((name, b'&')) => plain(Sign(b'&'), name.len()),
                Some((name, code)) => Token::coded(*code, start, name.len(), Coding::Entity),
                None => plain(Sign(b'&'), 1),
            },
            b'(' | b'[' | b'{' => plain(Open(byte), 1),
            b')' | b']' | b'}' => plain(Close(byte), 1),
            _ if is_name(byte) => plain(Word, word_len(text, start)),
            0x80.. => wide(text, start).unwrap_or_else(|| plain(Word, word_len(text, start))),
            _ => plain(Sign(byte), 1),
        }
    }

    fn has_line_since(&self, place: usize) -> bool {
        let start = self.list[place].end;
        let since = part(self.text, start, self.upto.min(start + 512));
        memchr::memchr(b'\n', since).is_some()
    }

    fn pair_bracket(&mut self, place: usize, sign: u8) {
        let wanted = match sign {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        let inner = self.open.iter().rev().take(DEPTH);
        let depth = inner
            .take_while(|&&open| self.list[open].kind != Quote)
            .position(|&open| self.list[open].kind == Open(wanted));
        if let Some(depth) = depth {
            self.pair(self.open.len() - 1 - depth, place);
        }
    }

    /// Links the token at `place` with the open quote or bracket at `depth`, and discards all that were opened later.
    fn pair(&mut self, depth: usize, place: usize) {
        let mate = self.open[depth];
        self.open.truncate(depth);
        self.list[mate].mate = Some(place);
        self.list[place].mate = Some(mate);
    }
}

/// Returns the length of a word: letters, digits, `_` and other scripts, with single dots and dashes between them.
fn word_len(text: &[u8], start: usize) -> usize {
    let is_inside = |place: usize| {
        let byte = at(text, place);
        is_name(byte) || byte >= 0x80 && (byte < 0xc2 || wide(text, place).is_none())
    };
    let is_joint = |byte| matches!(byte, b'-' | b'.');
    let mut end = start + 1;
    while is_inside(end)
        || is_joint(at(text, end)) && !is_joint(text[end - 1]) && is_inside(end + 1)
    {
        end += 1;
    }
    end - start
}

fn colour_len(text: &[u8], start: usize) -> usize {
    if at(text, start + 1) != b'[' {
        return 1;
    }
    run_end(text, start + 2, 16, |byte| !byte.is_ascii_alphabetic()) + 1 - start
}

/// Returns the length of the sign and the line end that join a line with the next one, after a blank or a separator; 0
/// without them.
fn joint_len(text: &[u8], start: usize) -> usize {
    let line = class!("\n\r").end(text, start + 1, 2);
    let is_apart = matches!(before(text, start), b' ' | b'\t' | b'=' | b':' | b',');
    if is_apart && line > start + 1 { line - start } else { 0 }
}

/// Returns the token of a character outside of ASCII that is read as a sign, blank or quote.
fn wide(text: &[u8], start: usize) -> Option<Token> {
    // All such characters have one of these first bytes.
    let len = match at(text, start) {
        0xc2 => 2,
        0xe2 | 0xe3 | 0xef => 3,
        _ => return None,
    };
    let letter = std::str::from_utf8(part(text, start, start + len)).ok()?.chars().next()?;
    for (mark, (open, close)) in (1..).zip(QUOTES) {
        if letter == *open || letter == *close {
            let closing = if letter == *close { CLOSING } else { 0 };
            return Some(Token::quote(mark | closing, start, len, Coding::Plain));
        }
    }
    let row = WIDE.iter().find(|row| row.0.contains(letter))?;
    Some(Token::coded(row.1, start, len, Coding::Plain))
}

pub(crate) fn hex(text: &[u8], start: usize) -> Option<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    u8::try_from(digit(start)? * 16 + digit(start + 1)?).ok()
}

/// Returns the name of the HTML entity at `start`, and its sign.
fn entity(text: &[u8], start: usize) -> Option<&'static (&'static str, u8)> {
    ENTITIES.iter().find(|entity| starts_with(text, start, entity.0.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let mut tokens = Tokens::new(text.as_bytes());
        (0..)
            .map_while(|place| tokens.get(place))
            .filter(|token| token.kind == Word)
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
        assert_eq!(quoted(r#""{\"a\":\"b\\\"c\"}""#), [r#"{\"a\":\"b\\\"c\"}"#, "a", r#"b\\\"c"#]);
        assert_eq!(quoted("%22a%22 &quot;b&quot; \u{201c}c\u{201d}"), ["a", "b", "c"]);
        assert_eq!(quoted(r#"b"x" r'y' users' z"#), ["x", "y"]);
        assert_eq!(quoted("\"open\nnext \"line\""), ["line"]);
    }
}
