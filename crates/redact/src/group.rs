//! Reads groups, which are lists and maps in brackets, under a name: `{"api_keys": ["…", "…"]}`, `Login { passwords:
//! {"old": "…"} }`. Reads blocks of YAML, too.

use std::iter;
use std::ops::Range;

use crate::decision::{self, Key};
use crate::key::{self, Meaning};
use crate::lexer::{Kind, Tokens};
use crate::pair::{self, Separator};
use crate::rules::keys::{FIELDS, Flag, KeyKind};
use crate::rules::list::{WordList, words};
use crate::rules::words::{ARRAYS, Binding, NAME_NAMES, VALUE_NAMES};
use crate::scan::{Evidence, Scan, Tried};
use crate::score::{Bond, Context};
use crate::text::{at as byte_at, class, count_steps, line_end, line_start, part};
use crate::value::{Site, Value};

use Kind::{Blank, Close, Line, Open, Redacted, Sign, Word};
use Tried::{Found, Nothing};

/// The maximum depth of a group.
const DEPTH: usize = 8;

/// The maximum number of tokens from `new` to the brace of an array.
const ARRAY: usize = 8;

/// The maximum number of constructors around a group, as in `Some([…])`.
const WRAPPERS: usize = 3;

/// The steps charged for a token of a group or a line of a block.
const ITEM: usize = 16;

/// The maximum indentation of a block, in bytes.
const COLUMN: usize = 256;

/// Returns the place of the bracket that opens the list or map at `place`.
pub(crate) fn opens(tokens: &mut Tokens<'_>, mut place: usize, is_assigned: bool) -> Option<usize> {
    for _ in 0..WRAPPERS {
        if !tokens.is_wrapper(place) || !tokens.is_single(place + 1) {
            break;
        }
        place = tokens.skip_lines(place + 2);
    }
    match tokens.kind(place) {
        // ODBC's `{…}` is a quote.
        Open(b'{') if is_assigned && tokens.braced(place).is_some() => None,
        Open(b'{') => begins_map(tokens, place).then_some(place),
        Open(b'(') if tokens.cast(place).is_some() => None,
        // Go's `[]string{"…"}`
        Open(b'[') if tokens.is_go_list(place) => Some(place + 3),
        Open(_) => Some(place),
        Word if tokens.constructor(place).is_some() => tokens.constructor(place),
        // `new[] { "…" }`, `new String[] {"…"}`
        Word if tokens.is_word(place, words!("new")) => {
            tokens.in_line(place, ARRAY, |tokens, at| (tokens.kind(at) == Open(b'{')).then_some(at))
        }
        // Go's `map[old:…]`
        Word if tokens.is_go_map(place + 1) => Some(place + 1),
        // `Login { old: "…" }`, `Array [String("…")]`
        Word => {
            let open = tokens.skip_blanks(place + 1);
            let is_group = match tokens.kind(open) {
                Open(b'{') => begins_map(tokens, open),
                Open(b'[') => tokens.is_word(place, ARRAYS),
                _ => false,
            };
            (is_group && open > place + 1).then_some(open)
        }
        _ => None,
    }
}

/// Whether a quote, or the name of a field and its separator, follows the brace.
fn begins_map(tokens: &mut Tokens<'_>, brace: usize) -> bool {
    let mut cursor = tokens.cursor(brace + 1);
    let first = cursor.lines().place;
    match cursor.word() {
        Some(_) => cursor.blanks().sign(b":=").is_some(),
        None => tokens.opens_quote(first),
    }
}

/// A group or a block while it is read, and the meaning of its name.
#[derive(Clone, Copy)]
struct Level {
    /// The place of the closing bracket of a group, or the indentation of the name above a block.
    end: Option<usize>,
    is_map: bool,
    /// Whether the group has the arguments of a constructor. Unquoted ones are names of types and variants.
    is_call: bool,
    meaning: Option<Meaning>,
}

impl Level {
    fn new(tokens: &mut Tokens<'_>, open: usize, meaning: Option<Meaning>) -> Self {
        let is_map = tokens.kind(open) == Open(b'{') || tokens.is_go_map(open);
        let name = open.checked_sub(1).and_then(|name| tokens.word(name));
        let is_call = tokens.kind(open) == Open(b'(') && name.is_some();
        Self { end: tokens.close(open), is_map, is_call, meaning }
    }

    /// Returns the meaning of a value without a name of its own.
    fn of_item(self) -> Option<Meaning> {
        self.meaning.filter(|meaning| !self.is_map || is_of_fields(meaning))
    }
}

/// Whether the name of a map applies to the values of its fields.
pub(crate) fn is_of_fields(meaning: &Meaning) -> bool {
    let is_strong = matches!(meaning.kind, KeyKind::Password | KeyKind::Secret | KeyKind::Named);
    is_strong || meaning.has(Flag::Many)
}

