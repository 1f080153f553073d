//! Keys that stand as values: `{"name": "api_key", "value": "…"}`, a field's name above its error.

use super::key_value::{Key, redact_at, word_before};
use super::lexicon::Class;
use super::separator::{separator, value_start};
use super::shape::LONGEST;
use super::signs::CLOSE_SQUARE;
use super::text::{at, before, find, is_break, is_name, part, run_end, run_start, starts_with};
use super::value::Site;
use super::word_list::List;
use super::{Scan, quote};

/// `{"key": "api_key", "value": "…"}`, `- name: TOKEN` and `value: …` on the next line.
pub(super) fn scan(scan: &mut Scan<'_>, key: Key, behind: usize) -> bool {
    let text = scan.text;
    let gap = run_start(text, key.start, 8, |byte| {
        matches!(byte, b'"' | b'\'' | b'\\' | b':' | b'=' | b' ')
    });
    let may_follow = at(text, behind).is_ascii_whitespace() || at(text, behind) == b',';
    let is_command = matches!(at(text, behind), b';' | b']' | b':');
    if gap == key.start && !may_follow && !is_break(text, key.end) && !is_command {
        return false;
    }
    let is_named = part(text, gap, key.start)
        .iter()
        .any(|byte| matches!(byte, b':' | b'='));
    if is_named && is_kind(text, key.start) {
        return generated(scan, key);
    }
    // `"path": ["JWT_SECRET"], "received": …`
    let is_listed = at(text, behind) == b']' && before(text, gap) == b'[';
    let behind = behind + usize::from(is_listed);
    let is_short_name =
        is_named && before(text, run_start(text, gap, 1, |byte| byte == b'k')) == b'"';
    let explicit = || {
        form_part(text, behind)
            .or_else(|| runner_command(scan, gap, behind))
            .or_else(|| value_before(text, key.start))
            .or_else(|| assigned_before(text, key.start))
    };
    let found = named_value(text, behind, is_short_name)
        .or_else(|| is_named.then(explicit).flatten())
        .or_else(|| option_behind(text, key))
        .or_else(|| invalid_input(text, key));
    let Some(start) = found else {
        return false;
    };
    let key = match key.class {
        // The pair is explicit, so a doubtful name needs no more proof than usual.
        Class::Query => Key {
            class: Class::Weak,
            ..key
        },
        _ => key,
    };
    redact_at(scan, key, start, Site::default())
}

/// Between a name and a colon, and behind it.
fn is_gap(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'\\' | b':' | b' ')
}

/// `{"kind": "Token", "value": …}` is a node of a syntax tree.
fn is_kind(text: &[u8], key: usize) -> bool {
    let colon = run_start(text, key, 8, is_gap);
    if !part(text, colon, key).contains(&b':') {
        return false;
    }
    let name = run_start(text, colon, 8, |byte| byte.is_ascii_alphabetic());
    [&b"kind"[..], b"type"].contains(&part(text, name, colon))
}

/// `"type": "random_password", …, "result": "…"`: what Terraform made, in its state.
fn generated(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let result = b"\"result\":";
    let found = (key.name(text) == b"random_password")
        .then(|| find(text, key.end, LONGEST, result))
        .flatten();
    found.is_some_and(|found| {
        let start = value_start(text, found + result.len());
        let class = Class::Weak;
        redact_at(scan, Key { class, ..key }, start, Site::default())
    })
}

/// `{"value": "…", "name": "api_key"}`: the field before the name.
fn value_before(text: &[u8], key: usize) -> Option<usize> {
    let colon = run_start(text, key, 8, is_gap);
    if !part(text, colon, key).contains(&b':') {
        return None;
    }
    let name = run_start(text, colon, 8, |byte| byte.is_ascii_alphabetic());
    let is_name = [&b"name"[..], b"key", b"Name", b"Key"].contains(&part(text, name, colon));
    if !is_name {
        return None;
    }
    let open = run_start(text, name, 160, |byte| !b"{}\n".contains(&byte));
    let field = run_end(text, open, 8, |byte| b"\"'\\ ".contains(&byte));
    let end = run_end(text, field, 8, |byte| byte.is_ascii_alphabetic());
    let separator = separator(text, end + quote::mark_len(text, end))?;
    (before(text, open) == b'{' && part(text, field, end).eq_ignore_ascii_case(b"value"))
        .then(|| value_start(text, separator.after))
}

/// `name="password"`, an empty line and the value: a part of a form.
fn form_part(text: &[u8], behind: usize) -> Option<usize> {
    [&b"\n\n"[..], b"\r\n\r\n"]
        .iter()
        .find(|gap| starts_with(text, behind, gap))
        .map(|gap| behind + gap.len())
}

