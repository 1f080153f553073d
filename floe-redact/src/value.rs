//! Where the value behind a name begins and ends.

use crate::key;
use crate::lexer::{ARROW, Coding, Kind, Tokens};
use crate::rules::sentences::VALUE_NAMES;
use crate::score::{is_random, is_word};
use crate::text::{at, is_one_of, line_end, run_end};

/// What surrounds a value, as far as its end depends on it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Site {
    /// Quotes and brackets that were opened before this place end the value.
    pub(crate) from: usize,
    /// How the separator is encoded: delimiters in the same encoding end the value.
    pub(crate) coding: Coding,
    /// `&` ends the value.
    pub(crate) in_query: bool,
    /// The separator was no colon: braces are quotes.
    pub(crate) is_assigned: bool,
}

/// The bytes of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The place of the token behind it and its closing quote.
    pub(crate) next: usize,
    pub(crate) quoted: bool,
}

/// Functions and types around a value that are no more than its notation.
const WRAPPERS: &[&str] = &[
    "some",
    "ok",
    "just",
    "optional",
    "secretstr",
    "secretstring",
    "redacted",
    "string",
    "from",
    "of",
    "right",
    "success",
    "masked",
    "sensitive",
    "plaintext",
    "str",
    "quoted",
    "securestring",
    "value",
    "unquote",
    "text",
];

/// The value at a place; `None` if there is none or it is redacted already.
pub(crate) fn value(tokens: &mut Tokens<'_>, place: usize, site: Site) -> Option<Value> {
    nested(tokens, place, site, 3)
}

fn nested(tokens: &mut Tokens<'_>, place: usize, site: Site, depth: u8) -> Option<Value> {
    let token = tokens.get(place)?;
    match token.kind {
        _ if tokens.is_break(place, site.coding) => None,
        Kind::Redacted | Kind::Close(_) => None,
        Kind::Quote if tokens.opens_quote(place) => quoted(tokens, place),
        Kind::Quote if tokens.closes_before(place, place) => None,
        Kind::Word => match wrapped(tokens, place, site, depth) {
            Some(found) => found,
            None => bare(tokens, place, site),
        },
        // Erlang's `<<"…">>`.
        Kind::Sign(b'<') if tokens.is_sign(place + 1, b'<') && tokens.opens_quote(place + 2) => {
            quoted(tokens, place + 2)
        }
        // `{SSHA}…`
        Kind::Open(b'{')
            if tokens.kind(place + 2) == Kind::Close(b'}')
                && tokens
                    .word(place + 1)
                    .is_some_and(|word| word.iter().all(u8::is_ascii_uppercase))
                && tokens.word(place + 3).is_some() =>
        {
            bare(tokens, place + 3, site)
        }
        // Go's `[]string{"…"}`
        Kind::Open(b'[')
            if tokens.kind(place + 1) == Kind::Close(b']')
                && tokens.kind(place + 3) == Kind::Open(b'{') =>
        {
            group(tokens, place + 3, site)
        }
        Kind::Open(b'{') if site.is_assigned => braced(tokens, place),
        Kind::Open(b'{') => field(tokens, place, depth),
        Kind::Open(_) => group(tokens, place, site),
        Kind::Sign(b'@' | b'$' | b'&' | b'*') if tokens.opens_quote(place + 1) => {
            quoted(tokens, place + 1)
        }
        Kind::Sign(b'|' | b'>') => block(tokens, place).or_else(|| bare(tokens, place, site)),
        _ => bare(tokens, place, site),
    }
}

/// The content of the quote that opens here; without a closing one it ends with the line.
pub(crate) fn quoted(tokens: &mut Tokens<'_>, place: usize) -> Option<Value> {
    let start = tokens.get(place)?.end;
    if tokens.kind(place + 1) == Kind::Redacted {
        return None;
    }
    let (end, next) = match tokens.close(place) {
        Some(close) => (tokens.start(close), close + 1),
        None if tokens.kind(place + 1) == Kind::Blank => return None,
        None => {
            // The text was cut. A sentence may go on behind what shows that it is a value.
            let line = line_end(tokens.text, start);
            let word = run_end(tokens.text, start, line - start, |byte| {
                !b" ;,".contains(&byte)
            });
            let is_apart =
                tokens.text.get(word) != Some(&b',') && is_random(&tokens.text[start..word]);
            let end = if is_apart { word } else { line };
            (end, tokens.place_at(end).unwrap_or(place + 1))
        }
    };
    (end > start).then_some(Value {
        start,
        end,
        next,
        quoted: true,
    })
}

