//! Passes over a text, until nothing more is found.

use std::ops::Range;

use crate::REDACTED;
use crate::anchors::{Anchors, DASHES, DIGITS, KEY, OPTION, SIGN, TOKEN, URL, WORD};
use crate::finding::{Evidence, Finding};
use crate::policy::Policy;
use crate::rules::{formats, structures};
use crate::scan::{Candidate, Reason, Scan};
use crate::text::{is_name, is_redacted, run_end, word_at};
use crate::vendor::{self, Match};
use crate::{address, armour, call, header, option, pair, personal, url};

/// A text of this length may be read many times.
const SHORT: usize = 1024;

/// A text and what was found in it.
pub(crate) struct Redacted {
    pub(crate) findings: Vec<Finding>,
    /// The text with the mark in the place of each finding.
    pub(crate) text: String,
}

/// The findings in a text, `None` if there are none.
pub(crate) fn redact(policy: &Policy, text: &str) -> Option<Redacted> {
    let findings = pass(policy, text)?;
    let mut redacted = Redacted {
        text: replaced(text, &findings),
        findings,
    };
    // A mark can complete a structure that the secret hid, so a changed text is read again. Ordinary texts need one
    // more pass.
    let passes = if text.len() <= SHORT { 64 } else { 4 };
    for _ in 0..passes {
        let Some(more) = pass(policy, &redacted.text) else {
            break;
        };
        let more = original(&redacted.findings, more);
        redacted.findings.extend(more);
        redacted.findings = merged(redacted.findings);
        redacted.text = replaced(text, &redacted.findings);
    }
    Some(redacted)
}

/// The findings of one pass, sorted, which do not touch each other.
fn pass(policy: &Policy, text: &str) -> Option<Vec<Finding>> {
    let first = policy.anchors().next(text.as_bytes(), 0);
    if first.is_none() && policy.patterns.is_empty() {
        return None;
    }
    let mut scan = Scan::new(text.as_bytes(), policy);
    if let Some(first) = first {
        run(&mut scan, first);
    }
    patterns(&mut scan, text);
    scan.find_repeated();
    if scan.found.is_empty() {
        return None;
    }
    let mut found = scan.found;
    for finding in &mut found {
        let Range { start, end } = finding.range;
        finding.range = floor(text, start)..ceil(text, end);
    }
    Some(merged(found))
}

/// The candidates of one pass that are not redacted.
pub(crate) fn kept(policy: &Policy, text: &str) -> Vec<Candidate> {
    let mut scan = Scan::new(text.as_bytes(), policy);
    scan.kept = Some(Vec::new());
    if let Some(first) = policy.anchors().next(text.as_bytes(), 0) {
        run(&mut scan, first);
    }
    scan.kept.unwrap_or_default()
}

fn run(scan: &mut Scan<'_>, first: (usize, u8)) {
    let anchors = scan.policy.anchors();
    let text = scan.text;
    let mut next = Some(first);
    while let Some((anchor, kinds)) = next {
        let mut from = anchor + 1;
        if anchor < scan.covered {
            // The next anchor may begin inside of what was matched.
            from = from.max(scan.covered);
        } else {
            look(scan, anchors, anchor, kinds);
        }
        next = anchors.next(text, from);
    }
}

/// The order matters where grammars meet: a URL explains its `@`, a prefix explains more than the key
/// before it.
fn look(scan: &mut Scan<'_>, anchors: &Anchors, anchor: usize, kinds: u8) {
    if kinds & DIGITS != 0 {
        personal::digits(scan, anchor);
    }
    if kinds & URL != 0 {
        let _ = url::scan(scan, anchor);
    }
    if kinds & TOKEN != 0 {
        token(scan, anchors, anchor);
    }
    if kinds & DASHES != 0 {
        armour::private_key(scan, anchor);
    }
    if kinds & WORD != 0 {
        let word = word_at(scan.text, anchor);
        let _ = header::bare_scheme(scan, anchor, word);
        let _ = call::scan(scan, anchor, word);
    }
    if kinds & KEY != 0 {
        pair::scan(scan, anchor);
    }
    if kinds & OPTION != 0 {
        let _ = option::short(scan, anchor);
    }
    if kinds & SIGN != 0 {
        match scan.text[anchor] {
            b'@' => address::scan(scan, anchor),
            b'+' if scan.policy.has_personal_data() => personal::phone(scan, anchor),
            _ => {}
        }
    }
}