/// Reads a list or a map after a name and a separator.
pub(crate) fn pair(scan: &mut Scan<'_>, key: &Key, separator: Separator) -> Tried {
    let is_assigned = separator.binding != Binding::Colon;
    let Some(open) = opens(&mut scan.tokens, separator.next, is_assigned) else {
        return Nothing;
    };
    let site = pair::site(scan, key, separator);
    let context = pair::context(key, separator, site);
    judge(scan, key, open, context)
}

/// Redacts the secrets in the group that opens at `open`.
pub(crate) fn judge(scan: &mut Scan<'_>, key: &Key, open: usize, context: Context) -> Tried {
    if scan.tokens.get(open).is_some_and(|token| token.is_read) {
        return Found;
    }
    let position = scan.position();
    let level = Level::new(&mut scan.tokens, open, Some(key.meaning));
    // The text of a group without an end is not read once more as another such group.
    if level.end.is_none() && scan.tokens.start(open) < scan.open_until {
        return Nothing;
    }
    let mut walk = Walk::new(scan, key, context, level);
    let mut at = open + 1;
    while let Some(level) = walk.levels.last().copied()
        && walk.scan.tokens.get(at).is_some()
        && !walk.scan.tokens.closes_before(at, open)
        && let Some(next) = walk.step(level, open, at)
    {
        at = next;
    }
    let tried = walk.finish();
    if level.end.is_none() {
        scan.open_until = scan.tokens.start(at);
    }
    scan.go_back(position);
    tried
}

/// The state while a group or a block is read.
struct Walk<'s, 'a> {
    scan: &'s mut Scan<'a>,
    key: &'s Key,
    context: Context,
    levels: Vec<Level>,
    /// The meaning of the next value.
    meaning: Option<Meaning>,
    /// Whether the next token begins an item.
    begins: bool,
    tried: Tried,
    /// Whether a secret was found.
    has_secret: bool,
    /// The texts in constructors that are no secrets by themselves.
    texts: Vec<Value>,
    /// The number of open brackets below the deepest level.
    deeper: usize,
}

impl<'s, 'a> Walk<'s, 'a> {
    fn new(scan: &'s mut Scan<'a>, key: &'s Key, context: Context, level: Level) -> Self {
        let levels = vec![level];
        let meaning = level.of_item();
        Self {
            scan,
            key,
            context,
            levels,
            meaning,
            begins: true,
            tried: Nothing,
            has_secret: false,
            texts: Vec::new(),
            deeper: 0,
        }
    }

    /// Redacts the other texts in the constructors of a secret, because each of them may be a part of it.
    fn finish(self) -> Tried {
        for text in self.texts.iter().filter(|_| self.has_secret) {
            let rule = self.key.meaning.rule;
            self.scan.redact(text.start, text.end, rule, Evidence::Structure);
        }
        self.tried
    }

    /// Reads the token at `at`. Returns the next place; `None` at a wrong bracket.
    fn step(&mut self, level: Level, open: usize, at: usize) -> Option<usize> {
        count_steps(ITEM);
        let tokens = &mut self.scan.tokens;
        let own = self.levels.iter().position(|level| level.end == Some(at));
        match tokens.kind(at) {
            // A bracket in this level may have no end.
            Close(_) if own.is_some() => {
                self.levels.truncate(own.unwrap_or_default());
                self.deeper = 0;
            }
            Close(_) if self.deeper > 0 => self.deeper -= 1,
            // The bracket of `Some("…")`, which was read as a value; without a partner, it is wrong.
            Close(_) if level.end.is_some_and(|end| end != at) => drop(tokens.get(at)?.mate?),
            Close(_) => drop(self.levels.pop()),
            Open(_) if self.levels.len() == DEPTH => {
                self.deeper += 1;
                tokens.mark_read(at);
            }
            Open(_) => {
                let inner = Level::new(tokens, at, self.meaning);
                self.meaning = inner.of_item();
                self.levels.push(inner);
                tokens.mark_read(at);
            }
            Sign(b',' | b';') => {
                self.begins = true;
                self.meaning = level.of_item();
            }
            Blank | Line => {}
            Redacted => {
                self.tried = Found;
                self.has_secret = true;
            }
            _ => return Some(self.read(level, open, at)),
        }
        Some(at + 1)
    }