/// `##vso[task.setvariable variable=token]…`, `::set-output name=token::…`: what a step tells its runner.
fn runner_command(scan: &mut Scan<'_>, gap: usize, behind: usize) -> Option<usize> {
    let text = scan.text;
    let inside = |byte: u8| !matches!(byte, b']' | b'\n');
    let close = scan
        .has(CLOSE_SQUARE)
        .then(|| run_end(text, behind, 64, inside))
        .filter(|close| at(text, *close) == b']');
    let sets = starts_with(text, behind, b"::");
    if close.is_none() && !sets {
        return None;
    }
    let line = run_start(text, gap, 64, |byte| byte != b'\n');
    let has = |mark: &[u8]| find(text, line, gap - line, mark).is_some();
    if has(b"##vso[") {
        return close.map(|close| close + 1);
    }
    (sets && has(b"::set-")).then_some(behind + 2)
}

/// `SET value = '…' WHERE name = 'api_key'`.
fn assigned_before(text: &[u8], key: usize) -> Option<usize> {
    let equals = run_start(text, key, 6, |byte| {
        matches!(byte, b'"' | b'\'' | b'=' | b' ')
    });
    if !part(text, equals, key).contains(&b'=') {
        return None;
    }
    let name = run_start(text, equals, 12, is_name);
    let names = [&b"name"[..], b"key", b"setting", b"parameter"];
    let is_named = names
        .iter()
        .any(|known| part(text, name, equals).eq_ignore_ascii_case(known));
    if !is_named {
        return None;
    }
    let line = run_start(text, name, 160, |byte| !b"\n;".contains(&byte));
    let word = b"value";
    let value = line
        + part(text, line, name)
            .windows(word.len())
            .rposition(|part| part.eq_ignore_ascii_case(word))?;
    let separator = separator(text, value + word.len())?;
    Some(value_start(text, separator.after)).filter(|start| *start < name)
}

/// `secret set --name db --value …`: an option of a command about a secret.
fn option_behind(text: &[u8], key: Key) -> Option<usize> {
    if !is_break(text, key.end) {
        return None;
    }
    let name = key.name(text);
    let is_secret = name == b"secret" || name.ends_with(b"-secret");
    if !is_secret && !name.ends_with(b"SecureString") {
        return None;
    }
    let end = run_end(text, key.end, 160, |byte| byte != b'\n');
    if name.ends_with(b"SecureString") && word_before(text, key.start.saturating_sub(1), b"type") {
        let line = run_start(text, key.start, 160, |byte| byte != b'\n');
        let before = value_option(text, line, key.start);
        if before.is_some() {
            return before;
        }
    }
    value_option(text, key.end, end)
}

/// Behind the first option that is the value, between the two places.
fn value_option(text: &[u8], mut from: usize, end: usize) -> Option<usize> {
    let name = b"value ";
    loop {
        let found = find(text, from, end.saturating_sub(from), name)?;
        from = found + name.len();
        let dashes = part(text, 0, found);
        if dashes.ends_with(b"--") || dashes.ends_with(b"--string-") {
            return Some(from);
        }
    }
}

/// The name of a field in a line of its own, and what is wrong with it in the next one, as pydantic
/// says it: `input_value='…'`.
fn invalid_input(text: &[u8], key: Key) -> Option<usize> {
    if at(text, key.end) != b'\n' || !matches!(before(text, key.start), 0 | b'\n') {
        return None;
    }
    let end = run_end(text, key.end + 1, LONGEST, |byte| byte != b'\n');
    let mark = b"input_value=";
    let found = find(text, key.end, end - key.end, mark)?;
    Some(found + mark.len())
}

/// The `value` that belongs to a key given as a name: `{"key": "api_key", "value": "…"}`.
fn named_value(text: &[u8], from: usize, is_short_name: bool) -> Option<usize> {
    if at(text, from).is_ascii_whitespace() {
        return value_field(text, from, is_short_name);
    }
    if at(text, from) != b',' {
        return None;
    }
    // At most two other fields stand between the two: a type, a description.
    let next_field = |from: usize| run_end(text, from, 64, |byte| !b",{}[]()\n".contains(&byte));
    let second = next_field(from + 1);
    let third = next_field(second + 1);
    [from, second, third]
        .into_iter()
        .filter(|&place| at(text, place) == b',')
        .find_map(|place| value_field(text, place, is_short_name))
}

/// Fields that have the value of a name. Sorted.
static FIELDS: List = List::of(&[
    "content", "default", "input", "received", "secret", "val", "value",
]);

/// The value of the field `value` behind the comma or the blank at `from`.
fn value_field(text: &[u8], from: usize, is_short_name: bool) -> Option<usize> {
    let gap = run_end(text, from, 64, |byte| {
        byte == b',' || byte.is_ascii_whitespace()
    });
    let word = gap + quote::mark_len(text, gap);
    let end = run_end(text, word, 16, is_name);
    let name = text.get(word..end).unwrap_or_default();
    // `{"k": "…", "v": "…"}`
    let is_short = is_short_name && name == b"v";
    let is_value = is_short || FIELDS.has(name) || name.ends_with(b"Value");
    if !is_value || gap == from {
        return None;
    }
    let separator = separator(text, end + quote::mark_len(text, end))?;
    Some(value_start(text, separator.after)).filter(|&start| !is_break(text, start))
}
