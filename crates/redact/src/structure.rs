//! Finds values that the structure of the text binds to a name beside them: pairs, calls, structs, XML, SQL statements.

use std::ops::Range;

use crate::decision::{Claim, Key};
use crate::group;
use crate::key::Name;
use crate::lexer::{Kind, Token, Tokens};
use crate::pair::{self, Separator};
use crate::rules::commands::SETTING_VERBS;
use crate::rules::keys::{Flag, KeyKind};
use crate::rules::list::words;
use crate::rules::structures::{JSON_WEB_KEY, PRIVATE_MEMBERS, SQL_PASSWORD};
use crate::rules::words::{
    Binding, CHANGE_NAMES, DETAIL_NAMES, FIRST_VALUE_NAMES, LIST_NAMES, NAME_NAMES, VALUE_NAMES,
};
use crate::scan::{Evidence, Scan, Tried};
use crate::score::{Bond, Context, is_made_up};
use crate::text::{before, class, count_steps, line_start, part, run_end, starts_with};
use crate::value::Site;

use Kind::{Blank, Close, Line, Open, Quote, Redacted, Sign, Word};
use Tried::{Found, Nothing};

/// The maximum number of fields after a name among which its value is looked for.
const FIELDS: usize = 4;

/// The maximum number of tokens before a name among which its value is looked for.
const BEFORE: usize = 48;

/// Reads the value in a field beside the name, before or after it: `{"key": "api_key", "value": "…"}`, `- name: TOKEN`
/// with `value: …` on the next line.
pub(crate) fn read_named(scan: &mut Scan<'_>, key: &Key) -> Tried {
    // The name is the head of a section, `[api_key]`.
    let tokens = &mut scan.tokens;
    let open = key.place.saturating_sub(1);
    let is_section = tokens.are(open, &[Open(b'['), Word, Close(b']'), Line]);
    if is_section {
        return values_after(scan, key, key.place, key.after);
    }
    let Some(name) = naming_field(scan, key) else {
        return Nothing;
    };
    let after = path_around(&mut scan.tokens, key).1;
    match values_after(scan, key, name, after) {
        Found => Found,
        Nothing => {
            let start = scan.tokens.start(name);
            let above = |line: usize, _| line_start(scan.text, line.saturating_sub(1));
            let first = (0..FIELDS).fold(line_start(scan.text, start), above);
            afresh(scan, first..key.end, |scan, _| value_before(scan, key, start))
                .unwrap_or(Nothing)
        }
    }
}

/// Returns the range of the path that ends with a name, as in `"loc": ["body", "password"]` and `"source": {"pointer":
/// "/data/password"}`; without a path, of the name and its constructors.
fn path_around(tokens: &mut Tokens<'_>, key: &Key) -> (usize, usize) {
    let (first, after) = tokens.around(key.quote.unwrap_or(key.place), key.after);
    // An index after a name belongs to it, so its bracket may end the path.
    let is_read = after.checked_sub(1).is_some_and(|last| tokens.kind(last) == Close(b']'));
    let end = if is_read { after - 1 } else { tokens.skip_comma(after) };
    let open = tokens.get(end).and_then(|close| close.mate).filter(|_| key.quote.is_some());
    match (tokens.kind(end), open) {
        (Close(b']' | b')'), Some(open)) if open < first => (open, end + 1),
        (Close(b'}'), Some(open)) if first.checked_sub(open).is_some_and(|lead| lead < PATH) => {
            (first, end + 1)
        }
        _ => (first, after),
    }
}

/// The maximum number of tokens from a bracket to the path in it.
const PATH: usize = 8;