    /// Reads a name or a value, and returns the next place.
    fn read(&mut self, level: Level, open: usize, at: usize) -> usize {
        if let Some(field) = field(self.scan, at, level.is_map) {
            self.meaning = member(self.scan, level.meaning, &field);
            return field.value;
        }
        let tokens = &mut self.scan.tokens;
        if let Some(inner) = opens(tokens, at, false) {
            return inner;
        }
        let inner = if tokens.is_wrapper(at) { tokens.skip_lines(at + 2) } else { at };
        let is_text = (inner..inner + 2).any(|at| tokens.opens_quote(at));
        if level.is_call && !is_text {
            return at + 1;
        }
        let list = match level.end {
            _ if level.is_map || tokens.is_wrapper(at) => List::No,
            Some(end) if tokens.skip_lines(open + 1) == at => List::First(end),
            _ if self.begins => List::Next,
            _ => List::Rest,
        };
        self.begins = false;
        self.item(at, list)
    }

    /// Returns the values that may begin at `at`, and the place after the first one.
    fn candidates(&mut self, at: usize, list: List) -> ([Option<Value>; 2], usize) {
        let tokens = &mut self.scan.tokens;
        let quote = tokens.opens_quote(at);
        let is_single = quote || matches!(list, List::No);
        let single = match tokens.scalar(at) {
            None if is_single => tokens.value(at, Site::from(self.key.place)),
            scalar => scalar,
        };
        let candidates = match list {
            _ if is_single || single.is_some() => [single, None],
            List::First(end) => [tokens.between(at, end), tokens.single_item(at)],
            List::Next => [tokens.single_item(at), None],
            List::No | List::Rest => [None, None],
        };
        let next = match tokens.close(at).filter(|_| quote) {
            Some(close) => close + 1,
            None if quote => at + 1,
            None => single.map_or(at, |single| single.next).max(at + 1),
        };
        (candidates, next)
    }

    /// Judges a value, if it has a meaning, and returns the next place.
    fn item(&mut self, at: usize, list: List) -> usize {
        let is_redacted = self.scan.tokens.kind(at + 1) == Redacted;
        let (candidates, next) = self.candidates(at, list);
        let Some(meaning) = self.meaning else {
            return next;
        };
        let key = Key { meaning, ..*self.key };
        for found in candidates.into_iter().flatten() {
            let context = self.context.or(meaning.kind);
            if decision::accept(self.scan, &key, found, context) == Found {
                self.tried = Found;
                self.has_secret = true;
                return found.next.max(at + 1);
            }
            // Another grammar judges the whole constructor.
            if self.levels.last().is_some_and(|level| level.is_call) {
                self.texts.push(found);
                return next;
            }
        }
        if is_redacted || candidates[0].is_some() {
            self.tried = Found;
        }
        next
    }

    /// Judges the value in a line of a block. Returns the end of the value's last line.
    fn line(&mut self, place: usize) -> usize {
        let Some(open) = opens(&mut self.scan.tokens, place, false) else {
            let next = self.item(place, List::No);
            return line_end(self.scan.text, self.scan.tokens.start(next).saturating_sub(1));
        };
        if let Some(meaning) = self.meaning {
            let key = Key { meaning, ..*self.key };
            let context = self.context.or(meaning.kind);
            if judge(self.scan, &key, open, context) == Found {
                self.tried = Found;
            }
        }
        let close = self.scan.tokens.close(open);
        close.map_or(0, |close| line_end(self.scan.text, self.scan.tokens.start(close)))
    }
}

/// The position of an unquoted value in a list. With its first item, the whole list is also judged as one value.
#[derive(Clone, Copy)]
enum List {
    No,
    First(usize),
    Next,
    /// The words of an item after the first one.
    Rest,
}

/// A field of a group: the range of its name, and the place of its value.
struct Field {
    name: Range<usize>,
    value: usize,
}

fn field(scan: &mut Scan<'_>, at: usize, is_map: bool) -> Option<Field> {
    let tokens = &mut scan.tokens;
    let token = tokens.get(at)?;
    let is_quoted = tokens.opens_quote(at);
    let last = if is_quoted { tokens.close(at)? } else { at };
    let name = match token.kind {
        _ if is_quoted => token.end..tokens.start(last),
        Word => token.start..token.end,
        _ => return None,
    };
    let separator = pair::separator_at(scan, last + 1)?;
    let is_name = match separator.binding {
        Binding::Colon => is_map,
        Binding::Assign | Binding::Arrow => true,
        Binding::Loose => false,
    };
    is_name.then_some(Field { name, value: separator.next })
}