/// `Some("…")`, `Password("…")`, `String::from("…")`, `b'…'`, `string(12) "…"`.
///
/// `None` if there is no wrapper, `Some(None)` if it has no value.
#[expect(
    clippy::option_option,
    reason = "a wrapper without a value is no bare value"
)]
fn wrapped(tokens: &mut Tokens<'_>, place: usize, site: Site, depth: u8) -> Option<Option<Value>> {
    let word = tokens.word(place)?;
    if word.len() <= 2 && tokens.opens_quote(place + 1) {
        return Some(quoted(tokens, place + 1));
    }
    // `Just "…"`, `0x55d0 "…"`: a constructor, a type or an address before the text.
    let is_note = is_one_of(word, WRAPPERS) || word == b"chr" || word.starts_with(b"0x");
    if is_note && tokens.kind(place + 1) == Kind::Blank && tokens.opens_quote(place + 2) {
        return Some(quoted(tokens, place + 2));
    }
    let mut last = place;
    while last < place + 6
        && tokens.is_sign(last + 1, b':')
        && tokens.is_sign(last + 2, b':')
        && tokens.word(last + 3).is_some()
    {
        last += 3;
    }
    let open = last + 1;
    if !matches!(tokens.kind(open), Kind::Open(b'(' | b'[')) {
        return None;
    }
    let tail = tokens.word(last)?;
    let tail = tail.rsplit(|byte| *byte == b'.').next().unwrap_or(tail);
    let is_wrapper = is_one_of(word, WRAPPERS)
        || is_one_of(tail, WRAPPERS)
        || last > place && matches!(tail, b"new")
        || word[0].is_ascii_uppercase() && is_word(word) && key::meaning(word).is_some()
        || word[0].is_ascii_uppercase()
            && key::meaning(word).is_some()
            && tokens.opens_quote(open + 1);
    let is_index = tokens.kind(open) == Kind::Open(b'[') && !tokens.opens_quote(open + 1);
    if !is_wrapper || is_index || depth == 0 {
        return None;
    }
    let close = tokens.close(open)?;
    let behind = tokens.skip_blanks(close + 1);
    if tokens.opens_quote(behind) && behind > close + 1 {
        return Some(quoted(tokens, behind));
    }
    let inner = tokens.skip_lines(open + 1);
    if tokens.kind(inner) == Kind::Redacted {
        return Some(None);
    }
    if tokens.opens_quote(inner) || tokens.word(inner).is_some() {
        let found = nested(tokens, inner, Site::default(), depth - 1);
        // `Token(0)` is an index.
        return Some(found.filter(|found| found.quoted || found.end - found.start >= 4));
    }
    Some(group(tokens, open, site))
}

/// The first item of a list, or all that is in the brackets.
fn group(tokens: &mut Tokens<'_>, place: usize, site: Site) -> Option<Value> {
    let inner = tokens.skip_lines(place + 1);
    if tokens.opens_quote(inner) {
        return quoted(tokens, inner);
    }
    let Some(close) = tokens.close(place) else {
        return bare(tokens, inner, site);
    };
    // `(string) (len=9) "…"`: notes on the value.
    let mut behind = tokens.skip_blanks(close + 1);
    if behind > close + 1
        && tokens.kind(behind) == Kind::Open(b'(')
        && let Some(second) = tokens.close(behind)
    {
        behind = tokens.skip_blanks(second + 1);
    }
    if behind > close + 1 && tokens.opens_quote(behind) {
        return quoted(tokens, behind);
    }
    let (start, end) = (tokens.start(inner), tokens.start(close));
    let is_list = matches!(tokens.kind(inner), Kind::Open(_) | Kind::Redacted);
    (end > start && !is_list).then_some(Value {
        start,
        end,
        next: close + 1,
        quoted: true,
    })
}

