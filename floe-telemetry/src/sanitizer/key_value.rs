//! Keys with values: `key=value` and its many spellings, in prose, code, JSON, Debug output, YAML.

use super::bytes::Bytes;
use super::lexicon::Class;
use super::separator::{self, Separator, is_empty, next_line, separator, value_start};
use super::shape::{is_made_up, is_opaque};
use super::text::{at, before, is_name, is_redacted, part, run_end, run_start, starts_with_word};
use super::value::{List, Site};
use super::verdict::{is_secret, is_word};
use super::{
    Level, Scan, change, cookie, device, escaped, foreign, header, homonym, index, keyword, list,
    loose, named, otherwise, owner, pair, row, structure, table, url_path, value,
};

/// Longest key that is read whole; of a longer one only this much around the anchor.
const KEY_LIMIT: usize = 64;

const KEY: Bytes = Bytes::alphanumeric_and(b"_-.");

/// A key name found in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    /// Where the word begins, dashes of an option included.
    pub(super) start: usize,
    /// Where the name begins, behind the dashes.
    pub(super) name_start: usize,
    /// Behind the last letter.
    pub(super) end: usize,
    pub(super) class: Class,
    /// `--password`.
    pub(super) is_option: bool,
}

impl Key {
    /// The word from `start` to `end`.
    pub(super) fn new(text: &[u8], start: usize, end: usize, class: Class) -> Self {
        let is_dash = |byte: u8| matches!(byte, b'-' | b'.');
        Self {
            start,
            name_start: run_end(text, start, end - start, is_dash),
            end,
            class,
            is_option: at(text, start) == b'-',
        }
    }

    /// The key without the dashes of an option.
    #[inline]
    pub(super) fn name<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        part(text, self.name_start, self.end)
    }
}

/// `anchor` is inside the word.
pub(super) fn scan(scan: &mut Scan<'_>, anchor: usize) {
    if at(scan.text, anchor) >= 0x80 {
        foreign::scan(scan, anchor);
    } else if let Some(key) = key_at(scan, anchor) {
        with_key(scan, key);
    }
}

/// Looks behind the key for its value.
pub(super) fn with_key(scan: &mut Scan<'_>, key: Key) {
    let text = scan.text;
    let (mark, behind) = index::behind_name(text, key.end);
    let is_item = mark > 0 && at(text, behind) == b',';
    if structure::login_pair(scan, key, behind)
        || mark == 0 && pair::bare(scan, key, behind)
        || table::scan(scan, key, behind)
    {
        return;
    }
    if let Some(separator) = separator(text, behind)
        .filter(|found| !(is_item || found.table && starts_with_word(text, found.after, b"value=")))
    {
        let enclosing = before(text, key.start);
        // `npmRegistries."//host".npmAuthToken: "…"`
        let is_mark = b"\"'`".contains(&enclosing) && at(text, key.start) != b'.';
        let is_parameter = matches!(enclosing, b'?' | b'&')
            || enclosing == b';' && separator::follows_amp(text, key.start);
        let list = match (separator.encoded, is_parameter) {
            _ if separator.table => List::Row,
            (true, _) => List::Encoded,
            (false, true) => List::Query,
            (false, false) => List::Plain,
        };
        let site = Site {
            enclosing: if mark == 0 && is_mark { enclosing } else { 0 },
            list,
            equals: separator.equals,
            doubtful: matches!(key.class, Class::Weak | Class::Query),
        };
        redact_value(scan, key, separator, site, mark > 0);
    } else {
        loose::scan(scan, key, mark);
    }
}

/// The sensitive key around the anchor; every word is looked at once.
fn key_at(scan: &mut Scan<'_>, anchor: usize) -> Option<Key> {
    if anchor < scan.key_until {
        return None;
    }
    let text = scan.text;
    let is_key = |byte: u8| KEY.has(byte);
    // The anchor of a short name includes the separator behind it.
    let anchor = anchor - usize::from(!is_key(at(text, anchor)));
    let start = index::behind_prefix(text, run_start(text, anchor + 1, KEY_LIMIT, is_key));
    let end = run_end(text, anchor, KEY_LIMIT, is_key);
    let (start, mut end) = index::between_leaders(scan, start, anchor, end);
    scan.key_until = end;
    while matches!(before(text, end), b'-' | b'.' | b'_') {
        end -= 1;
    }
    if let Some(key) = escaped::key(scan, start, end) {
        return Some(key);
    }
    let word = text.get(start..end)?;
    let is_resource = before(text, start) == b':' && homonym::is_resource_name(text, start);
    let is_page = before(text, start) == b'/' && url_path::ends_quoted(text, start, end);
    if is_resource || is_page || homonym::is_counted(text, word, end) {
        device::key(scan, start, end);
        return None;
    }
    let known = scan.word(word);
    if known
        .keyword
        .is_some_and(|keyword| keyword::scan(scan, keyword, start, end))
    {
        return None;
    }
    let mut class = known.class?;
    // `API key`, `access code`: the word before decides.
    if class == Class::Query
        && word.len() == 3 + usize::from(word.len() == 4)
        && before(text, start) == b' '
    {
        let phrase = run_start(text, start - 1, 16, |byte| byte.is_ascii_alphabetic());
        // `using RSA key 4A1F09C7…` names a public one.
        if !homonym::is_public(text, part(text, phrase, start - 1), end) {
            class = scan.word(part(text, phrase, end)).class?;
        }
    }
    if class == Class::Weak && scan.policy.level == Level::Strict {
        class = Class::Strong;
    }
    if matches!(class, Class::Weak | Class::Query) && start < scan.doubtful_until {
        return None;
    }
    Some(Key::new(text, start, end, class))
}

