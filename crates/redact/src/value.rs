//! Finds the start and the end of the value after a name.

use std::sync::LazyLock;

use crate::key::asks;
use crate::lexer::{Coding, Kind, Tokens};
use crate::rules::commands::WRAPPERS;
use crate::rules::words::{ARROW, REFERENCE_TAGS, SCALARS, VALUE_NAMES};
use crate::score::LOOKED_AT;
use crate::text::{Words, at, class, count_steps, line_end, line_start, part, run_end};

use Kind::{Blank, Close, Line, Open, Quote, Redacted, Sign, Word};

static WRAPPER_WORDS: LazyLock<Words<()>> = LazyLock::new(|| Words::list(WRAPPERS));

/// The maximum number of tokens of a list that are read.
const LIST_TOKENS: usize = 256;

/// The maximum number of tokens from a value to the end of its map in Go's notation.
const GO_MAP: usize = 64;

/// The maximum number of tokens in an unquoted item of a list.
const ITEM_TOKENS: usize = 16;

/// The maximum length of a heredoc that is read, in bytes.
const HEREDOC: usize = 1024;

/// The maximum number of tokens of a path to a constructor, of a field's name in it, and of constructors around a text.
const PATH: usize = 12;

/// The steps charged for a token of an unquoted value.
const TOKEN: usize = 4;

/// An unquoted value with more tokens ends only at white space.
const MANY_TOKENS: usize = 128;

/// The surroundings of a value that determine where it ends.
#[derive(Clone, Copy, Default)]
pub(crate) struct Site {
    /// A list of parameters ends at the partner of a quote or bracket that was opened before this place.
    pub(crate) from: usize,
    /// The encoding of the separator. Plain signs and signs in this encoding may end the value.
    pub(crate) coding: Coding,
    /// Whether every `&` ends the value.
    pub(crate) in_query: bool,
    /// Whether the separator is not a colon. Then braces around the value are quotes.
    pub(crate) is_assigned: bool,
}

impl Site {
    pub(crate) fn from(from: usize) -> Self {
        Self { from, ..Self::default() }
    }

    pub(crate) fn assigned(from: usize) -> Self {
        Self { is_assigned: true, ..Self::from(from) }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Value {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The place after the value and its closing quote.
    pub(crate) next: usize,
    pub(crate) quoted: bool,
}

impl Value {
    pub(crate) fn bytes<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        part(text, self.start, self.end)
    }

    fn quoted(start: usize, end: usize, next: usize) -> Option<Self> {
        (end > start).then_some(Self { start, end, next, quoted: true })
    }

    fn bare(start: usize, end: usize, next: usize) -> Option<Self> {
        let quoted = false;
        Self::quoted(start, end, next).map(|value| Self { quoted, ..value })
    }
}

impl Tokens<'_> {
    /// Returns the value at `place`; `None` if there is none, or if it was redacted.
    pub(crate) fn value(&mut self, place: usize, site: Site) -> Option<Value> {
        self.nested(place, site, 3)
    }

    fn nested(&mut self, place: usize, site: Site, depth: u8) -> Option<Value> {
        let token = self.get(place)?;
        match token.kind {
            _ if self.is_break(place) => None,
            Redacted | Close(_) => None,
            Quote if self.opens_quote(place) => self.quoted(place),
            Word => self.wrapped(place, site, depth),
            // Erlang's `<<"…">>`
            Sign(b'<') if self.is_sign(place + 1, b'<') && self.opens_quote(place + 2) => {
                self.heredoc(place + 2).or_else(|| self.quoted(place + 2))
            }
            Sign(b'<') if self.is_sign(place + 1, b'<') => {
                self.heredoc(place + 2).or_else(|| self.bare(place, site))
            }
            Open(b'{') if site.is_assigned => self.braced(place),
            Open(b'{') => self.field(place, depth).filter(|found| found.quoted),
            // Go's `[]string{"…"}`
            Open(b'[') if self.is_go_list(place) => self.bracketed(place + 3, site),
            Open(_) => self.cast(place).or_else(|| self.bracketed(place, site)),
            // YAML's tag, `!!str …`, or anchor, `&anchor …`
            Sign(b'!' | b'&') if depth > 0 && !site.is_assigned => {
                if self.is_word(place + 1, REFERENCE_TAGS) {
                    return None;
                }
                let blank = (place + 2..place + 4).find(|&at| self.kind(at) == Blank);
                // A type precedes the value: `password: &str = "…"`.
                match blank.filter(|blank| !self.is_sign(blank + 1, b'=')) {
                    // A value behind a tag counts as quoted: no word of a sentence has a tag.
                    Some(blank) => {
                        let found = self.nested(blank + 1, site, depth - 1)?;
                        let quoted = found.quoted || self.is_sign(place + 1, b'!');
                        Some(Value { quoted, ..found })
                    }
                    None => self.bare(place, site),
                }
            }
            Sign(b'|' | b'>') => self.block(place).or_else(|| self.bare(place, site)),
            _ => self.bare(place, site),
        }
    }