/// A vendor's token or a JSON web token.
fn token(scan: &mut Scan<'_>, anchors: &Anchors, anchor: usize) {
    let text = scan.text;
    let web_token = anchor
        .checked_sub(2)
        .filter(|&start| armour::is_web_token(text, start));
    let matches = anchors.formats(text, anchor);
    let first = matches
        .filter(|(start, format)| format.find(text, *start).is_some())
        .map(|(start, _)| start)
        .min();
    let Some(start) = first.or(web_token) else {
        // An explanation has the format that it looks like most.
        let formats = anchors
            .formats(text, anchor)
            .filter(|(start, _)| scan.kept.is_some() && vendor::begins_word(text, *start));
        if let Some((start, format)) = formats.max_by_key(|(_, format)| format.prefix.len()) {
            let end = run_end(text, start, 64, |byte| is_name(byte) || byte == b'-');
            scan.note(
                start,
                end,
                format.id,
                Reason::Other("too short, with other characters than its tokens, or a placeholder"),
            );
        }
        return;
    };
    // The formats with another anchor, too.
    if let Some((end, found, format)) = vendor::best(formats(), text, start) {
        let evidence = match found {
            Match::Proven => Evidence::Checksum,
            Match::Documented | Match::Similar => Evidence::Format,
        };
        let start = format.start(text, start).unwrap_or(start);
        scan.redact(start, end, format.id, evidence);
    } else {
        armour::json_web_token(scan, start);
    }
}

fn patterns(scan: &mut Scan<'_>, text: &str) {
    for pattern in &scan.policy.patterns {
        let mut from = 0;
        while let Some(Range { start, end }) = pattern(text, from) {
            // A part of a character is not redacted by itself.
            let (start, end) = (floor(text, start), ceil(text, end));
            if start < end && !is_in_mark(text, start, end) {
                scan.found.push(Finding {
                    range: start..end,
                    rule: structures::CONFIGURED_PATTERN,
                    evidence: Evidence::Pattern,
                });
            }
            from = ceil(text, end.max(start + 1).max(from + 1));
            if from >= text.len() {
                break;
            }
        }
    }
}

/// Whether a match is in the mark of an earlier pass.
fn is_in_mark(text: &str, start: usize, end: usize) -> bool {
    (0..REDACTED.len())
        .filter_map(|back| start.checked_sub(back))
        .any(|mark| end <= mark + REDACTED.len() && is_redacted(text.as_bytes(), mark))
}

/// Sorted; findings that overlap or touch become one, with the rule of the first.
fn merged(mut found: Vec<Finding>) -> Vec<Finding> {
    found.sort_by_key(|finding| (finding.range.start, std::cmp::Reverse(finding.range.end)));
    let mut merged: Vec<Finding> = Vec::with_capacity(found.len());
    for finding in found {
        match merged.last_mut() {
            Some(last) if finding.range.start <= last.range.end => {
                last.range.end = last.range.end.max(finding.range.end);
            }
            _ => merged.push(finding),
        }
    }
    merged
}

/// The text with the mark in the place of each finding.
fn replaced(text: &str, findings: &[Finding]) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut kept = 0;
    for Finding { range, .. } in findings {
        safe.push_str(text.get(kept..range.start).unwrap_or_default());
        safe.push_str(REDACTED);
        kept = range.end;
    }
    safe.push_str(text.get(kept..).unwrap_or_default());
    safe
}

/// Findings in the text with marks as findings in the original text.
fn original(findings: &[Finding], mut more: Vec<Finding>) -> Vec<Finding> {
    // Where each mark begins.
    let mut shift = 0_isize;
    let starts = findings.iter().map(|Finding { range, .. }| {
        let start = range.start.wrapping_add_signed(shift);
        shift += REDACTED.len().cast_signed() - range.len().cast_signed();
        start
    });
    let starts: Vec<_> = starts.collect();
    let place = |place: usize, is_end: bool| {
        let marks = starts.partition_point(|&start| start < place || start == place && !is_end);
        let Some(last) = marks.checked_sub(1) else {
            return place;
        };
        let (end, range) = (starts[last] + REDACTED.len(), &findings[last].range);
        match place.checked_sub(end) {
            Some(0) | None if is_end => range.end,
            None => range.start,
            Some(behind) => range.end + behind,
        }
    };
    for finding in &mut more {
        finding.range = place(finding.range.start, false)..place(finding.range.end, true);
    }
    more
}

fn floor(text: &str, index: usize) -> usize {
    (0..=index.min(text.len()))
        .rev()
        .find(|&index| text.is_char_boundary(index))
        .unwrap_or(0)
}

fn ceil(text: &str, index: usize) -> usize {
    (index..text.len())
        .find(|&index| text.is_char_boundary(index))
        .unwrap_or(text.len())
}
