//! Redacts a text in passes. A pass finds secrets, and a mark, usually `<REDACTED>`, then replaces each of them. Each
//! further pass reads the text around the new marks. The last pass finds nothing, unless the limit of passes or of steps
//! is reached.

use std::ops::Range;
use std::slice;

use crate::anchors::{DASHES, DIGITS, KEY, Kinds, OPTION, SIGN, TOKEN, URL, WORD};
use crate::decision::{Claim, Key};
use crate::pair::Separator;
use crate::policy::Policy;
use crate::rules::structures::{self, UNREAD};
use crate::rules::words::Binding;
use crate::scan::{Candidate, Evidence, Finding, Scan, Tried};
use crate::text::{class, count_steps, line_start, mark_around, mark_at, steps};
use crate::{
    address, armour, command, group, mark, pair, personal, sentence, slot, strict, structure,
    table, vendor,
};

/// A text of at most this length in bytes is read up to 65 times, and a longer one up to five times.
const SHORT: usize = 1024;

/// The number of bytes before and after a new mark that the next pass reads.
const NEAR: usize = 512;

/// The steps charged for an anchor that is not a number, in addition to the counted ones.
const ANCHOR: usize = 16;

/// The steps charged for a name, for which many grammars may be tried.
const NAME: usize = 96;

/// The maximum number of steps per byte for the first pass, and again for all others. The corpora need at most a third.
const STEPS: usize = 64;

/// The number of steps that a text may take in addition, because a short text may consist of names only.
const ALLOWANCE: usize = 64 * 1024;

/// The maximum number of times that the level `strict` masks a text.
const MASKED: usize = 4;

/// The maximum distance, in bytes, from an anchor back to the start of the unread text.
const LOOK_BACK: usize = 256;

