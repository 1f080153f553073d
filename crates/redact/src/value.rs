//! Finds the start and the end of the value after a name.

use std::sync::LazyLock;

use crate::lexer::{Coding, Kind, Tokens};
use crate::rules::commands::WRAPPERS;
use crate::rules::words::{ARROW, REFERENCE_TAGS, SCALARS, VALUE_NAMES};
use crate::score::LOOKED_AT;
use crate::text::{Words, at, class, count_steps, is_one_of, line_end, line_start, part, run_end};

static WRAPPER_WORDS: LazyLock<Words<()>> = LazyLock::new(|| Words::list(WRAPPERS));

/// The maximum number of tokens of a list that are read.
const LIST_TOKENS: usize = 256;

/// The maximum number of tokens in an unquoted item of a list.
const ITEM_TOKENS: usize = 16;

/// The maximum length of a heredoc that is read, in bytes.
const HEREDOC: usize = 1024;

/// The steps charged for a token of an unquoted value.
const TOKEN: usize = 4;

/// An unquoted value with more tokens ends only at white space.
const MANY_TOKENS: usize = 128;

/// The surroundings of a value that determine where it ends.
#[derive(Clone, Copy, Debug, Default)]
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

#[derive(Clone, Copy, Debug)]
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

/// Returns the value at `place`; `None` if there is none, or if it was redacted.
pub(crate) fn value(tokens: &mut Tokens<'_>, place: usize, site: Site) -> Option<Value> {
    nested(tokens, place, site, 3)
}

fn nested(tokens: &mut Tokens<'_>, place: usize, site: Site, depth: u8) -> Option<Value> {
    let token = tokens.get(place)?;
    match token.kind {
        _ if tokens.is_break(place) => None,
        Kind::Redacted | Kind::Close(_) => None,
        Kind::Quote if tokens.opens_quote(place) => quoted(tokens, place),
        Kind::Quote if tokens.closes_before(place, place) => None,
        Kind::Word => word(tokens, place, site, depth),
        // Erlang's `<<"…">>`
        Kind::Sign(b'<') if tokens.is_sign(place + 1, b'<') && tokens.opens_quote(place + 2) => {
            heredoc(tokens, place + 2).or_else(|| quoted(tokens, place + 2))
        }
        Kind::Sign(b'<') if tokens.is_sign(place + 1, b'<') => {
            heredoc(tokens, place + 2).or_else(|| bare(tokens, place, site))
        }
        Kind::Open(b'{') if site.is_assigned => braced(tokens, place),
        Kind::Open(b'{') => field(tokens, place, depth).filter(|found| found.quoted),
        // Go's `[]string{"…"}`
        Kind::Open(b'[')
            if tokens.kind(place + 1) == Kind::Close(b']')
                && tokens.kind(place + 3) == Kind::Open(b'{') =>
        {
            group(tokens, place + 3, site)
        }
        Kind::Open(_) => cast(tokens, place).or_else(|| group(tokens, place, site)),
        // YAML's tag, `!!str …`, or anchor, `&anchor …`
        Kind::Sign(b'!' | b'&') if depth > 0 && !site.is_assigned => {
            if tokens.is_word(place + 1, REFERENCE_TAGS) {
                return None;
            }
            let blank = (place + 2..place + 4).find(|&at| tokens.kind(at) == Kind::Blank);
            // A type precedes the value: `password: &str = "…"`.
            match blank.filter(|blank| !tokens.is_sign(blank + 1, b'=')) {
                Some(blank) => nested(tokens, blank + 1, site, depth - 1),
                None => bare(tokens, place, site),
            }
        }
        Kind::Sign(b'|' | b'>') => block(tokens, place).or_else(|| bare(tokens, place, site)),
        _ => bare(tokens, place, site),
    }
}

/// Returns the content of the quote that opens at `place`. Without a closing quote, the content ends with the line.
pub(crate) fn quoted(tokens: &mut Tokens<'_>, place: usize) -> Option<Value> {
    let start = tokens.get(place)?.end;
    match (tokens.close(place), tokens.kind(place + 1)) {
        (_, Kind::Redacted) | (None, Kind::Blank) => None,
        (Some(close), _) => Value::quoted(start, tokens.start(close), close + 1),
        // The closing quote was cut.
        (None, _) => {
            let end = tokens.line_end(start);
            let next = tokens.place_at(end).unwrap_or(place + 1);
            Value::quoted(start, end, next)
        }
    }
}