    /// Whether a list of Go begins at `place`: `[]string{`.
    pub(crate) fn is_go_list(&mut self, place: usize) -> bool {
        self.are(place, &[Open(b'['), Close(b']'), Word, Open(b'{')])
    }

    /// Returns the content of the quote that opens at `place`. Without a closing quote, the content ends with the line.
    pub(crate) fn quoted(&mut self, place: usize) -> Option<Value> {
        let start = self.get(place)?.end;
        match (self.close(place), self.kind(place + 1)) {
            (_, Redacted) | (None, Blank) => None,
            (Some(close), _) => Value::quoted(start, self.start(close), close + 1),
            // The closing quote was cut.
            (None, _) => {
                let end = self.line_end(start);
                let next = self.place_at(end).unwrap_or(place + 1);
                Value::quoted(start, end, next)
            }
        }
    }

    /// Returns a value that begins with a word, which may belong to a notation around the value: `Some("…")`,
    /// `SecretString("…")`, `String::from("…")`, `b'…'`, `string(12) "…"`.
    fn wrapped(&mut self, place: usize, site: Site, depth: u8) -> Option<Value> {
        let word = self.word(place).unwrap_or_default();
        if word.len() <= 2 && self.opens_quote(place + 1) {
            return self.quoted(place + 1);
        }
        // In `Just "…"` or `0x55d0 "…"`, a constructor, a type or an address precedes the text.
        let is_note = WRAPPER_WORDS.contains(word) || word.starts_with(b"0x");
        if is_note && self.kind(place + 1) == Blank {
            let mut next = place + 2;
            while next < place + 12 && self.are(next, &[Sign(b'-'), Word]) {
                next = self.skip_blanks(next + 2);
            }
            if self.opens_quote(next) {
                return self.quoted(next);
            }
            // `new String("…")`
            if self.is_wrapper(next) {
                return self.nested(next, site, depth);
            }
        }
        let open = place + 1;
        let tail = word.rsplit(|byte| *byte == b'.').next().unwrap_or(word);
        let close = match self.kind(open) {
            Open(b'(') if depth > 0 && WRAPPER_WORDS.contains(tail) => self.close(open),
            _ => None,
        };
        let Some(close) = close else {
            return self.bare(place, site);
        };
        let behind = self.skip_blanks(close + 1);
        if behind > close + 1 && self.opens_quote(behind) {
            return self.quoted(behind);
        }
        let inner = self.skip_lines(open + 1);
        let found = self.nested(inner, Site::default(), depth - 1)?;
        // A method with several arguments wraps none of them: `flag.String("password", "", "usage")`.
        if tail.len() < word.len() && self.is_sign(found.next, b',') {
            return self.bare(place, site);
        }
        Some(found)
    }

    /// Returns the text after its type and length in parentheses: `(string) (len=8) "…"`.
    pub(crate) fn cast(&mut self, place: usize) -> Option<Value> {
        let mut next = place;
        while self.kind(next) == Open(b'(') {
            next = self.close(next)? + 1;
            next = self.skip_blanks(next);
        }
        self.opens_quote(next).then(|| self.quoted(next))?
    }

    /// Returns the first item of a list if it is quoted, and otherwise the text in the brackets.
    fn bracketed(&mut self, place: usize, site: Site) -> Option<Value> {
        let inner = self.skip_lines(place + 1);
        if self.opens_quote(inner) {
            return self.quoted(inner);
        }
        let Some(close) = self.close(place) else {
            return self.bare(inner, site);
        };
        if matches!(self.kind(inner), Open(_) | Redacted) {
            return None;
        }
        Value::quoted(self.start(inner), self.start(close), close + 1)
    }

    /// Returns a value of several words without signs between them.
    pub(crate) fn words(&mut self, place: usize) -> Option<Value> {
        let mut end = place + usize::from(self.kind(place) == Word);
        while end < place + 64 && self.are(end, &[Blank, Word]) {
            end += 2;
        }
        Value::bare(self.start(place), self.start(end), end)
    }