/// ODBC's `{…}`, in which `}}` is a brace.
fn braced(tokens: &mut Tokens<'_>, place: usize) -> Option<Value> {
    let start = tokens.get(place)?.end;
    let mut at = place + 1;
    while at < place + 256 {
        match tokens.kind(at) {
            Kind::Close(b'}') if tokens.kind(at + 1) == Kind::Close(b'}') => at += 1,
            Kind::Close(b'}') => break,
            Kind::Quote | Kind::Redacted | Kind::Sign(b':') => return None,
            _ if tokens.get(at).is_none() => return None,
            _ => {}
        }
        at += 1;
    }
    let end = tokens.start(at);
    (end > start).then_some(Value {
        start,
        end,
        next: at + 1,
        quoted: true,
    })
}

/// The secret in a wrapper: `{"value": "…"}`, `Secret { inner: "…" }`.
pub(crate) fn field(tokens: &mut Tokens<'_>, place: usize, depth: u8) -> Option<Value> {
    let mut at = tokens.skip_lines(place + 1);
    at += usize::from(tokens.opens_quote(at));
    let name = tokens.word(at)?;
    if !is_one_of(name, VALUE_NAMES) && !is_one_of(name, &["inner", "0", "raw", "plain"])
        || depth == 0
    {
        return None;
    }
    at += 1;
    at += usize::from(tokens.kind(at) == Kind::Quote);
    at = tokens.skip_blanks(at);
    if !matches!(tokens.kind(at), Kind::Sign(b':' | b'=')) {
        return None;
    }
    let start = tokens.skip_blanks(at + 1);
    nested(
        tokens,
        start,
        Site {
            from: place,
            ..Site::default()
        },
        depth - 1,
    )
    .filter(|found| found.quoted)
}

/// YAML's `|` and `>`: the lines that are indented as deep as the first.
fn block(tokens: &mut Tokens<'_>, place: usize) -> Option<Value> {
    let text = tokens.text;
    let marker = tokens.get(place)?;
    let head = run_end(text, marker.end, 3, |byte| b"+-123456789".contains(&byte));
    let head = run_end(text, head, 64, |byte| byte == b' ');
    if head != line_end(text, head) || head >= text.len() {
        return None;
    }
    let next_line = |end: usize| {
        end + if text[end..].starts_with(b"\r\n") {
            2
        } else {
            1
        }
    };
    let indent = |line: usize| run_end(text, line, 256, |byte| byte == b' ') - line;
    let body = next_line(head);
    let depth = indent(body);
    let mut end = line_end(text, body);
    while end < text.len() {
        let line = next_line(end);
        if line_end(text, line) > line && indent(line) < depth {
            break;
        }
        end = line_end(text, line);
    }
    let next = tokens
        .place_at(end.saturating_sub(1))
        .map_or(place + 1, |at| at + 1);
    (depth > 0 && end > body + depth).then_some(Value {
        start: body + depth,
        end,
        next,
        quoted: true,
    })
}