/// Returns a value that begins with a word, which may belong to a notation around the value: `Some("…")`,
/// `SecretString("…")`, `String::from("…")`, `b'…'`, `string(12) "…"`.
fn word(tokens: &mut Tokens<'_>, place: usize, site: Site, depth: u8) -> Option<Value> {
    let word = tokens.word(place).unwrap_or_default();
    if word.len() <= 2 && tokens.opens_quote(place + 1) {
        return quoted(tokens, place + 1);
    }
    // In `Just "…"` or `0x55d0 "…"`, a constructor, a type or an address precedes the text.
    let is_note = WRAPPER_WORDS.contains(word) || word.starts_with(b"0x");
    if is_note && tokens.kind(place + 1) == Kind::Blank {
        let mut next = place + 2;
        while next < place + 12 && tokens.is_sign(next, b'-') && tokens.word(next + 1).is_some() {
            next = tokens.skip_blanks(next + 2);
        }
        if tokens.opens_quote(next) {
            return quoted(tokens, next);
        }
    }
    let open = place + 1;
    let tail = word.rsplit(|byte| *byte == b'.').next().unwrap_or(word);
    let is_wrapper = WRAPPER_WORDS.contains(word) || WRAPPER_WORDS.contains(tail);
    let is_around = tokens.kind(open) == Kind::Open(b'(');
    let Some(close) = tokens.close(open).filter(|_| is_wrapper && is_around && depth > 0) else {
        return bare(tokens, place, site);
    };
    let behind = tokens.skip_blanks(close + 1);
    if behind > close + 1 && tokens.opens_quote(behind) {
        return quoted(tokens, behind);
    }
    let inner = tokens.skip_lines(open + 1);
    nested(tokens, inner, Site::default(), depth - 1)
}

/// Returns the text after its type and length in parentheses: `(string) (len=8) "…"`.
pub(crate) fn cast(tokens: &mut Tokens<'_>, place: usize) -> Option<Value> {
    let mut next = place;
    while tokens.kind(next) == Kind::Open(b'(') {
        next = tokens.close(next)? + 1;
        next += usize::from(tokens.kind(next) == Kind::Blank);
    }
    tokens.opens_quote(next).then(|| quoted(tokens, next))?
}

/// Returns the first item of a list if it is quoted, and otherwise the text in the brackets.
fn group(tokens: &mut Tokens<'_>, place: usize, site: Site) -> Option<Value> {
    let inner = tokens.skip_lines(place + 1);
    if tokens.opens_quote(inner) {
        return quoted(tokens, inner);
    }
    let Some(close) = tokens.close(place) else {
        return bare(tokens, inner, site);
    };
    if matches!(tokens.kind(inner), Kind::Open(_) | Kind::Redacted) {
        return None;
    }
    Value::quoted(tokens.start(inner), tokens.start(close), close + 1)
}

/// Returns a value of several words without signs between them.
pub(crate) fn words(tokens: &mut Tokens<'_>, place: usize) -> Option<Value> {
    let mut end = place;
    while end < place + 64 && tokens.word(end).is_some() {
        end += 1;
        end += usize::from(tokens.kind(end) == Kind::Blank && tokens.word(end + 1).is_some());
    }
    Value::bare(tokens.start(place), tokens.start(end), end)
}

