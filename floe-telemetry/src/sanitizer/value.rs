//! Where the value behind a key begins and ends.

use super::bare::bare_end;
use super::bytes::Bytes;
use super::container::{block_scalar, bracketed, field, object, wrapped};
use super::quote::{self, Quote};
use super::text::{at, is_break, is_name, is_redacted, part, run_end, starts_with};
use super::{pair, pem, reference, shape};

/// What surrounds the value, as far as its end depends on it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Site {
    /// The quote mark around key and value together (`-H "X-Api-Key: v"`), or 0.
    pub(super) enclosing: u8,
    pub(super) list: List,
    /// The separator was `=`, not a colon.
    pub(super) equals: bool,
    /// The value may stay in the text, so it must not be read far.
    pub(super) doubtful: bool,
}

/// The kind of list that the pair is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum List {
    #[default]
    Plain,
    /// A line of a table: `|`, `;` and `,` end a cell.
    Row,
    /// A query string or a form.
    Query,
    /// Percent-encoded as a whole, its delimiters too.
    Encoded,
}

/// The bytes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Where the text goes on: behind the closing quote or bracket.
    pub(super) after: usize,
    pub(super) quoted: bool,
}

impl Extent {
    /// What stands inside of marks that are not its own.
    pub(super) fn inside(start: usize, end: usize) -> Self {
        Self {
            start,
            end,
            after: end,
            quoted: true,
        }
    }

    /// Whether the value from `from` on is longer than what was read of it in doubt.
    pub(super) fn is_cut(self, from: usize) -> bool {
        self.end.saturating_sub(from) >= shape::LONGEST
    }

    pub(super) fn of_quote(start: usize, (end, after): (usize, usize)) -> Self {
        Self {
            start,
            end,
            after,
            quoted: true,
        }
    }

    pub(super) fn bare(start: usize, end: usize) -> Self {
        Self {
            start,
            end,
            after: end,
            quoted: false,
        }
    }
}

/// The value at `from`; `None` if there is none or it is redacted already.
pub(super) fn extent(text: &[u8], from: usize, site: Site) -> Option<Extent> {
    let reach = from + shape::LONGEST + 1;
    let end = if site.doubtful { reach } else { usize::MAX };
    let text = part(text, 0, text.len().min(end));
    if is_break(text, from) {
        return None;
    }
    // Most values are a word.
    let word = run_end(text, from, shape::LONGEST, |byte| {
        byte.is_ascii_alphanumeric()
    });
    let is_whole = match at(text, word) {
        b' ' | b'\n' => true,
        b'&' => site.list == List::Query,
        _ => word == text.len(),
    };
    if word > from && is_whole {
        return Some(Extent::bare(from, word));
    }
    if is_redacted(text, from) {
        return None;
    }
    if let Some(found) =
        reference::extent(text, from).or_else(|| reference::here_document(text, from))
    {
        return Some(found);
    }
    if starts_with(text, from, b"-----BEGIN") {
        let end = pem::end(text, from);
        return Some(Extent::bare(from, end));
    }
    if let Some(found) = quoted(text, from, site) {
        return (!is_redacted(text, found.start)).then_some(found);
    }
    if let Some(found) = wrapped(text, from) {
        let stays = is_redacted(text, found.start) || pair::lists_keys(text, from);
        return (!stays).then_some(found);
    }
    if let Some(found) = schemed(text, from, site) {
        return (!is_redacted(text, found.start)).then_some(found);
    }
    if let Some(found) = bracketed(text, from, site) {
        let stays = is_redacted(text, found.start) || pair::lists_keys(text, from);
        return (!stays).then_some(found);
    }
    // An object has keys of its own.
    if at(text, from) == b'{' && (!site.equals || is_object(text, from)) {
        return field(text, from);
    }
    if let Some(found) = object(text, from) {
        return Some(found);
    }
    if matches!(at(text, from), b'|' | b'>')
        && let Some(found) = block_scalar(text, from)
    {
        return Some(found);
    }
    let end = bare_end(text, from, site);
    (end > from).then_some(Extent::bare(from, end))
}