/// Returns the meaning of a field in a group with the meaning `outer`.
fn member(scan: &mut Scan<'_>, outer: Option<Meaning>, field: &Field) -> Option<Meaning> {
    let name = part(scan.text, field.name.start, field.name.end);
    let is_called = |names| is_called(name, names);
    let tokens = &mut scan.tokens;
    match (scan.policy.meaning(name), outer) {
        // In a list of secrets, a value has no other name.
        (_, Some(outer)) if is_called(VALUE_NAMES) && outer.has(Flag::Many) => {
            Some(Meaning { kind: KeyKind::Named, ..outer })
        }
        (_, Some(outer)) if is_called(VALUE_NAMES) => Some(outer),
        (None, Some(outer))
            if is_of_fields(&outer) && !is_called(NAME_NAMES) && !is_called(FIELDS) =>
        {
            // The variant of a value has the text, whatever its field is called: `kind: String("…")`.
            if is_variant(tokens, field.value) { Some(outer) } else { key::of_field(outer, name) }
        }
        (own, _) => own,
    }
}

/// Whether a constructor other than `Some` is at `place`, or in `Some`.
fn is_variant(tokens: &mut Tokens<'_>, mut place: usize) -> bool {
    while tokens.is_word(place, words!("some, ok")) && tokens.kind(place + 1) == Open(b'(') {
        place = tokens.skip_lines(place + 2);
    }
    tokens.constructor(place).is_some() || tokens.are(place, &[Word, Blank, Open(b'{')])
}

/// Whether the word or its last part is one of these names.
pub(crate) fn is_called(word: &[u8], names: WordList) -> bool {
    called(word).any(|part| names.has(part))
}

/// Returns the word and its last part, by capitals and by signs, as in `name`, `ParameterName` and `param_name`.
pub(crate) fn called(word: &[u8]) -> impl Iterator<Item = &[u8]> {
    let hump = word.iter().rposition(u8::is_ascii_uppercase).unwrap_or(0);
    let part = word.rsplit(|byte| b"_-".contains(byte)).next().unwrap_or_default();
    let parts = [&word[hump..], part].into_iter().filter(|part| part.len() > 2);
    iter::once(word).chain(parts)
}

/// Redacts the secrets in a block of YAML: in the lines below a name that are indented deeper or belong to a list.
pub(crate) fn block(scan: &mut Scan<'_>, key: &Key, separator: Separator) -> Tried {
    let text = scan.text;
    let is_line = scan.tokens.kind(separator.next) == Line;
    if !is_line || separator.binding != Binding::Colon {
        return Nothing;
    }
    let mut line = scan.tokens.start(separator.next);
    if line < scan.progress.blocks {
        return Found;
    }
    let position = scan.position();
    let context = key.context(Bond::Sign(Binding::Colon));
    let start = scan.tokens.start(key.quote.unwrap_or(key.place));
    let column = start - line_start(text, start);
    let level =
        Level { end: Some(column), is_map: true, is_call: false, meaning: Some(key.meaning) };
    let mut walk = Walk::new(scan, key, context, level);
    while line < text.len() {
        let begin = line + 1;
        let Indentation { dash, first } = Indentation::of(text, begin);
        line = line_end(text, first);
        if matches!(byte_at(text, first), b'\n' | b'\r' | b'#') {
            continue;
        }
        // The items of a list may have the same indentation as the name of the list.
        let least = dash - begin + usize::from(dash < first);
        walk.levels.retain(|level| level.end.is_some_and(|end| end < least));
        let Some(level) = walk.levels.last().copied() else {
            break;
        };
        let Some(place) = walk.scan.tokens.place_at(first) else {
            break;
        };
        count_steps(ITEM);
        let field = field(walk.scan, place, true);
        let value = field.as_ref().map_or(place, |field| field.value);
        walk.meaning = match field {
            Some(field) => member(walk.scan, level.meaning, &field),
            None => level.meaning,
        };
        if walk.scan.tokens.kind(value) != Line {
            line = line.max(walk.line(value));
        } else if walk.levels.len() < DEPTH {
            let end = Some(first - begin);
            walk.levels.push(Level { end, is_map: true, is_call: false, meaning: walk.meaning });
        }
    }
    let tried = walk.tried;
    scan.go_back(position);
    scan.progress.blocks = line;
    tried
}

/// The start of a line.
pub(crate) struct Indentation {
    /// The end of the indentation.
    pub(crate) dash: usize,
    /// The position after the dashes (`- `) that follow it.
    pub(crate) first: usize,
}

impl Indentation {
    pub(crate) fn of(text: &[u8], line: usize) -> Self {
        let skip = |from| class!(" ").end(text, from, COLUMN);
        // The sign of a diff or of a comment replaces a blank.
        let is_apart = part(text, line + 1, line + 3) == b"  ";
        let sign = byte_at(text, line);
        let is_margin = sign == b'+' || b"-#>".contains(&sign) && is_apart;
        let dash = skip(line + usize::from(is_margin));
        let mut first = dash;
        while part(text, first, first + 2) == b"- " {
            first = skip(first + 1);
        }
        Self { dash, first }
    }
}