/// Returns the place of an item of a list in parentheses. The index of the first item is 0.
pub(crate) fn item(tokens: &mut Tokens<'_>, open: usize, index: usize) -> Option<usize> {
    if tokens.kind(open) != Kind::Open(b'(') {
        return None;
    }
    let close = tokens.close(open).unwrap_or(usize::MAX);
    let mut at = tokens.skip_lines(open + 1);
    let mut current = 0;
    // A quoted text counts as one token.
    for _ in 0..LIST_TOKENS {
        if at >= close {
            break;
        }
        count_steps(1);
        if current == index {
            return Some(tokens.skip_lines(at));
        }
        match tokens.get(at)?.kind {
            Kind::Sign(b',') => current += 1,
            Kind::Quote if tokens.opens_quote(at) => at = tokens.close(at)?,
            Kind::Open(_) => at = tokens.close(at)?,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Returns the last item of a list in square brackets, if it has quotes.
pub(crate) fn last_item(tokens: &mut Tokens<'_>, open: usize) -> Option<Value> {
    if tokens.kind(open) != Kind::Open(b'[') {
        return None;
    }
    let close = tokens.close(open).filter(|close| close - open < LIST_TOKENS)?;
    let last = (open..close).rev().find(|&at| !tokens.is_break(at))?;
    let first = tokens.get(last)?.mate?;
    (tokens.opens_quote(first)).then(|| quoted(tokens, first))?
}

/// Returns the text between two places, which is a list without quotes.
pub(crate) fn between(tokens: &mut Tokens<'_>, place: usize, close: usize) -> Option<Value> {
    Value::quoted(tokens.start(place), tokens.start(close), close)
}

/// Returns an unquoted item of a list, if it is a single word.
pub(crate) fn item_of(tokens: &mut Tokens<'_>, place: usize) -> Option<Value> {
    let end = (place..place + ITEM_TOKENS).find(|&at| {
        matches!(tokens.kind(at), Kind::Sign(b',') | Kind::Close(_) | Kind::Blank | Kind::Line)
    })?;
    let is_word = (place..end).all(|at| !matches!(tokens.kind(at), Kind::Quote | Kind::Open(_)));
    let behind = tokens.skip_lines(end);
    let ends = is_word && matches!(tokens.kind(behind), Kind::Sign(b',') | Kind::Close(_));
    if ends { Value::bare(tokens.start(place), tokens.start(end), end) } else { None }
}

/// Returns a number or a literal in a list or a map.
pub(crate) fn scalar(tokens: &mut Tokens<'_>, place: usize) -> Option<Value> {
    let digits = place + usize::from(tokens.is_sign(place, b'-'));
    let word = tokens.word(digits)?;
    let ends = matches!(
        tokens.kind(digits + 1),
        Kind::Sign(b',') | Kind::Close(_) | Kind::Blank | Kind::Line
    );
    let is_number =
        word[0].is_ascii_digit() && class!("0-9.eE-").all(word) || is_one_of(word, SCALARS);
    let start = tokens.start(place);
    let end = tokens.start(digits + 1);
    if is_number && ends { Value::bare(start, end, digits + 1) } else { None }
}

/// Whether the word at `place` only wraps the value in the brackets after it.
pub(crate) fn is_wrapper(tokens: &mut Tokens<'_>, place: usize) -> bool {
    tokens.kind(place + 1) == Kind::Open(b'(')
        && WRAPPER_WORDS.contains(tokens.word(place).unwrap_or_default())
}

/// Returns a value in ODBC's quotes, `{…}`.
pub(crate) fn braced(tokens: &mut Tokens<'_>, place: usize) -> Option<Value> {
    let start = tokens.get(place)?.end;
    let mut at = place + 1;
    // A blank after the brace begins a table: `{ old = "…" }`.
    if tokens.is_break(at) {
        return None;
    }
    while at < place + 256 {
        match tokens.get(at)?.kind {
            Kind::Close(b'}') => break,
            Kind::Quote | Kind::Redacted | Kind::Sign(b':') => return None,
            _ => {}
        }
        at += 1;
    }
    count_steps(at - place);
    Value::quoted(start, tokens.start(at), at + 1)
}

/// Returns the secret in a wrapper: `{"value": "…"}`, `Secret { inner: "…" }`.
pub(crate) fn field(tokens: &mut Tokens<'_>, place: usize, depth: u8) -> Option<Value> {
    let mut at = tokens.skip_lines(place + 1);
    at += usize::from(tokens.opens_quote(at));
    if depth == 0 || !tokens.is_word(at, VALUE_NAMES) {
        return None;
    }
    at += 1;
    at += usize::from(tokens.kind(at) == Kind::Quote);
    at = tokens.skip_blanks(at);
    if !matches!(tokens.kind(at), Kind::Sign(b':' | b'=')) {
        return None;
    }
    let start = tokens.skip_blanks(at + 1);
    nested(tokens, start, Site::from(place), depth - 1)
}

/// Returns the lines of a heredoc, whose mark is at `place`: `<<EOT`, `<<-'EOT'`.
fn heredoc(tokens: &mut Tokens<'_>, place: usize) -> Option<Value> {
    let mut at = place;
    at += usize::from(matches!(tokens.kind(at), Kind::Sign(b'-' | b'~')));
    at += usize::from(tokens.kind(at) == Kind::Quote);
    let mark = tokens.word(at)?;
    at += 1;
    at += usize::from(tokens.kind(at) == Kind::Quote);
    let line = tokens.get(at).filter(|token| token.kind == Kind::Line)?;
    let text = part(tokens.text, 0, line.end + HEREDOC);
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
    let place = tokens.place_at(end).unwrap_or(at + 1);
    Value::quoted(start, end, place)
}

/// Returns the value of YAML's `|` and `>`: the lines that are indented at least as deep as the first.
fn block(tokens: &mut Tokens<'_>, place: usize) -> Option<Value> {
    let text = tokens.text;
    let token = tokens.get(place)?;
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
    if !is_end(head) || depth == 0 || body < tokens.blocks_until {
        return None;
    }
    let mut end = line_end(text, body);
    while end < text.len() && (is_end(end + 1) || indent(end + 1) >= depth) {
        end = line_end(text, end + 1);
    }
    if end - body > LOOKED_AT {
        tokens.blocks_until = end;
    }
    let next = tokens.place_at(end.saturating_sub(1)).unwrap_or(place);
    let start = body + depth;
    let last = class!(" \t\n\r\x0c").start(text, end, end - start);
    Value::quoted(start, last, next + 1)
}

/// Returns a value without quotes, up to a delimiter. Passwords may contain any sign, so the text after a sign decides
/// whether the sign is a delimiter.
pub(crate) fn bare(tokens: &mut Tokens<'_>, place: usize, site: Site) -> Option<Value> {
    let start = tokens.start(place);
    if let Some(close) = placeholder_end(tokens, place) {
        return Value::bare(start, tokens.start(close) + 1, close + 1);
    }
    let mut at = place;
    let mut opened = 0_usize;
    while let Some(token) = tokens.get(at)
        && !tokens.is_break(at)
    {
        if at > place + MANY_TOKENS {
            at = tokens.run_end(at);
            break;
        }
        // `Secret("…")`
        if opened > 0
            && matches!(tokens.kind(at - 1), Kind::Open(_))
            && tokens.opens_quote(at)
            && let Some(close) = tokens.close(at)
        {
            at = close + 1;
            continue;
        }
        let is_delimiter =
            at > place && token.coding == Coding::Plain || token.coding == site.coding;
        let ends = match token.kind {
            Kind::Quote => {
                token.mate.is_some_and(|mate| mate < place) || tokens.word(at + 1).is_none()
            }
            Kind::Open(_) => {
                opened += 1;
                false
            }
            Kind::Close(_) if opened > 0 => {
                opened -= 1;
                false
            }
            // Nothing opens this bracket, so it belongs to the password.
            Kind::Close(_) if token.mate.is_none() && tokens.word(at + 1).is_some() => false,
            Kind::Redacted | Kind::Close(_) | Kind::Sign(ARROW) => true,
            Kind::Sign(sign) if is_delimiter => sign_ends(tokens, at, sign, place, site),
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
        && matches!(tokens.kind(at - 1), Kind::Sign(b'.' | b':' | b'?' | b','))
        && tokens.is_break(at)
    {
        at -= 1;
    }
    Value::bare(start, tokens.start(at), at)
}

/// Returns the place of the bracket that ends `<your token>`, which is one value.
fn placeholder_end(tokens: &mut Tokens<'_>, place: usize) -> Option<usize> {
    if !tokens.is_sign(place, b'<') || tokens.word(place + 1).is_none() {
        return None;
    }
    let is_end = |kind| matches!(kind, Kind::Line | Kind::Sign(b'>'));
    let close = (place..place + 24).find(|&at| is_end(tokens.kind(at)))?;
    tokens.is_sign(close, b'>').then_some(close)
}

/// Whether the sign at `at` ends the value that began at `place`.
fn sign_ends(tokens: &mut Tokens<'_>, at: usize, sign: u8, place: usize, site: Site) -> bool {
    let is_last = tokens.is_break(at + 1);
    let next = tokens.kind(at + 1);
    match sign {
        b',' | b'|' | b';' => {
            is_last || matches!(next, Kind::Quote | Kind::Redacted) || begins_pair(tokens, at + 1)
        }
        b'&' if at > place => site.in_query || is_last || begins_pair(tokens, at + 1),
        b'<' => at > place && (next == Kind::Sign(b'/') || next == Kind::Word),
        _ => false,
    }
}

/// Whether another pair of a list seems to begin at `place`, as with `name=`, `name:` or `"name"`.
fn begins_pair(tokens: &mut Tokens<'_>, place: usize) -> bool {
    let is_lead = matches!(tokens.kind(place), Kind::Quote | Kind::Sign(b'$' | b'-'));
    let mut at = place + usize::from(is_lead);
    let word = tokens.word(at).unwrap_or_default();
    if !word.first().is_some_and(|first| class!("a-zA-Z_").has(*first)) {
        return false;
    }
    at += 1;
    at = tokens.skip_blanks(at);
    matches!(tokens.kind(at), Kind::Sign(b'=' | b':') | Kind::Quote | Kind::Open(b'['))
}