fn redact_value(scan: &mut Scan<'_>, key: Key, separator: Separator, site: Site, quoted_key: bool) {
    let from = value_start(scan.text, separator.after);
    let is_list = matches!(key.class, Class::Authorization | Class::Cookie);
    if !is_list && is_redacted(scan.text, from) {
        return;
    }
    if change::told(scan, key, from)
        || list::map(scan, key, from)
        || list::logins(scan, key, from)
        || list::items(scan, key, from)
    {
        return;
    }
    if is_empty(scan.text, separator, from) {
        return;
    }
    let from = next_line(scan.text, from).unwrap_or(from);
    if site.doubtful && is_word(scan.text, from) {
        return;
    }
    match key.class {
        Class::Authorization => header::authorization(scan, from, site),
        Class::Cookie => cookie::cookies(scan, from, site),
        _ => {
            let Some(found) = scan.extent(from, site) else {
                return;
            };
            let text = scan.text;
            let is_cell = separator.table && !site.doubtful;
            let cell = part(text, found.start, found.end);
            let is_named = separator.table && (found.quoted || is_made_up(cell, 6));
            let is_named = is_named && row::is_second_of_two(text, key.start, found.end);
            if is_cell && !is_named && !is_opaque(cell, 8) {
                // `ParameterKey=token,ParameterValue=…`
                named::scan(scan, key, key.end);
                return;
            }
            let is_apart = !separator.equals || from > separator.after;
            // `near "password": syntax error`
            let goes_on = at(text, found.end) == b' ';
            let in_prose = is_apart && (!quoted_key || goes_on) && !found.quoted;
            if is_secret(text, key, found, site, in_prose) {
                if !separator.table || is_named || is_opaque(cell, 8) {
                    let found = scan.whole(from, found, site);
                    let found =
                        value::of_variable(text, part(text, key.start, key.end), found, site);
                    // The spaces behind `=` go with a bare value, as they always did.
                    let is_equals = before(text, separator.after) == b'=';
                    let is_plain = is_equals && !found.quoted && found.start == from;
                    let gap = text.get(separator.after..from).unwrap_or_default();
                    let is_plain = is_plain && gap.iter().all(|byte| *byte == b' ');
                    let start = if is_plain {
                        separator.after
                    } else {
                        found.start
                    };
                    scan.redact(start, found.end);
                    change::arrow(scan, found);
                    owner::behind_slash(scan, found.after);
                }
                return;
            }
            otherwise::scan(scan, key, found, (from, site, in_prose));
        }
    }
}

/// Redacts the value that starts at `from`, whatever introduced it.
pub(super) fn redact_at(scan: &mut Scan<'_>, key: Key, from: usize, site: Site) -> bool {
    match key.class {
        Class::Authorization => header::authorization(scan, from, site),
        Class::Cookie => cookie::cookies(scan, from, site),
        _ => {
            let doubtful = site.doubtful || matches!(key.class, Class::Weak | Class::Query);
            let site = Site { doubtful, ..site };
            let Some(found) = scan.extent(from, site) else {
                return false;
            };
            if !is_secret(scan.text, key, found, site, false) {
                scan.stays(from, found);
                return false;
            }
            let found = scan.whole(from, found, site);
            scan.redact(found.start, found.end);
        }
    }
    true
}

/// Whether `what` stands before `end`, as a word of its own.
pub(super) fn word_before(text: &[u8], end: usize, what: &[u8]) -> bool {
    end.checked_sub(what.len())
        .is_some_and(|start| starts_with_word(text, start, what) && !is_name(before(text, start)))
}