    /// Returns the place of an item of the list that opens at `open`. The index of the first item is 0.
    pub(crate) fn nth_item(&mut self, open: usize, index: usize) -> Option<usize> {
        let close = self.close(open).unwrap_or(usize::MAX);
        let mut at = self.skip_lines(open + 1);
        let mut current = 0;
        // A quoted text counts as one token.
        for _ in 0..LIST_TOKENS {
            if at >= close {
                break;
            }
            count_steps(1);
            if current == index {
                return Some(self.skip_lines(at));
            }
            match self.get(at)?.kind {
                Sign(b',') => current += 1,
                Quote if self.opens_quote(at) => at = self.close(at)?,
                Open(_) => at = self.close(at)?,
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// Returns the last item of a list, if it has quotes.
    pub(crate) fn last_item(&mut self, open: usize) -> Option<Value> {
        let close = self.close(open).filter(|close| close - open < LIST_TOKENS)?;
        let last = (open + 1..close).rev().find(|&at| !self.is_break(at))?;
        let first = self.get(last)?.mate?;
        (self.opens_quote(first)).then(|| self.quoted(first))?
    }

    /// Returns the text between two places, which is a list without quotes.
    pub(crate) fn between(&mut self, place: usize, close: usize) -> Option<Value> {
        Value::quoted(self.start(place), self.start(close), close)
    }

    /// Returns an unquoted item of a list, if it is a single word.
    pub(crate) fn single_item(&mut self, place: usize) -> Option<Value> {
        let end = (place..place + ITEM_TOKENS).find(|&at| self.ends_item(at))?;
        let has_group = (place..end).any(|at| matches!(self.kind(at), Quote | Open(_)));
        let behind = self.skip_lines(end);
        match self.kind(behind) {
            Sign(b',') | Close(_) if !has_group => {
                Value::bare(self.start(place), self.start(end), end)
            }
            _ => None,
        }
    }

    /// Whether an unquoted item of a list ends at `place`.
    fn ends_item(&mut self, place: usize) -> bool {
        matches!(self.kind(place), Sign(b',') | Close(_) | Blank | Line)
    }

    /// Returns a number or a literal in a list or a map.
    pub(crate) fn scalar(&mut self, place: usize) -> Option<Value> {
        let mut cursor = self.cursor(place);
        cursor.sign(b"-");
        let word = cursor.word()?;
        let next = cursor.place;
        let is_scalar = match word[0] {
            b'0'..=b'9' => class!("0-9.eE-").all(word),
            _ => SCALARS.has(word),
        };
        let ends = is_scalar && self.ends_item(next);
        Value::bare(self.start(place), self.start(next), next).filter(|_| ends)
    }

    /// Whether the word at `place` only wraps the value in the brackets after it.
    pub(crate) fn is_wrapper(&mut self, place: usize) -> bool {
        self.kind(place + 1) == Open(b'(')
            && WRAPPER_WORDS.contains(self.word(place).unwrap_or_default())
    }

    /// Returns the bracket of the constructor that begins at `place`: `String("…")`, `Kind::Field(Str, "…")`.
    pub(crate) fn constructor(&mut self, place: usize) -> Option<usize> {
        let mut last = place;
        while last < place + PATH && self.are(last + 1, &[Sign(b':'), Sign(b':'), Word]) {
            last += 3;
        }
        let name = self.word(last)?;
        let is_type = name[0].is_ascii_uppercase() && !name.contains(&b'.');
        let is_call = is_type && self.kind(last + 1) == Open(b'(');
        (is_call && !asks(name)).then_some(last + 1)
    }

    /// Whether the bracket has a single item.
    pub(crate) fn is_single(&mut self, open: usize) -> bool {
        let first = self.skip_lines(open + 1);
        let group = match self.kind(first) {
            Word => self.constructor(first).unwrap_or_else(|| self.skip_blanks(first + 1)),
            _ => first,
        };
        let end = self.close(group).map_or(first, |close| close + 1);
        let end = self.skip_comma(end);
        self.close(open).is_none_or(|close| close <= end)
    }

    /// Returns the place after white space and a comma.
    pub(crate) fn skip_comma(&mut self, place: usize) -> usize {
        let next = self.skip_lines(place);
        if self.is_sign(next, b',') { self.skip_lines(next + 1) } else { next }
    }

    /// Returns the range of the constructors and calls that contain only the text in quotes at `first..after`, as in
    /// `Key { inner: Static("…") }` and `env::var("…")`. Without them, this is the text itself.
    pub(crate) fn around(&mut self, first: usize, after: usize) -> (usize, usize) {
        let mut range = (first, after);
        for _ in 0..PATH {
            let end = self.skip_comma(range.1);
            // Other quotes enclose the quotes of a printed text: `Text('"password"')`.
            if self.kind(range.1) == Quote && self.closes_before(range.1, range.0) {
                range = (range.0.saturating_sub(1), range.1 + 1);
                continue;
            }
            let Close(_) = self.kind(end) else {
                break;
            };
            let Some(open) = self.get(end).and_then(|close| close.mate) else {
                break;
            };
            let is_field = |kind| matches!(kind, Word | Blank | Line | Sign(b':'));
            let is_lead = open < range.0
                && range.0 - open < PATH
                && (open + 1..range.0).all(|at| is_field(self.kind(at)));
            let name = open.checked_sub(1 + usize::from(self.kind(open) == Open(b'{')));
            let Some(name) = name.filter(|name| is_lead && self.word(*name).is_some()) else {
                break;
            };
            range = (name, end + 1);
        }
        range
    }

    /// Returns a value in ODBC's quotes, `{…}`.
    pub(crate) fn braced(&mut self, place: usize) -> Option<Value> {
        let start = self.get(place)?.end;
        let mut at = place + 1;
        // A blank after the brace begins a table, `{ old = "…" }`, or a template, `{{ name }}`.
        let is_double = self.kind(at) == Open(b'{');
        if self.is_break(at + usize::from(is_double)) {
            return None;
        }
        while at < place + 256 {
            match self.get(at)?.kind {
                Close(b'}') => break,
                Quote | Redacted | Sign(b':') => return None,
                _ => {}
            }
            at += 1;
        }
        count_steps(at - place);
        Value::quoted(start, self.start(at), at + 1)
    }

    /// Whether the bracket at `open` belongs to a map as Go prints it: `map[old:…]`.
    pub(crate) fn is_go_map(&mut self, open: usize) -> bool {
        let word = open.checked_sub(1).and_then(|word| self.word(word));
        word == Some(b"map") && self.kind(open) == Open(b'[')
    }

    /// Returns the value at `place` up to the next field, if the name at `name` is in a map of Go: `map[old:a b new:c]`.
    pub(crate) fn in_go_map(&mut self, name: usize, place: usize) -> Option<Value> {
        let close =
            self.in_line(place, GO_MAP, |tokens, at| tokens.closes_before(at, name).then_some(at))?;
        let open = self.get(close)?.mate.filter(|open| self.is_go_map(*open))?;
        let is_field = |&at: &usize| self.are(at, &[Blank, Word, Sign(b':')]);
        let end = (place.max(open)..close).find(is_field).unwrap_or(close);
        Value::bare(self.start(place), self.start(end), end)
    }

    /// Returns the secret in a wrapper: `{"value": "…"}`, `Secret { inner: "…" }`.
    pub(crate) fn field(&mut self, place: usize, depth: u8) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let mut cursor = self.cursor(place + 1);
        cursor.lines().eat(Quote);
        cursor.one_of(VALUE_NAMES)?;
        cursor.eat(Quote);
        cursor.blanks().sign(b":=")?;
        let start = cursor.blanks().place;
        self.nested(start, Site::from(place), depth)
    }

    /// Returns the lines of a heredoc, whose mark is at `place`: `<<EOT`, `<<-'EOT'`.
    fn heredoc(&mut self, place: usize) -> Option<Value> {
        let mut cursor = self.cursor(place);
        cursor.sign(b"-~");
        cursor.eat(Quote);
        let mark = cursor.word()?;
        cursor.eat(Quote);
        let at = cursor.place;
        let line = self.get(at).filter(|token| token.kind == Line)?;
        let text = part(self.text, 0, line.end + HEREDOC);
        let is_blank = |byte: u8| byte.is_ascii_whitespace();
        let start = run_end(text, line.end, 256, is_blank);
        let mut end = line_end(text, start);
        while end < text.len() {
            let next = line_end(text, end + 1);
            if part(text, end + 1, next).trim_ascii() == mark {
                break;
            }
            end = next;
        }
        let place = self.place_at(end).unwrap_or(at + 1);
        Value::quoted(start, end, place)
    }

    /// Returns the value of YAML's `|` and `>`: the lines that are indented at least as deep as the first.
    fn block(&mut self, place: usize) -> Option<Value> {
        let text = self.text;
        let token = self.get(place)?;
        let head = class!("+1-9 -").end(text, token.end, 64);
        let body = head + 1;
        // The lines of a diff and of a comment begin with the same sign.
        let line = line_start(text, token.start);
        let margin = at(text, line);
        let has_margin = b"+-#>".contains(&margin) && at(text, body) == margin;
        let start_of = |line: usize| line + usize::from(has_margin && at(text, line) == margin);
        let indent = |line: usize| class!(" ").end(text, start_of(line), 256) - line;
        let is_end = |place: usize| matches!(text.get(place), None | Some(b'\n' | b'\r'));
        let body = class!("\n\r").end(text, body, 8);
        let depth = indent(body);
        // The lines of a long block are not read again as blocks of their own.
        if !is_end(head) || depth == 0 || body < self.blocks_until {
            return None;
        }
        let mut end = line_end(text, body);
        while end < text.len() && (is_end(end + 1) || indent(end + 1) >= depth) {
            end = line_end(text, end + 1);
        }
        if end - body > LOOKED_AT {
            self.blocks_until = end;
        }
        let next = self.place_at(end.saturating_sub(1)).unwrap_or(place);
        let start = body + depth;
        let last = class!(" \t\n\r\x0c").start(text, end, end - start);
        Value::quoted(start, last, next + 1)
    }

    /// Returns a value without quotes, up to a delimiter. Passwords may contain any sign, so the text after a sign decides
    /// whether the sign is a delimiter.
    pub(crate) fn bare(&mut self, place: usize, site: Site) -> Option<Value> {
        let start = self.start(place);
        if let Some(close) = self.placeholder_end(place) {
            return Value::bare(start, self.start(close) + 1, close + 1);
        }
        let mut at = place;
        let mut opened = 0_usize;
        while let Some(token) = self.get(at)
            && !self.is_break(at)
        {
            if at > place + MANY_TOKENS {
                at = self.run_end(at);
                break;
            }
            let is_delimiter =
                at > place && token.coding == Coding::Plain || token.coding == site.coding;
            let ends = match token.kind {
                // `Secret("…")`
                Quote if opened > 0 && self.is_argument(at) => {
                    at = self.close(at).unwrap_or(at);
                    false
                }
                Quote => token.mate.is_some_and(|mate| mate < place) || self.word(at + 1).is_none(),
                Open(_) => {
                    opened += 1;
                    false
                }
                Close(_) if opened > 0 => {
                    opened -= 1;
                    false
                }
                // Nothing opens this bracket, so it belongs to the password.
                Close(_) if token.mate.is_none() && self.word(at + 1).is_some() => false,
                Redacted | Close(_) | Sign(ARROW) => true,
                Sign(sign) if is_delimiter => self.sign_ends(at, sign, place, site),
                _ => false,
            };
            if ends {
                break;
            }
            at += 1;
        }
        count_steps(TOKEN * (at - place).min(MANY_TOKENS));
        // A full stop, colon, question mark or comma before white space belongs to the sentence.
        while at > place + 1
            && matches!(self.kind(at - 1), Sign(b'.' | b':' | b'?' | b','))
            && self.is_break(at)
        {
            at -= 1;
        }
        Value::bare(start, self.start(at), at)
    }

    /// Whether a whole text in quotes follows a bracket.
    fn is_argument(&mut self, quote: usize) -> bool {
        let is_first = matches!(self.kind(quote - 1), Open(_));
        is_first && self.opens_quote(quote) && self.close(quote).is_some()
    }

    /// Returns the place of the bracket that ends `<your token>`, which is one value.
    fn placeholder_end(&mut self, place: usize) -> Option<usize> {
        if !self.are(place, &[Sign(b'<'), Word]) {
            return None;
        }
        let is_end = |kind| matches!(kind, Line | Sign(b'>'));
        let close = (place..place + 24).find(|&at| is_end(self.kind(at)))?;
        self.is_sign(close, b'>').then_some(close)
    }

    /// Whether the sign at `at` ends the value that began at `place`.
    fn sign_ends(&mut self, at: usize, sign: u8, place: usize, site: Site) -> bool {
        let is_last = self.is_break(at + 1);
        let next = self.kind(at + 1);
        match sign {
            b',' | b'|' | b';' => {
                is_last || matches!(next, Quote | Redacted) || self.begins_pair(at + 1)
            }
            b'&' if site.in_query => true,
            _ if at == place => false,
            b'&' => is_last || self.begins_pair(at + 1),
            b'<' => matches!(next, Sign(b'/') | Word),
            _ => false,
        }
    }

    /// Whether another pair of a list seems to begin at `place`, as with `name=`, `name:` or `"name"`.
    fn begins_pair(&mut self, place: usize) -> bool {
        let mut cursor = self.cursor(place);
        cursor.eat(Quote).or_else(|| cursor.sign(b"$-"));
        let word = cursor.word().unwrap_or_default();
        let end = cursor.blanks().peek();
        word.first().is_some_and(|first| class!("a-zA-Z_").has(*first))
            && matches!(end, Sign(b'=' | b':') | Quote | Open(b'['))
    }
}