/// Returns the place of the word before a name that says that it is a name: `key` in `{"key": "api_key"}`.
fn naming_field(scan: &mut Scan<'_>, key: &Key) -> Option<usize> {
    let tokens = &mut scan.tokens;
    let mut first = path_around(tokens, key).0;
    for _ in 0..2 {
        let field = (first.saturating_sub(PATH)..first)
            .rev()
            .find(|&at| tokens.word(at).is_some() && !tokens.is_wrapper(at))?;
        if group::is_called(tokens.word(field)?, NAME_NAMES) {
            return Some(field);
        }
        // The name is in a constructor with further fields: `name: Some(Identifier { value: "password", …`.
        let brace = (0..field).rev().find(|&at| !tokens.is_break(at))?;
        let is_inner = tokens.is_word(field, VALUE_NAMES) && tokens.kind(brace) == Open(b'{');
        first = brace.checked_sub(2).filter(|_| is_inner)?;
    }
    None
}

/// Reads the values in the fields after `end`, up to the name of the next pair.
fn values_after(scan: &mut Scan<'_>, key: &Key, name: usize, mut end: usize) -> Tried {
    let mut tried = Nothing;
    for _ in 0..FIELDS {
        let Some(field) = next_field(&mut scan.tokens, end) else {
            break;
        };
        let word = scan.tokens.word(field).unwrap_or_default();
        if scan.tokens.word(name) == Some(word) {
            break;
        }
        end = field + 1 + usize::from(scan.tokens.kind(field + 1) == Quote);
        let is_value = group::is_called(word, VALUE_NAMES) || group::is_called(word, CHANGE_NAMES);
        let is_kind =
            group::is_called(word, words!("kind")) && scan.tokens.constructor(end + 2).is_some();
        if is_value || is_kind || [LIST_NAMES, DETAIL_NAMES].iter().any(|names| names.has(word)) {
            let Some(separator) = pair::separator_at(scan, end) else {
                continue;
            };
            if value_of_field(scan, key, field, separator.next) == Some(Found) {
                tried = Found;
            }
            end = separator.next;
        }
    }
    tried
}

/// Judges the value at `place`, in a field with the value of this name.
fn value_of_field(scan: &mut Scan<'_>, key: &Key, field: usize, place: usize) -> Option<Tried> {
    // The last argument is the value: `{ name: 'auth', args: ['bob', 'x'] }`.
    if scan.tokens.is_word(field, LIST_NAMES) {
        let found = scan.tokens.last_item(place)?;
        return Some(Claim::judge(Some(Claim::beside(key, found)), scan, key));
    }
    if !scan.tokens.is_word(field, DETAIL_NAMES)
        && let Some(open) = group::opens(&mut scan.tokens, place, false)
    {
        let context = key.context(Bond::Structure);
        if group::judge(scan, key, open, context) == Found {
            return Some(Found);
        }
    }
    let found = scan.tokens.value(place, Site::from(field))?;
    Some(Claim::judge(Some(Claim::of(key, found, Bond::Structure)), scan, key))
}

/// Reads the value in a field before the name that begins at `start`, in its line or one of those above, unless it
/// belongs to an earlier name.
fn value_before(scan: &mut Scan<'_>, key: &Key, start: usize) -> Option<Tried> {
    let name = scan.tokens.place_at(start)?;
    let named = scan.tokens.word(name)?;
    let mut values = Vec::new();
    let mut at = name;
    let last = name.saturating_sub(BEFORE);
    while at > last {
        at -= 1;
        let tokens = &mut scan.tokens;
        match tokens.kind(at) {
            Open(_) if tokens.close(at).is_none_or(|close| close > name) => break,
            // An item of a list begins.
            Sign(b'-') if tokens.kind(at + 1) == Blank => break,
            Sign(b'<') if at + 1 == name => {}
            // An element: `<value>…</value><name>password</name>`.
            Sign(b'<') if tokens.is_word(at + 2, FIRST_VALUE_NAMES) => {
                let open = (last..at).rev().find(|&open| tokens.is_sign(open, b'>'))?;
                let value = tokens.between(open + 1, at)?;
                return Some(Claim::judge(Some(Claim::of(key, value, Bond::Structure)), scan, key));
            }
            Sign(b'<') => break,
            // Skips a value, which may contain any sign.
            Quote
                if tokens.closes_before(at, at)
                    && tokens.cursor(at + 1).blanks().sign(b":=").is_none() =>
            {
                at = tokens.get(at)?.mate?;
            }
            Close(_) => at = tokens.get(at)?.mate.unwrap_or(at),
            Word if tokens.word(at) == Some(named) => return Some(Nothing),
            Word if group::is_called(tokens.word(at)?, FIRST_VALUE_NAMES) => {
                let behind = at + 1 + usize::from(tokens.kind(at + 1) == Quote);
                let separator = pair::separator_at(scan, behind).filter(|separator| {
                    separator.binding != Binding::Loose && separator.next < name
                });
                values.extend(separator.map(|separator| (at, separator.next)));
            }
            _ => {}
        }
        count_steps(1);
    }
    let mut tried = values.into_iter().map(|(at, place)| value_of_field(scan, key, at, place));
    tried.find(|tried| *tried == Some(Found))?
}