/// `{"name": …`: braces around pairs, not a quote of ODBC's.
fn is_object(text: &[u8], brace: usize) -> bool {
    let first = run_end(text, brace + 1, 16, |byte| byte.is_ascii_whitespace());
    let mark = quote::mark_len(text, first);
    let end = run_end(text, first + mark, 48, |byte| {
        is_name(byte) || b"-.".contains(&byte)
    });
    let behind = end + quote::mark_len(text, end);
    mark > 0 && end > first + mark && behind > end && matches!(at(text, behind), b':' | b'=')
}

/// `{SSHA}…`, `{bcrypt}…`: the name of a scheme, and what it made of a password.
fn schemed(text: &[u8], from: usize, site: Site) -> Option<Extent> {
    if at(text, from) != b'{' {
        return None;
    }
    let close = run_end(text, from + 1, 24, |byte| {
        byte.is_ascii_alphanumeric() || byte == b'-'
    });
    let start = close + 1;
    if at(text, close) != b'}' || close == from + 1 {
        return None;
    }
    let end = bare_end(text, start, site);
    let word = part(text, start.min(end), end);
    shape::is_opaque(word, 8).then(|| Extent::bare(start, end))
}

/// `Environment="KEY=two words"`: a variable that is quoted with its value ends with the quote.
pub(super) fn of_variable(text: &[u8], name: &[u8], found: Extent, site: Site) -> Extent {
    let is_variable = name.starts_with(b"--") || !name.iter().any(u8::is_ascii_lowercase);
    if site.enclosing == 0 || found.quoted || !site.equals || !is_variable {
        return found;
    }
    let end = run_end(text, found.end, shape::LONGEST, |byte| {
        byte != site.enclosing && !b"=\n".contains(&byte)
    });
    // `'KEY=value command --option'` is a line of a shell.
    let is_command = part(text, found.end, end)
        .windows(2)
        .any(|two| two == b" -");
    let is_whole = at(text, end) == site.enclosing && !is_command;
    Extent::bare(found.start, if is_whole { end } else { found.end })
}

/// Whether the mark at `from` is the other one of the mark around key and value: `"` and `"`, and the
/// quotes of typewriters in `` undefined method `password=' for nil ``.
fn closes_around(text: &[u8], from: usize, enclosing: u8) -> bool {
    at(text, from) == enclosing
        || enclosing == b'`' && at(text, from) == b'\'' && is_break(text, from + 1)
}

const PREFIXES: Bytes = Bytes::of(b"bBrRuUfFnN@&*$#");

/// `"…"`, `b'…'`, `r"…"`, `@"…"`.
pub(super) fn quoted(text: &[u8], from: usize, site: Site) -> Option<Extent> {
    let (start, quote) = opening(text, from, site)?;
    Some(Extent::of_quote(start, quote::close(text, start, quote)))
}

/// Where quoted content begins, and its quote.
pub(super) fn opening(text: &[u8], from: usize, site: Site) -> Option<(usize, Quote)> {
    // `<<"…">>` is a binary of Erlang.
    let from = from
        + if starts_with(text, from, b"<<\"") {
            2
        } else {
            0
        };
    let prefix = run_end(text, from, 2, |byte| PREFIXES.has(byte)) - from;
    let behind = at(text, from + prefix);
    if prefix == 0 && behind.is_ascii_alphanumeric() {
        return None;
    }
    (0..=prefix).find_map(|skip| {
        let quote = quote::open(text, from + skip)?;
        // The quote that closes the text around us does not open a value.
        if skip == 0 && quote.len == 1 && closes_around(text, from, site.enclosing) {
            return None;
        }
        Some((from + skip + quote.len, quote))
    })
}
