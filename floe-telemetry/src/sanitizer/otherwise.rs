//! What is looked for if the value behind a key is none.

use super::code::after_type;
use super::key_value::Key;
use super::lexicon::Class;
use super::shape::{LONGEST, holds_made_up, is_opaque};
use super::text::{at, part, run_end};
use super::value::{Extent, Site};
use super::{Scan, assertion, bound, owner, refusal, reversed, validator};

/// `found` was read at `from` and stays, perhaps as a word of a sentence.
pub(super) fn scan(
    scan: &mut Scan<'_>,
    key: Key,
    found: Extent,
    (from, site, in_prose): (usize, Site, bool),
) {
    let is_strong = key.class == Class::Strong;
    scan.stays(from, found);
    if is_strong && found.quoted {
        quoted_inside(scan, found);
    }
    if is_strong && in_prose {
        owner::behind_slash(scan, found.after);
    }
    if bound::is_mark(part(scan.text, found.start, found.end)) {
        bound::scan(scan, found.end);
    } else if in_prose && refusal::behind_remark(scan, found.end)
        || !site.doubtful && validator::found_instead(scan, key, from)
        || is_strong && reversed::scan(scan, key)
        || assertion::scan(scan, key)
    {
    } else if site.doubtful && found.end + 8 >= from + LONGEST {
        // A run of doubtful keys is one value, read once.
        scan.doubtful_until = found.end;
    } else if let Some(found) = after_type(scan.text, found)
        && (is_strong || is_opaque(part(scan.text, found.start, found.end), 12))
    {
        scan.redact(found.start, found.end);
    }
}

/// `"password": ["'hunter2' is too common"]`: a sentence that quotes the value.
fn quoted_inside(scan: &mut Scan<'_>, found: Extent) {
    let text = scan.text;
    let start = run_end(
        text,
        found.start,
        LONGEST.min(found.end - found.start),
        |byte| !b"'`".contains(&byte),
    );
    let close = run_end(text, start + 1, LONGEST, |byte| byte != at(text, start));
    let is_inside = start < found.end && close < found.end;
    if is_inside && holds_made_up(part(text, start + 1, close)) {
        scan.redact_unless_done(start + 1, close);
    }
}