/// Returns the place of the first word of the next field: after the rest of this one, and a comma, a line end, or the
/// blank between attributes.
fn next_field(tokens: &mut Tokens<'_>, place: usize) -> Option<usize> {
    let mut end = place;
    for _ in 0..16 {
        end = match tokens.kind(end) {
            // A separator: `type = string`.
            Blank if tokens.is_sign(end + 1, b'=') => tokens.skip_blanks(end + 2),
            Sign(b':') if tokens.kind(end + 1) == Blank => end + 2,
            Sign(b',') | Line | Blank => break,
            Close(b']' | b'}') => return None,
            Open(_) => tokens.close(end)? + 1,
            Quote if tokens.opens_quote(end) => tokens.close(end)? + 1,
            _ => end + 1,
        };
    }
    let mut next = tokens.skip_lines(end);
    if tokens.is_sign(next, b',') {
        next = tokens.skip_lines(next + 1);
    }
    next += usize::from(tokens.kind(next) == Quote);
    tokens.word(next).filter(|_| next > place).map(|_| next)
}

/// The maximum distance from the type of a JSON web key to its brace and its members, in bytes.
const WEB_KEY: usize = 4096;

/// Reads the private members of a JSON web key: `{"kty": "RSA", "n": "…", "d": "…"}`.
pub(crate) fn web_key(scan: &mut Scan<'_>, key: &Key, _: Separator) -> Tried {
    if key.meaning.rule != JSON_WEB_KEY {
        return Nothing;
    }
    if key.start < scan.progress.blocks {
        return Found;
    }
    let position = scan.position();
    let lead = key.start.saturating_sub(WEB_KEY);
    let mut closed = 0;
    let brace = part(scan.text, lead, key.start).iter().rposition(|byte| {
        match byte {
            b'}' => closed += 1,
            b'{' => closed -= 1,
            _ => {}
        }
        closed < 0
    });
    let object = lead + brace.unwrap_or(0)..key.end + WEB_KEY;
    let end = afresh(scan, object, |scan, open| {
        let mut at = open + 1;
        let mut depth = 1;
        while let Some(token) = scan.tokens.get(at) {
            count_steps(1);
            match token.kind {
                Open(b'{') => depth += 1,
                Close(b'}') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            let is_member = scan.tokens.is_word(at, PRIVATE_MEMBERS);
            at += 1;
            if is_member
                && let Some(separator) = pair::separator_at(scan, at + 1)
                && let Some(found) = scan.tokens.value(separator.next, Site::from(at))
            {
                scan.redact(found.start, found.end, JSON_WEB_KEY, Evidence::Structure);
                at = found.next;
            }
        }
        Some(scan.tokens.start(at))
    });
    scan.go_back(position);
    scan.progress.blocks = end.unwrap_or(0);
    Found
}

/// Reads the tokens of a range, anew if those of earlier lines were discarded.
fn afresh<T>(
    scan: &mut Scan<'_>,
    range: Range<usize>,
    read: impl FnOnce(&mut Scan<'_>, usize) -> Option<T>,
) -> Option<T> {
    if let Some(place) = scan.tokens.place_at(range.start) {
        return read(scan, place);
    }
    let kept = std::mem::replace(&mut scan.tokens, Tokens::new(part(scan.text, 0, range.end)));
    let result = scan.tokens.seek(range.start).and_then(|place| read(scan, place));
    scan.tokens = kept;
    result
}

/// Reads `('password', '…')`, `["authorization", "Bearer …"]`, `define('TOKEN', '…')` or `(Text("password"), Text("…"))`.
pub(crate) fn tuple(scan: &mut Scan<'_>, key: &Key) -> Tried {
    let Some((bracket, is_call)) = bracket_before(scan, key) else {
        return Nothing;
    };
    let tokens = &mut scan.tokens;
    let after = key.around(tokens).1;
    if !tokens.is_sign(after, b',') {
        return Nothing;
    }
    let tokens = &mut scan.tokens;
    let place = tokens.skip_lines(after + 1);
    let group = tokens.word(place).and_then(|_| group::opens(tokens, place, false));
    let found = tokens.value(place, Site::from(key.place));
    let next = match group {
        Some(open) => tokens.close(open).map(|close| close + 1),
        None => found.filter(|found| found.quoted).map(|found| found.next),
    };
    let behind = next.map(|next| tokens.skip_comma(next));
    let ends = |behind| match tokens.kind(behind) {
        Close(_) | Sign(b'>') => true,
        _ => is_call || group.is_some(),
    };
    if !behind.is_some_and(ends) {
        return Nothing;
    }
    let bond = Bond::Item(bracket);
    match group {
        Some(open) => group::judge(scan, key, open, key.context(bond)),
        None => pair::judge(scan, key, found.map(|found| Claim::of(key, found, bond))),
    }
}

/// Returns the bracket directly before a name, and whether it follows the name of a function.
fn bracket_before(scan: &mut Scan<'_>, key: &Key) -> Option<(u8, bool)> {
    let tokens = &mut scan.tokens;
    let mut lead = key.around(tokens).0.checked_sub(1)?;
    for _ in 0..2 {
        let is_apart = matches!(tokens.kind(lead), Blank | Line | Sign(b':'));
        lead = lead.checked_sub(usize::from(is_apart))?;
    }
    let Open(bracket) = tokens.kind(lead) else {
        return None;
    };
    let is_call = lead.checked_sub(1).is_some_and(|function| tokens.word(function).is_some());
    (bracket == b'{' || key.quote.is_some()).then_some((bracket, is_call))
}

/// Reads `Password("…")` or `set_token('…')`.
pub(crate) fn call(scan: &mut Scan<'_>, key: &Key) -> Option<Claim> {
    let tokens = &mut scan.tokens;
    let name = part(scan.text, key.start, key.end);
    // `Secret::new("…")`
    let open = key.after + 3 * usize::from(tokens.are(key.after, &[Sign(b':'); 2]));
    let mut cursor = tokens.cursor(open);
    cursor.eat(Open(b'(')).filter(|()| key.quote.is_none())?;
    let inner = cursor.lines().place;
    // The argument is a list: `auth([ 'x' ])`.
    let is_list = cursor.eat(Open(b'[')).is_some();
    let first = if is_list { cursor.lines().place } else { inner };
    let is_type = name[0].is_ascii_uppercase() && !is_list;
    if !is_type && !tokens.opens_quote(first) {
        return None;
    }

    // `set_password("bob", "…")` has the secret at the end.
    let method = name.rsplit(|byte| *byte == b'.').next().unwrap_or(name);
    let is_setter = Name::new(method).words().next().is_some_and(|word| SETTING_VERBS.has(word));
    let redacted = tokens.in_line(open, BEFORE, |tokens, at| {
        (is_setter && tokens.kind(at) == Redacted).then_some(())
    });
    if redacted.is_some() {
        return None;
    }
    let last = tokens.last_item(open).filter(|_| is_setter);
    let first = tokens.value(inner, Site::from(key.place));
    let found = last.or(first)?;
    Some(Claim::of(key, found, Bond::Argument))
}

/// Reads `Secret { inner: "…" }`, `Token(value=…)`, `Secret { family: Hmac, content: "…" }`, and a block of Terraform: `variable "password" {` with `default = "…"`.
pub(crate) fn fields(scan: &mut Scan<'_>, key: &Key) -> Tried {
    let brace = scan.tokens.skip_blanks(key.after);
    if !matches!(scan.tokens.kind(brace), Open(b'{' | b'(')) {
        return Nothing;
    }
    let inner = scan.tokens.field(brace, 2).map(|value| Claim::beside(key, value));
    let is_type = scan.text[key.start].is_ascii_uppercase()
        && key.quote.is_none()
        && group::is_of_fields(&key.meaning);
    match Claim::judge(inner, scan, key) {
        Nothing if scan.tokens.kind(brace + 1) == Line => {
            values_after(scan, key, key.place, brace + 1)
        }
        Nothing if is_type && !key.meaning.has(Flag::Alone) => {
            let open = group::opens(&mut scan.tokens, key.place, false);
            let context = key.context(Bond::Argument);
            open.map_or(Nothing, |open| group::judge(scan, key, open, context))
        }
        tried => tried,
    }
}

/// The maximum number of tokens of a tag.
const TAG: usize = 40;

/// Reads `<password>…</password>`, `<property name="password">…` or `<name>password</name><value>…`.
pub(crate) fn element(scan: &mut Scan<'_>, key: &Key) -> Tried {
    let Some(mut content) = content(&mut scan.tokens, key) else {
        return Nothing;
    };
    // The values are in inner elements: `<setting name="password"><value>…`, `<passwords><old>…`.
    let is_strong = key.meaning.kind == KeyKind::Password;
    let mut tried = Nothing;
    for _ in 0..FIELDS {
        let inner = scan.tokens.skip_lines(content);
        let coding = |token: Option<Token>| token.map(|token| token.coding);
        // The text of an element may contain an encoded sign: `<password>&lt;x&gt;…`.
        let is_tag = coding(scan.tokens.get(inner)) == coding(scan.tokens.get(content - 1));
        let is_value = [VALUE_NAMES, CHANGE_NAMES]
            .into_iter()
            .any(|names| scan.tokens.is_word(inner + 1, names));
        let is_element =
            is_tag && scan.tokens.are(inner, &[Sign(b'<'), Word]) && (is_strong || is_value);
        if is_element && scan.tokens.is_sign(inner + 2, b'>') {
            content = inner + 3;
        }
        tried = content_of(scan, key, content);
        // The next inner element follows an end tag.
        let next = find_close(&mut scan.tokens, content).filter(|_| tried == Found && is_element);
        let Some(next) = next else {
            break;
        };
        content = next + 1;
    }
    tried
}

/// Judges the content of an element. A content without an end tag explains the name, too.
fn content_of(scan: &mut Scan<'_>, key: &Key, content: usize) -> Tried {
    let text = scan.text;
    let is_space = |byte: u8| byte.is_ascii_whitespace();
    let mut start = run_end(text, scan.tokens.start(content), 256, is_space);
    if starts_with(text, start, b"<![CDATA[") {
        start += 9;
    }
    // The end tag is encoded if the element is in another text.
    let ends = [&b"</"[..], b"&lt;/", b"]]>", b"<\\/"];
    let line = text.len().min(start + 4096);
    let close = memchr::memchr3_iter(b'<', b'&', b']', part(text, start, line))
        .map(|at| start + at)
        .find(|&at| text[at] == b'<' || ends.iter().any(|end| text[at..].starts_with(end)));
    // The text was cut in the value.
    let is_cut = match text.get(start..) {
        Some(rest @ [first, ..]) if line == text.len() && start == scan.tokens.start(content) => {
            first.is_ascii_alphanumeric() && !rest.contains(&b' ')
        }
        _ => false,
    };
    let Some(close) = close.or(is_cut.then_some(line)) else {
        return Nothing;
    };

    count_steps(close - start);
    // Without an end tag, the name in angle brackets is a placeholder.
    let is_end = close == line || ends.iter().any(|end| text[close..].starts_with(end));
    if !is_end {
        return Found;
    }
    let value = part(text, start, close).trim_ascii_end();
    let end = start + memchr::memchr(b'\n', value).unwrap_or(value.len());
    if end == start {
        return Nothing;
    }
    let surroundings = Context { quoted: true, ..key.context(Bond::Structure) };
    // If the first line is a secret, so are the others.
    if scan.judge(start, end, key.meaning.rule, surroundings) == Found {
        scan.redact(end, start + value.len(), key.meaning.rule, Evidence::Structure);
    }
    Found
}

/// Returns the place of the content of the element that the name belongs to.
fn content(tokens: &mut Tokens<'_>, key: &Key) -> Option<usize> {
    let lead = key.place.checked_sub(1)?;
    // The name is the tag: `<password>`, `<ns:password>`.
    let has_prefix = tokens.are(lead.saturating_sub(1), &[Word, Sign(b':')]);
    let opener = if has_prefix { lead.checked_sub(2)? } else { lead };
    let sign = key.quote.and_then(|quote| quote.checked_sub(1));
    let is_attribute = sign.is_some_and(|sign| tokens.is_sign(sign, b'='));

    match (tokens.kind(opener), tokens.kind(key.after)) {
        // The name is the content of another element: `<name>password</name><value>…`.
        (_, Sign(b'<')) if tokens.is_sign(lead, b'>') => {
            let close = find_close(tokens, key.after)?;
            let next = tokens.skip_lines(close + 1);
            let is_tag = tokens.is_sign(next, b'<');
            find_close(tokens, next).filter(|_| is_tag)
        }
        // The tag may have attributes: `<password>`, `<password type="x">`.
        (Sign(b'<'), Blank | Sign(b'>')) => find_close(tokens, key.after),
        // The name is an attribute's value: `name="password">`.
        (_, Blank | Sign(b'>')) if is_attribute => find_close(tokens, key.after),
        _ => None,
    }
    .map(|close| close + 1)
}

/// Returns the place of the `>` that ends a tag.
fn find_close(tokens: &mut Tokens<'_>, from: usize) -> Option<usize> {
    let close = (from..from + TAG).find(|&at| tokens.is_sign(at, b'>'))?;
    // A closed tag, `<a name="password"/>`, has no content.
    (!tokens.is_sign(close - 1, b'/')).then_some(close)
}

/// Returns the place after an unquoted name and blanks.
fn argument(scan: &mut Scan<'_>, key: &Key) -> Option<usize> {
    let is_apart = key.quote.is_none() && scan.tokens.kind(key.after) == Blank;
    is_apart.then(|| scan.tokens.skip_blanks(key.after))
}

/// Reads `PASSWORD '…'`. A quoted word after `secret` or `token` is more often a name than a value.
pub(crate) fn literal(scan: &mut Scan<'_>, key: &Key) -> Option<Claim> {
    let place = argument(scan, key)?;
    if !scan.tokens.opens_quote(place) {
        return None;
    }
    let found = scan.tokens.quoted(place)?;
    let name = part(scan.text, key.start, key.end);
    let has_colon = before(scan.text, key.start) == b':';
    // The name is a verb: `to pass 'x' as a value`.
    let is_verb = key.meaning.is_only(Flag::Verb, name) && class!("a-z").all(name);
    let is_other = match before(scan.text, found.start) {
        _ if has_colon || !is_verb => false,
        b'`' => true,
        _ => !is_made_up(found.bytes(scan.text)),
    };
    if is_other {
        return None;
    }

    let is_word = class!("a-z").any(name) && !class!("_.").any(name);
    let is_statement = has_colon || !is_word || scan.tokens.is_sign(found.next, b';');
    let own = key.meaning.kind;
    let kind = if own == KeyKind::Password { own } else { KeyKind::Context };
    Some(if is_statement {
        let context = Context::new(own, Bond::Structure);
        Claim { value: found, rule: Some(SQL_PASSWORD), context }
    } else {
        let context = Context::new(kind, Bond::Sign(Binding::Colon));
        Claim { value: found, rule: Some(key.meaning.rule), context }
    })
}
