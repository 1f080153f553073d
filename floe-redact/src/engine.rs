//! One pass over a text after another, until nothing is found.

use std::ops::Range;

use crate::REDACTED;
use crate::anchors::{self, DASHES, DIGITS, KEY, OPTION, SIGN, TOKEN, URL, WORD};
use crate::finding::{Evidence, Finding};
use crate::policy::Policy;
use crate::rules::structures;
use crate::scan::{Candidate, Scan};
use crate::vendor::Match;
use crate::{address, armour, call, header, option, pair, personal, rules, url};

/// A text of this length may be read many times.
const SHORT: usize = 1024;

/// A text and what was found in it.
pub(crate) struct Redacted {
    pub(crate) findings: Vec<Finding>,
    /// The text with the mark in the place of each finding.
    pub(crate) text: String,
}

/// The findings in a text, `None` if there are none.
pub(crate) fn redact(
    policy: &Policy,
    text: &str,
    fired: &mut dyn FnMut(&Finding),
) -> Option<Redacted> {
    let findings = pass(policy, text)?;
    findings.iter().for_each(&mut *fired);
    let mut redacted = Redacted {
        text: replaced(text, &findings),
        findings,
    };
    // A mark can complete a structure that the secret hid, so what was changed is read again; more
    // than one more pass is for texts that nobody writes.
    let passes = if text.len() <= SHORT { 64 } else { 4 };
    for _ in 0..passes {
        let Some(more) = pass(policy, &redacted.text) else {
            break;
        };
        let more = more.into_iter().map(|finding| Finding {
            range: original(&redacted.findings, finding.range.clone()),
            ..finding
        });
        let more: Vec<_> = more.collect();
        more.iter().for_each(&mut *fired);
        redacted.findings.extend(more);
        redacted.findings = merged(redacted.findings);
        redacted.text = replaced(text, &redacted.findings);
    }
    Some(redacted)
}

/// The findings of one pass, sorted and apart from each other.
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

/// The candidates of one pass that stay.
pub(crate) fn kept(policy: &Policy, text: &str) -> Vec<Candidate> {
    let mut scan = Scan::new(text.as_bytes(), policy);
    scan.kept = Some(Vec::new());
    if let Some(first) = policy.anchors().next(text.as_bytes(), 0) {
        run(&mut scan, first);
    }
    scan.kept.unwrap_or_default()
}

/// The order matters where grammars meet: a URL explains its `@`, a prefix explains more than the key
/// before it.
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
            if kinds == DIGITS {
                // A long number has an anchor at each of its digits.
                from = from.max(scan.digits_until);
            }
        }
        next = anchors.next(text, from);
    }
}

fn look(scan: &mut Scan<'_>, anchors: &anchors::Anchors, anchor: usize, kinds: u8) {
    if kinds & DIGITS != 0 {
        personal::digits(scan, anchor);
    }
    if kinds & URL != 0 {
        url::scan(scan, anchor);
    }
    if kinds & TOKEN != 0 {
        token(scan, anchors, anchor);
    }
    if kinds & DASHES != 0 {
        armour::private_key(scan, anchor);
    }
    if kinds & WORD != 0 {
        header::bare_scheme(scan, anchor);
        call::scan(scan, anchor);
    }
    if kinds & KEY != 0 {
        pair::scan(scan, anchor);
    }
    if kinds & OPTION != 0 {
        option::short(scan, anchor);
    }
    if kinds & SIGN != 0 {
        match scan.text[anchor] {
            b'@' => address::scan(scan, anchor),
            b'+' if scan.policy.has_personal_data() => personal::phone(scan, anchor),
            _ => {}
        }
    }
}

/// A vendor's token; of several formats the one that matches best, then the one with the longest
/// prefix.
fn token(scan: &mut Scan<'_>, anchors: &anchors::Anchors, anchor: usize) {
    let text = scan.text;
    if let Some(start) = anchor.checked_sub(2)
        && armour::json_web_token(scan, start)
    {
        return;
    }
    let best = anchors
        .formats(text, anchor)
        .filter_map(|(start, row)| {
            let format = rules::format(row);
            let prefix = format.prefix.as_bytes();
            if text.get(start..start + prefix.len()) != Some(prefix) {
                return None;
            }
            let (end, found) = format.find(text, start)?;
            Some(((found, prefix.len()), start, end, format.id))
        })
        .max_by_key(|found| found.0);
    if let Some(((found, _), start, end, id)) = best {
        let evidence = if found == Match::Proven {
            Evidence::Checksum
        } else {
            Evidence::Format
        };
        scan.redact(start, end, id, evidence);
    }
}

fn patterns(scan: &mut Scan<'_>, text: &str) {
    for pattern in &scan.policy.patterns {
        let mut from = 0;
        while let Some(Range { start, end }) = pattern(text, from) {
            // The mark of an earlier pass is no match.
            let is_mark = text
                .get(start..end)
                .is_none_or(|found| REDACTED.contains(found));
            if start < end && !is_mark {
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

/// A range of the text with marks as a range of the original text.
fn original(findings: &[Finding], range: Range<usize>) -> Range<usize> {
    let place = |place: usize, is_end: bool| {
        let mut behind = 0_isize;
        for Finding { range, .. } in findings {
            let start = range.start.wrapping_add_signed(behind);
            if place < start || is_end && place == start {
                break;
            }
            if place < start + REDACTED.len() || is_end && place == start + REDACTED.len() {
                return if is_end { range.end } else { range.start };
            }
            behind += REDACTED.len().cast_signed() - (range.end - range.start).cast_signed();
        }
        place.wrapping_add_signed(-behind)
    };
    place(range.start, false)..place(range.end, true)
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
