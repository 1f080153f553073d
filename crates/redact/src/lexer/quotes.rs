//! Reads quotation marks. The language determines whether a quote is escaped, doubled, or the end of its text.
//!
//! A text in plain quotes ends at the first plain quote after an even number of backslashes. One backslash marks a
//! quote of the first nested level, as in JSON within JSON, and three mark one of the second. SQL, YAML, TOML and
//! shells have texts without escapes, which are recognized by the characters after a quote.

use super::{Coding, DEPTH, Kind, Token, Tokens, entity, hex, is_sign};
use crate::rules::words::{SCALARS, STRING_PREFIXES};
use crate::text::{at, before, class, is_name, line_end, part, rest, run_end, starts_with};

/// The maximum number of adjacent backslashes or quotation marks that are read at once.
const LONGEST_RUN: usize = 128;
/// The maximum number of bytes after an escaped quotation mark in which the next one is looked for.
const AHEAD: usize = 1024;
/// The bit that is set in the mark of a triple quote.
const TRIPLE: u8 = 0x80;
/// The mark of a quote in a quoted cell of CSV.
const DOUBLE: u8 = b'"' | 0x40;
/// The bit that is set in the mark of a closing typographic quote.
pub(super) const CLOSING: u8 = 0x10;

impl Token {
    fn is_plain(self, mark: u8) -> bool {
        self.mark == mark && self.coding == Coding::Plain
    }
}