/// A value without quotes: to a delimiter that is one in its place. Passwords contain any sign, so
/// what follows decides.
pub(crate) fn bare(tokens: &mut Tokens<'_>, place: usize, site: Site) -> Option<Value> {
    let mut at = place;
    let mut opened = 0_usize;
    // `<your token>` is one value.
    if tokens.is_sign(place, b'<')
        && tokens.word(place + 1).is_some()
        && let Some(close) = (place..place + 24)
            .take_while(|&at| tokens.kind(at) != Kind::Line)
            .last()
            .and_then(|last| (place..=last).find(|&at| tokens.is_sign(at, b'>')))
    {
        return Some(Value {
            start: tokens.start(place),
            end: tokens.start(close) + 1,
            next: close + 1,
            quoted: false,
        });
    }
    while let Some(token) = tokens.get(at) {
        if tokens.is_break(at, site.coding) {
            break;
        }
        let is_delimiter =
            at > place && token.coding == Coding::Plain || token.coding == site.coding;
        let ends = match token.kind {
            Kind::Redacted | Kind::Sign(ARROW) => true,
            Kind::Quote => {
                token.mate.is_some_and(|mate| mate < place)
                    || !matches!(tokens.kind(at + 1), Kind::Word)
                    || token.coding != Coding::Plain && site.coding == token.coding
            }
            Kind::Open(_) => {
                opened += 1;
                false
            }
            Kind::Close(_) if opened > 0 => {
                opened -= 1;
                false
            }
            Kind::Close(_) => closes_here(tokens, at),
            Kind::Sign(_) if !is_delimiter => false,
            Kind::Sign(b',' | b'|') => {
                tokens.is_break(at + 1, site.coding)
                    || tokens.kind(at + 1) == Kind::Quote
                    || begins_pair(tokens, at + 1)
                    || tokens.kind(at + 1) == Kind::Redacted
            }
            Kind::Sign(b';') => {
                tokens.is_break(at + 1, site.coding)
                    || tokens.is_sign(at + 1, b';')
                    || begins_pair(tokens, at + 1)
                    || matches!(tokens.kind(at + 1), Kind::Quote | Kind::Close(_))
            }
            Kind::Sign(b'&') if at == place => false,
            Kind::Sign(b'&') => {
                site.in_query || tokens.is_break(at + 1, site.coding) || begins_pair(tokens, at + 1)
            }
            Kind::Sign(b'<') => {
                at > place && (tokens.is_sign(at + 1, b'/') || tokens.word(at + 1).is_some())
            }
            // `<TOKEN>` is one value.
            Kind::Sign(b'>') if tokens.is_sign(place, b'<') => false,
            Kind::Sign(b'>') => {
                tokens.is_break(at + 1, site.coding)
                    || matches!(
                        tokens.kind(at + 1),
                        Kind::Sign(b'<' | b',') | Kind::Close(_)
                    )
            }
            _ => false,
        };
        if ends {
            break;
        }
        at += 1;
    }
    // A full stop or a colon belongs to the sentence.
    while at > place + 1
        && matches!(tokens.kind(at - 1), Kind::Sign(b'.' | b':' | b'?' | b','))
        && tokens.is_break(at, site.coding)
    {
        at -= 1;
    }
    let (start, end) = (tokens.start(place), tokens.start(at));
    (end > start).then_some(Value {
        start,
        end,
        next: at,
        quoted: false,
    })
}

/// A bracket that nothing opened ends the value before white space and punctuation.
fn closes_here(tokens: &mut Tokens<'_>, place: usize) -> bool {
    let mut at = place + 1;
    while at < place + 8 && matches!(tokens.kind(at), Kind::Close(_)) {
        at += 1;
    }
    match tokens.kind(at) {
        Kind::Blank | Kind::Line | Kind::Quote | Kind::Redacted => true,
        Kind::Sign(sign) => b",;:.|&<>\\=".contains(&sign),
        _ => false,
    }
}

/// `name=`, `name:` or `"name"`: the next pair of a list.
fn begins_pair(tokens: &mut Tokens<'_>, place: usize) -> bool {
    let mut at = place;
    if matches!(tokens.kind(at), Kind::Quote | Kind::Sign(b'$' | b'-')) {
        at += 1;
    }
    let Some(word) = tokens.word(at) else {
        return false;
    };
    if !at_letter(word) {
        return false;
    }
    at += 1;
    // `User Id=`
    for _ in 0..2 {
        if tokens.kind(at) == Kind::Blank && tokens.word(at + 1).is_some() {
            at += 2;
        }
    }
    at = tokens.skip_blanks(at);
    matches!(
        tokens.kind(at),
        Kind::Sign(b'=' | b':') | Kind::Quote | Kind::Open(b'[')
    )
}

fn at_letter(word: &[u8]) -> bool {
    at(word, 0).is_ascii_alphabetic() || at(word, 0) == b'_'
}