/// A grammar, by the part of the text that it reads. Grammars that read a name are tried until one explains the name.
enum Read {
    /// The grammar reads the text at the anchor.
    Place(fn(&mut Scan<'_>, usize)),
    /// The grammar reads a name without a separator, or with one that does not bind a value.
    Loose(fn(&mut Scan<'_>, &Key) -> Tried),
    /// The grammar reads a name and the separator after it.
    Pair(fn(&mut Scan<'_>, &Key, Separator) -> Tried),
    /// The grammar reads a name without a separator.
    Name(fn(&mut Scan<'_>, &Key) -> Tried),
    /// The grammar reads a name without a separator, and returns the value.
    Stated(fn(&mut Scan<'_>, &Key) -> Option<Claim>),
}

use Read::{Loose, Name, Pair, Place, Stated};

/// All grammars, by the kind of their anchor. At one anchor, they are tried in this order, because several may apply.
const GRAMMARS: [(Kinds, &[Read]); 8] = [
    (DIGITS, &[Place(personal::digits)]),
    (URL, &[Place(address::url), Place(address::encoded), Place(address::segment)]),
    (TOKEN, &[Place(vendor::scan)]),
    (DASHES, &[Place(armour::private_key)]),
    (WORD, &[Place(command::positional)]),
    (
        KEY,
        &[
            Loose(table::column),
            Pair(structure::web_key),
            Pair(pair::header),
            Pair(group::pair),
            Pair(sentence::refused),
            Pair(pair::pair),
            Pair(group::block),
            Pair(sentence::below),
            Name(pair::missing),
            Name(structure::element),
            Stated(sentence::before_name),
            Stated(sentence::found),
            Name(command::long),
            Stated(command::valued),
            Name(structure::read_named),
            Name(structure::tuple),
            Stated(structure::call),
            Name(structure::fields),
            Stated(structure::literal),
            Stated(sentence::input_below),
            Stated(sentence::words),
        ],
    ),
    (OPTION, &[Place(command::short)]),
    (SIGN, &[Place(address::scan), Place(personal::phone)]),
];

pub(crate) struct Redacted {
    pub(crate) findings: Vec<Finding>,
    /// The text, with a mark in place of each finding.
    pub(crate) text: String,
}

/// The maximum number of steps for a text. Once they are spent, the rest is redacted: no text may block the caller.
#[derive(Clone, Copy)]
struct Budget {
    /// The value of the step counter at the start of the first pass that shares the budget.
    began: usize,
    per_byte: usize,
    is_first: bool,
}

impl Budget {
    fn new(per_byte: usize, is_first: bool) -> Self {
        Self { began: steps(), per_byte, is_first }
    }

    /// Whether the budget is spent at `place`. In the first pass, the budget grows with the text that was read.
    fn is_spent(self, scan: &Scan<'_>, place: usize) -> bool {
        let taken = steps().wrapping_sub(self.began);
        taken > ALLOWANCE && {
            let read = if self.is_first { place.max(scan.read_until()) } else { scan.text.len() };
            taken - ALLOWANCE > self.per_byte.saturating_mul(read)
        }
    }
}

/// Returns the number of steps that all passes take for a text without a budget.
pub(crate) fn steps_of(text: &str) -> usize {
    let began = steps();
    drop(redact_within(&Policy::default(), text, usize::MAX));
    steps().wrapping_sub(began)
}

/// Redacts a text; `None` if nothing was found.
pub(crate) fn redact(policy: &Policy, text: &str) -> Option<Redacted> {
    let redacted = redact_within(policy, text, STEPS);
    if policy.is_strict() { mask(policy, text, redacted) } else { redacted }
}

/// Masks all that is not known to be harmless. The text around the marks is read again.
fn mask(policy: &Policy, text: &str, redacted: Option<Redacted>) -> Option<Redacted> {
    let mut safe =
        redacted.unwrap_or_else(|| Redacted { findings: Vec::new(), text: text.to_owned() });
    let budget = Budget::new(STEPS, false);
    for _ in 0..MASKED {
        let more = strict::unknown(policy, &safe.text);
        let is_done = more.is_empty();
        if !is_done {
            safe = added(text, safe, more);
        }
        let whole = 0..safe.text.len();
        match pass(policy, &safe.text, slice::from_ref(&whole), budget) {
            Some(more) => safe = added(text, safe, more),
            None if is_done => break,
            None => {}
        }
    }
    (!safe.findings.is_empty()).then_some(safe)
}

/// Adds findings in a redacted text.
fn added(text: &str, redacted: Redacted, more: Vec<Finding>) -> Redacted {
    let known = redacted.findings;
    // `merged` keeps the first of the findings with one range, so the known ones come first.
    let mut found = known.clone();
    found.extend(original(&known, more));
    let findings = fitted(text, found, &known);
    Redacted { text: replaced(text, &findings), findings }
}

fn redact_within(policy: &Policy, text: &str, per_byte: usize) -> Option<Redacted> {
    let whole = 0..text.len();
    let found = pass(policy, text, slice::from_ref(&whole), Budget::new(per_byte, true))?;
    let findings = fitted(text, found, &[]);
    let mut redacted = Redacted { text: replaced(text, &findings), findings };
    let mut parts = around(&redacted, &[]);
    // A mark can complete a structure that was not recognized with the secret, so the text around it is read again.
    // Ordinary texts need one more pass.
    let passes = if text.len() <= SHORT { 64 } else { 4 };
    let budget = Budget::new(per_byte, false);
    for _ in 0..passes {
        let Some(more) = pass(policy, &redacted.text, &parts, budget) else {
            break;
        };
        let is_unread = more.iter().any(|finding| finding.rule == UNREAD);
        let known = redacted.findings.clone();
        redacted = added(text, redacted, more);
        if is_unread {
            break;
        }
        parts = around(&redacted, &known);
    }
    Some(redacted)
}

/// Returns the parts of a redacted text around the marks of findings that are not known yet.
fn around(redacted: &Redacted, known: &[Finding]) -> Vec<Range<usize>> {
    let text = redacted.text.as_bytes();
    let mut parts: Vec<Range<usize>> = Vec::new();
    for (finding, mark) in redacted.findings.iter().zip(starts(&redacted.findings)) {
        if is_known(finding, known) {
            continue;
        }
        let end = text.len().min(mark + NEAR);
        match parts.last_mut() {
            Some(last) if mark <= last.end + NEAR => last.end = end,
            _ => parts.push(line_start(text, mark.saturating_sub(NEAR))..end),
        }
    }
    parts
}

fn is_known(finding: &Finding, known: &[Finding]) -> bool {
    let start = finding.range.start;
    let place = known.binary_search_by_key(&start, |known| known.range.start);
    place.is_ok_and(|place| known[place] == *finding)
}

/// Returns the findings of one pass over parts of the text, sorted and without overlaps.
fn pass(
    policy: &Policy,
    text: &str,
    parts: &[Range<usize>],
    budget: Budget,
) -> Option<Vec<Finding>> {
    let mut found = findings(policy, text, parts, budget);
    if found.is_empty() {
        return None;
    }
    for finding in &mut found {
        finding.range = whole(text, finding.range.clone());
    }
    Some(merged(found))
}

fn findings(policy: &Policy, text: &str, parts: &[Range<usize>], budget: Budget) -> Vec<Finding> {
    let mut scan = Scan::new(text.as_bytes(), policy);
    for part in parts {
        read_part(&mut scan, part.clone(), budget);
    }
    patterns(&mut scan, text);
    scan.find_repeated();
    scan.found
}

/// Returns the candidates that the first pass does not redact.
pub(crate) fn find_kept(policy: &Policy, text: &str) -> Vec<Candidate> {
    let mut scan = Scan::new(text.as_bytes(), policy);
    scan.kept = Some(Vec::new());
    read_part(&mut scan, 0..text.len(), Budget::new(STEPS, true));
    scan.kept.unwrap_or_default()
}

/// Tries the grammars at the anchors in a part of the text. They may read beyond the part.
fn read_part(scan: &mut Scan<'_>, part: Range<usize>, budget: Budget) {
    let anchors = scan.policy.anchors();
    let text = &scan.text[..part.end];
    let mut next = anchors.next(text, part.start);
    while let Some((anchor, kinds)) = next {
        // Numbers are free of charge, because each is read only once, and logs are full of them.
        if kinds != DIGITS {
            count_steps(ANCHOR);
            if budget.is_spent(scan, anchor) {
                return drop_rest(scan, anchor);
            }
        }
        scan.reach(anchor);
        if anchor >= scan.progress.covered {
            let known = scan.found.len();
            look(scan, anchor, kinds);
            if scan.found.len() > known {
                slot::redact_siblings(scan, known);
            }
        }
        next = anchors.next(text, scan.progress.covered.max(anchor + 1));
    }
}

/// Redacts the rest of the text, from the start of the word around the anchor on.
#[cold]
fn drop_rest(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    let word = class!("^").start(text, anchor, LOOK_BACK);
    let found = scan.found.iter().map(|finding| finding.range.end);
    let mut start = found.fold(word, usize::max);
    while let Some(mark) = mark_at(text, start) {
        start += mark.len();
    }
    if start < text.len() {
        scan.redact(start, text.len(), UNREAD, Evidence::Unread);
    }
}

fn look(scan: &mut Scan<'_>, anchor: usize, mut kinds: Kinds) {
    while kinds != 0 {
        let row = &GRAMMARS[kinds.trailing_zeros() as usize];
        kinds &= kinds - 1;
        if row.0 == KEY {
            name(scan, anchor, row.1);
            continue;
        }
        for grammar in row.1 {
            if let Place(read) = grammar {
                read(scan, anchor);
            }
        }
    }
}

/// Tries the grammars of names until one explains the name at an anchor.
fn name(scan: &mut Scan<'_>, anchor: usize, grammars: &[Read]) {
    let Some(key) = pair::key(scan, anchor) else {
        return;
    };
    count_steps(NAME);
    let separator = pair::separator_at(scan, key.after);
    scan.key = Some(key.start..key.end);
    try_all(scan, &key, separator, grammars);
    scan.key = None;
}

fn try_all(scan: &mut Scan<'_>, key: &Key, separator: Option<Separator>, grammars: &[Read]) {
    for grammar in grammars {
        let tried = match (separator, grammar) {
            (Some(separator), Pair(read)) => read(scan, key, separator),
            (None, Name(read) | Loose(read)) => read(scan, key),
            (Some(Separator { binding: Binding::Loose, .. }), Loose(read)) => read(scan, key),
            (None, Stated(read)) => {
                let claim = read(scan, key);
                pair::judge(scan, key, claim)
            }
            _ => Tried::Nothing,
        };
        if tried == Tried::Found {
            return;
        }
    }
}

fn patterns(scan: &mut Scan<'_>, text: &str) {
    for pattern in &scan.policy.patterns {
        let mut from = 0;
        while let Some(found) = pattern(text, from) {
            // A finding covers whole characters.
            let Range { start, end } = whole(text, found);
            let mark = mark_around(text.as_bytes(), start);
            if start < end && mark.is_none_or(|mark| mark.end < end) {
                let rule = structures::CONFIGURED_PATTERN;
                scan.found.push(Finding::new(start..end, rule, Evidence::Pattern, None));
            }
            from = whole(text, from..end.max(start + 1).max(from + 1)).end;
            if from >= text.len() {
                break;
            }
        }
    }
}

/// Sorts findings, and merges those that overlap or touch. A merged finding has the rule of the first one, or `unread`
/// if one of them has this rule. A sibling has the rule by which it is found alone.
fn merged(mut found: Vec<Finding>) -> Vec<Finding> {
    found.sort_by_key(|finding| {
        let is_sibling = finding.evidence == Evidence::Sibling;
        (finding.range.start, std::cmp::Reverse(finding.range.end), is_sibling)
    });
    found.dedup_by(|finding, last| {
        let touches = finding.range.start <= last.range.end;
        if touches {
            last.range.end = last.range.end.max(finding.range.end);
        }
        if touches && finding.rule == UNREAD {
            (last.rule, last.evidence) = (finding.rule, finding.evidence);
        }
        touches
    });
    found
}

/// Merges findings, and sets the marks of those that are not known yet.
fn fitted(text: &str, found: Vec<Finding>, known: &[Finding]) -> Vec<Finding> {
    let mut found = merged(found);
    for finding in found.iter_mut().filter(|finding| !is_known(finding, known)) {
        mark::fit(text.as_bytes(), finding);
    }
    merged(found)
}

fn replaced(text: &str, findings: &[Finding]) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut kept = 0;
    for Finding { range, mark, .. } in findings {
        safe.push_str(text.get(kept..range.start).unwrap_or_default());
        safe.push_str(mark);
        kept = range.end;
    }
    safe.push_str(text.get(kept..).unwrap_or_default());
    safe
}

/// Returns the start of each mark in the redacted text.
fn starts(findings: &[Finding]) -> impl Iterator<Item = usize> {
    let mut shift = 0_isize;
    findings.iter().map(move |Finding { range, mark, .. }| {
        let start = range.start.wrapping_add_signed(shift);
        shift += mark.len().cast_signed() - range.len().cast_signed();
        start
    })
}

/// Converts findings in a redacted text into findings in the original text.
fn original(findings: &[Finding], mut more: Vec<Finding>) -> Vec<Finding> {
    let starts: Vec<_> = starts(findings).collect();
    let place = |place: usize, is_end: bool| {
        let marks = starts.partition_point(|&start| start < place || start == place && !is_end);
        let Some(last) = marks.checked_sub(1) else {
            return place;
        };
        let end = starts[last] + findings[last].mark.len();
        let range = &findings[last].range;
        match place.checked_sub(end) {
            Some(0) | None if is_end => range.end,
            None => range.start,
            Some(behind) => range.end + behind,
        }
    };
    for finding in &mut more {
        for range in [Some(&mut finding.range), finding.key.as_mut()].into_iter().flatten() {
            *range = place(range.start, false)..place(range.end, true);
        }
    }
    more
}

/// Widens a range to the boundaries of characters.
fn whole(text: &str, Range { start, end }: Range<usize>) -> Range<usize> {
    let is_boundary = |index: &usize| text.is_char_boundary(*index);
    let start = (0..=start.min(text.len())).rfind(is_boundary);
    let end = (end..text.len()).find(is_boundary);
    start.unwrap_or(0)..end.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_grammars_are_in_the_order_of_their_bits() {
        for (bit, (kind, _)) in GRAMMARS.iter().enumerate() {
            assert_eq!(*kind, 1 << bit);
        }
    }
}