impl Tokens<'_> {
    /// Returns the quotes that are open, the innermost first.
    fn open_quotes(&self) -> impl Iterator<Item = Token> {
        let open = self.open.iter().rev().take(DEPTH).map(|&open| self.list[open]);
        open.filter(|token| token.kind == Kind::Quote)
    }

    /// Whether a plain quote with this mark is open.
    fn is_open(&self, mark: u8) -> bool {
        self.open_quotes().any(|open| open.is_plain(mark))
    }

    /// Reads a plain, a triple or a doubled quotation mark.
    pub(super) fn quote(&self, start: usize, byte: u8) -> Token {
        let text = self.text;
        let run = run_end(text, start, LONGEST_RUN, |next| next == byte) - start;
        // Shells write an apostrophe as the end of the text, a quoted apostrophe, and the start of a new text.
        let apostrophe =
            [&b"'\\''"[..], b"'\"'\"'"].into_iter().find(|it| rest(text, start).starts_with(it));
        let sign = |len| Token::new(Kind::Sign(byte), start, len);
        let quote = |mark, len| Token::quote(mark, start, len, Coding::Plain);
        if let Some(apostrophe) = apostrophe.filter(|_| self.is_open(byte)) {
            return sign(apostrophe.len());
        }
        match run {
            1 => quote(byte, 1),
            _ if byte == b'"' && self.is_doubled(start) => quote(DOUBLE, 2),
            // Doubled quotes belong to the open text.
            2 | 4.. if self.is_open(byte | TRIPLE) => sign(run & !1),
            _ if self.is_open(byte) => sign(run & !1),
            // In SQL, a text may begin with a doubled quote.
            2 | 4 | 5 => quote(byte, 1),
            _ => quote(byte | TRIPLE, 3),
        }
    }

    /// Whether two quotes together open or close a text, as in `{""name"":""value""}`, instead of being an empty text.
    fn is_doubled(&self, start: usize) -> bool {
        let previous = at(self.text, start.wrapping_sub(1));
        let next = at(self.text, start + 2);
        if self.is_open(DOUBLE) {
            return class!("}]),: \t\r\n").has(next);
        }
        match next {
            b'}' | b']' | b')' | b',' | b':' => is_name(previous),
            0..=b' ' | b';' | b'"' => false,
            _ => class!("{[(,: ").has(previous),
        }
    }

    /// Reads backslashes of `unit` bytes each, and the escaped sign.
    pub(super) fn escape(&self, start: usize, unit: usize) -> Token {
        let text = self.text;
        let count = match unit {
            1 => class!("\\").end(text, start, LONGEST_RUN) - start,
            _ => (0..LONGEST_RUN)
                .take_while(|at| starts_with(text, start + at * unit, b"%5c"))
                .count(),
        };
        let end = start + count * unit;
        let backslashes = |count| Token::new(Kind::Sign(b'\\'), start, count * unit);
        // In a text within plain quotes, two backslashes stand for one.
        let is_pair = count % 2 == 0
            && self.open_quotes().next().is_some_and(|open| open.coding == Coding::Plain);
        let level = u8::try_from(count).unwrap_or(u8::MAX);
        let coding = Coding::Escape(level);
        let len = end - start + 1;
        match (at(text, end), self.escaped_quote(end, level)) {
            (next, Some(quote)) if next != b'u' || !is_pair => {
                let mark = quote.mark;
                // One, three or seven backslashes escape a quote of the first, second or third level. For a quote that
                // is written as a number, such as `\u0022`, this count may be doubled once or more.
                let outer = self.outer(mark).filter(|_| count % 4 == 2 && mark != DOUBLE);
                let is_inner = outer.is_some_and(|outer| !self.ends_text(end, mark, outer));
                let levels =
                    if next == b'u' { count.trailing_zeros() } else { u32::from(is_inner) };
                let used = ((1_usize << (count >> levels).trailing_ones()) - 1) << levels;
                if used < count {
                    return backslashes(count - used);
                }
                let is_short = quote.end == end + 1 && count % 2 == 1;
                // A backslash and a doubled quote: `\""x`, `\""";`.
                let run = run_end(text, end, LONGEST_RUN, |byte| byte == mark);
                let is_doubled = match run - end {
                    2 => is_name(at(text, run)),
                    3 => b";,)".contains(&at(text, run)),
                    _ => false,
                };
                if is_short && self.is_open(mark) && (is_doubled || self.ends_text(end, mark, mark))
                {
                    return backslashes(count);
                }
                Token { start, ..quote }
            }
            (b'n' | b'r' | b't' | b'u', _) if is_pair => backslashes(count),
            (b'n' | b'r', _) => Token::coded(b'\n', start, len, coding),
            (b't', _) => Token::coded(b'\t', start, len, coding),
            (b'/', _) => Token::coded(b'/', start, len, coding),
            (b'u', _) if starts_with(text, end + 1, b"00") => match hex(text, end + 3) {
                Some(code) if is_sign(code, coding) => Token::coded(code, start, len + 4, coding),
                _ => backslashes(count),
            },
            _ => backslashes(count),
        }
    }

    /// Returns a quotation mark after this number of backslashes.
    fn escaped_quote(&self, start: usize, level: u8) -> Option<Token> {
        let text = self.text;
        let escape = Coding::Escape(level);
        let quote = |mark, len, coding| Token::quote(mark, start, len, coding);
        let token = match at(text, start) {
            b'"' if at(text, start + 1) == b'"' && self.is_open(DOUBLE) => {
                return Some(quote(DOUBLE, 2, escape));
            }
            b'&' => {
                let entity = entity(text, start)?;
                quote(entity.1, entity.0.len(), Coding::EscapedEntity(level))
            }
            b'%' => quote(hex(text, start + 1)?, 3, Coding::EscapedPercent(level)),
            b'u' if starts_with(text, start, b"u00") => quote(hex(text, start + 3)?, 5, escape),
            b'x' => quote(hex(text, start + 1)?, 3, escape),
            byte => quote(byte, 1, escape),
        };
        matches!(token.mark, b'"' | b'\'' | b'`').then_some(token)
    }

    /// Whether a quotation mark after backslashes ends its text, as in SQL: `'C:\keys\', 'x'`. In a language with
    /// escapes, a delimiter would follow the next plain quote. `outer` is the mark of the quotes around the text.
    fn ends_text(&self, quote: usize, mark: u8, outer: u8) -> bool {
        let is_delimiter =
            |byte: u8| matches!(byte, 0..=b' ' | b',' | b';' | b':' | b')' | b']' | b'}' | b'>');
        let text = self.text;
        let inner = self.open_quotes().find(|open| open.mark == mark);
        let may_end = is_delimiter(at(text, quote + 1));
        if !may_end || !inner.is_some_and(|open| open.is_plain(mark)) {
            return false;
        }
        if begins_item(text, quote + 1, is_delimiter) {
            return true;
        }

        let ahead = part(text, quote + 1, quote + AHEAD);
        let line = &ahead[..line_end(ahead, 0)];
        let mut ends = memchr::memchr2_iter(mark, outer, line)
            .filter(|&found| line[found] == mark || before(line, found) != b'\\');
        match ends.next().filter(|&found| line[found] == mark) {
            Some(found) => {
                let begins = matches!(
                    text[quote + found],
                    0..=b' ' | b'=' | b':' | b',' | b'(' | b'[' | b'{'
                );
                begins && !is_delimiter(at(text, quote + found + 2))
            }
            None => line.len() < AHEAD - 1,
        }
    }

    /// Returns the mark of the quotes around an open plain quote, as in Python's `'{"a": "b\\"c"}'`.
    fn outer(&self, mark: u8) -> Option<u8> {
        // In Python, a quote in such a text has two backslashes, so a quote with one backslash excludes such a text.
        let is_escaped = |open: Token| open.mark == mark && open.coding == Coding::Escape(1);
        if self.open_quotes().any(is_escaped) {
            return None;
        }
        let mut open = self.open_quotes();
        open.find(|open| open.is_plain(mark))?;
        open.find(|open| open.mark != mark && open.coding == Coding::Plain).map(|open| open.mark)
    }

    /// Links a quotation mark to its partner, opens a new text, or takes the mark for an apostrophe.
    pub(super) fn pair_quote(&mut self, place: usize) {
        let quote = self.list[place];
        let next = at(self.text, quote.end);
        let previous = place.checked_sub(1).map(|place| self.list[place]);
        let is_after_word = previous.is_some_and(|token| match token.kind {
            Kind::Word => {
                let word = part(self.text, token.start, token.end);
                !STRING_PREFIXES.iter().any(|prefix| word == prefix.as_bytes())
            }
            // An apostrophe precedes, as in `users''`.
            Kind::Quote => token.mark == 0,
            _ => false,
        });
        // In SQL, a text may begin with a doubled quote, so that its opening quote looks like a triple one.
        let ends_text = !next.is_ascii_alphanumeric()
            && previous.is_some_and(|token| !matches!(token.kind, Kind::Blank | Kind::Line));
        let may_open = quote.mark & !3 != CLOSING && !is_after_word;
        let recent = self.open.len().saturating_sub(DEPTH);
        let is_mate = |&open: &usize| {
            let open = &self.list[open];
            let marks = [open.mark, open.mark | CLOSING];
            let closes =
                marks.contains(&quote.mark) || ends_text && open.mark == quote.mark | TRIPLE;
            closes && (open.kind, open.coding) == (Kind::Quote, quote.coding)
        };
        let depth = self.open[recent..].iter().rposition(is_mate);
        if let Some(depth) = depth {
            let mate = self.open[recent + depth];
            // At the start of a word, an apostrophe opens a new text, and so does a quote whose possible partner is on
            // an earlier line.
            let is_apart = previous.is_none_or(|token| {
                matches!(
                    token.kind,
                    Kind::Blank | Kind::Line | Kind::Open(_) | Kind::Sign(b'=' | b':' | b',')
                )
            });
            let is_before_word = class!("a-zA-Z0-9_/$<-", or_wide).has(next);
            let is_new = match quote.mark {
                _ if !may_open || !is_apart || mate + 1 == place => false,
                b'\'' => is_before_word,
                _ => is_before_word && self.has_line_since(mate),
            };
            if !is_new {
                self.pair(recent + depth, place);
                return;
            }
        }
        if may_open {
            self.open.push(place);
        } else {
            self.list[place].mark = 0;
        }
    }
}

/// Whether the next item, pair or option follows a delimiter at `place`.
fn begins_item(text: &[u8], place: usize, is_delimiter: impl Fn(u8) -> bool) -> bool {
    let item = class!(", :;)]}").end(text, place, 8);
    if at(text, place) == b' ' && starts_with(text, item, b"--") {
        return true;
    }
    if !class!(",;").any(part(text, place, item)) {
        return false;
    }

    let name = class!("a-zA-Z0-9_-").end(text, item, 32);
    let word = part(text, item, name);
    let sign = at(text, class!(" ").end(text, name, 4));
    match (at(text, item), at(text, name)) {
        (b'{' | b'[', _) => true,
        (first @ (b'"' | b'\''), _) => {
            let blank = run_end(text, item + 1, 8, |byte| byte <= b' ');
            let is_blank = blank > item + 1 && at(text, blank) == first;
            is_blank || !is_delimiter(at(text, item + 1))
        }
        _ if word.is_empty() => false,
        (_, b':') => true,
        (b'0'..=b'9', _) => class!("=,;]})").has(sign),
        _ if sign == b'=' => true,
        _ => class!(",;]})").has(sign) && SCALARS.has(word),
    }
}
