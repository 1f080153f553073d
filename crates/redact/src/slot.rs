//! Finds the siblings of a secret. A slot is a list, a comparison, a call, a pair or an alternation: where one of its
//! texts is a secret, so are the others that may be one.
//!
//! The text around a secret is read as a chain of items. The gap between two items says whether both belong to one slot.
//! A chain ends at the bracket around it, at the name of another value, at a word of a sentence, and usually at the end
//! of its line.

use std::mem;
use std::ops::Range;

use crate::lexer::{Kind, Tokens};
use crate::rules::structures::{
    ADDRESS_PASSWORD, BANK_ACCOUNT, EMAIL, PAYMENT_CARD, PEM_PRIVATE_KEY, PHONE_NUMBER,
    SOCIAL_SECURITY_NUMBER, UNREAD, URL_PATH, URL_USERINFO,
};
use crate::rules::words::{ROLE_NAMES, ROLE_WORDS};
use crate::scan::{Evidence, Finding, Scan};
use crate::score::{Look, is_no_password, is_prose, look};
use crate::text::{at, before, class, count_steps, part};

use Kind::{Blank, Close, Line, Open, Quote, Redacted, Sign, Word};

/// The steps charged for a token.
const TOKEN: usize = 2;

/// The minimum length in bytes of a random text that only a blank or a slash separates from a secret.
const APART: usize = 12;

/// The maximum distance in bytes from a name to the value in the same pair.
const NAMED: usize = 12;

/// The maximum number of bytes that are read after a secret if the tokens of its line were discarded.
const AHEAD: usize = 512;

/// The maximum distance in bytes from a name to the first text of its slot.
const FAR: usize = 256;

/// The numbers of bytes in a group of a secret that is written in groups.
const GROUP: std::ops::RangeInclusive<usize> = 3..=6;

/// The kinds of gaps between two items, one bit each.
type Gap = u8;

const BLANK: Gap = 1;
/// `,`, `;` or `|`.
const LIST: Gap = 2;
/// `/`, `-` or `:`.
const JOINT: Gap = 4;
/// An operator, or a word such as `got`.
const COMPARED: Gap = 8;

/// A text of a chain.
#[derive(Clone)]
struct Item {
    range: Range<usize>,
    is_quoted: bool,
    /// The rule of the secret, and whether its own form shows it; `None` if the item is no secret yet.
    rule: Option<(&'static str, bool)>,
    /// The gap between the item before this one and this one.
    gap: Gap,
}

/// A bracket, or a quote whose text has a secret among others, and the chain in it.
struct Level {
    /// The place of the token that closes it. The lowest level has none.
    close: Option<usize>,
    is_quote: bool,
    is_named: bool,
    chain: Vec<Item>,
    gap: Gap,
}

impl Level {
    fn new(close: Option<usize>, is_quote: bool) -> Self {
        Self { close, is_quote, is_named: false, chain: Vec::new(), gap: 0 }
    }

    fn has_secret(&self) -> bool {
        self.chain.iter().any(|item| item.rule.is_some())
    }
}

/// Redacts the siblings of the findings from an index on.
pub(crate) fn redact_siblings(scan: &mut Scan<'_>, known: usize) {
    let text = scan.text;
    let new = scan.found.iter().skip(known);
    let new = new.filter(|finding| has_siblings(finding) && !is_alone(text, finding));
    let mut found: Vec<_> = new.cloned().collect();
    found.sort_by_key(|finding| finding.range.start);
    for (index, finding) in found.iter().enumerate() {
        if finding.range.start < scan.slots {
            continue;
        }
        let from = beginning(text, finding, scan.slots);
        let mut afresh = Tokens::new(part(text, 0, finding.range.end + AHEAD));
        let (tokens, first) = if let Some(first) = scan.tokens.seek(from) {
            (&mut scan.tokens, first)
        } else {
            // The tokens of earlier lines were discarded.
            afresh.upto = from;
            (&mut afresh, 0)
        };
        let levels = vec![Level::new(None, false)];
        let found = &found[index..];
        let mut reader = Reader { text, tokens, found, levels, more: Vec::new() };
        let end = reader.read(first);
        scan.found.append(&mut reader.more);
        scan.slots = end.max(finding.range.end);
    }
}

/// Whether a finding says something about the texts beside it. Personal data and a part of an address do not.
fn has_siblings(finding: &Finding) -> bool {
    let personal = [EMAIL, SOCIAL_SECURITY_NUMBER, PAYMENT_CARD, BANK_ACCOUNT, PHONE_NUMBER];
    let parts = [URL_USERINFO, URL_PATH, ADDRESS_PASSWORD, PEM_PRIVATE_KEY, UNREAD];
    !personal.contains(&finding.rule) && !parts.contains(&finding.rule)
}

/// Whether the value of a name is followed by the next name or by the end of its map: a quick check without tokens.
fn is_alone(text: &[u8], finding: &Finding) -> bool {
    let start = finding.range.start;
    if !finding.key.as_ref().is_some_and(|key| key.end <= start && start < key.end + NAMED) {
        return false;
    }
    let quote = class!("\\\"'").end(text, finding.range.end, 8);
    let lead = class!(", ;\\\"'").end(text, quote, 8);
    let end = class!("a-zA-Z0-9_.-").end(text, lead, 64);
    let name = part(text, lead, end);
    let sign = class!("\\\"' ").end(text, end, 8);
    match at(text, quote) {
        0 | b'}' | b'&' => true,
        b',' | b' ' | b';' if !name.is_empty() && b"=:".contains(&at(text, sign)) => {
            !ROLE_NAMES.has(name) && hash_rest(text, &finding.range).is_none()
        }
        _ => false,
    }
}

/// Returns where the slot of a secret may begin: at its name, or at its line and the lines before it that continue.
fn beginning(text: &[u8], finding: &Finding, least: usize) -> usize {
    let start = finding.range.start;
    // A name before a comma, or in random characters, is an item itself.
    let is_near = |key: &&Range<usize>| {
        let is_before = key.end <= start && start < key.end + FAR;
        is_before
            && !part(text, key.end, start).contains(&b',')
            && !is_random(part(text, key.start, key.end))
    };
    if let Some(key) = finding.key.as_ref().filter(is_near) {
        return key.start.max(least);
    }
    let line_start = |place: usize| {
        let lead = part(text, least, place);
        count_steps(lead.len().min(LONGEST) / 8);
        let lead = &lead[lead.len().saturating_sub(LONGEST)..];
        memchr::memrchr(b'\n', lead)
            .map_or(place - lead.len(), |line| place - lead.len() + line + 1)
    };
    let mut line = line_start(start);
    // `Expected: "…"⏎Received: "…"`
    let word = class!(" \t").end(text, line, 16);
    if ROLE_NAMES.has(part(text, word, class!("a-zA-Z").end(text, word, 16))) {
        line = line_start(line.saturating_sub(1).max(least));
    }
    for _ in 0..LINES {
        if line <= least
            || !class!(",([{").has(before(text, class!(" \t\r\n").start(text, line, 4)))
        {
            break;
        }
        line = line_start(line - 1);
    }
    line
}

/// The maximum number of bytes of a line before a secret that are read.
const LONGEST: usize = 64 * 1024;

/// The maximum number of lines before a secret that are read.
const LINES: usize = 64;

struct Reader<'r, 't> {
    text: &'t [u8],
    tokens: &'r mut Tokens<'t>,
    /// The findings that were not read yet.
    found: &'r [Finding],
    levels: Vec<Level>,
    more: Vec<Finding>,
}

impl Reader<'_, '_> {
    /// Reads the tokens from a place to the end of the slot of the next secret. Returns the end.
    fn read(&mut self, first: usize) -> usize {
        let mut at = first;
        while let Some(token) = self.tokens.get(at) {
            count_steps(TOKEN);
            let next = match token.kind {
                _ if self.found.first().is_some_and(|it| it.range.start < token.end) => {
                    self.secret(at)
                }
                Blank => Some(self.joint(at, BLANK)),
                Line => self.line(at),
                Sign(b',' | b';' | b'|') => Some(self.joint(at, LIST)),
                Redacted => Some(self.joint(at, COMPARED)),
                Quote if self.tokens.opens_quote(at) => self.quote(at),
                Quote | Close(_) => self.close(at),
                Open(_) => Some(self.open(at)),
                Word | Sign(_) => self.bare(at),
            };
            match next {
                Some(next) => at = next.max(at + 1),
                None => return self.tokens.start(at),
            }
        }
        while self.end_chain() && self.levels.pop().is_some() && !self.levels.is_empty() {}
        self.text.len()
    }

    fn top(&mut self) -> &mut Level {
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    fn joint(&mut self, at: usize, gap: Gap) -> usize {
        self.top().gap |= gap;
        at + 1
    }

    fn push(&mut self, range: Range<usize>, is_quoted: bool, rule: Option<(&'static str, bool)>) {
        let level = self.top();
        let gap = mem::take(&mut level.gap);
        level.chain.push(Item { range, is_quoted, rule, gap });
    }

    /// Ends the chain of the deepest level. Returns whether the reading goes on, because the chain has no secret.
    fn end_chain(&mut self) -> bool {
        let level = self.top();
        let has_secret = level.has_secret();
        let chain = mem::take(&mut level.chain);
        level.gap = 0;
        if has_secret {
            self.redact(&chain);
        }
        !has_secret
    }

    /// Reads the secret that begins in the token at `at`.
    fn secret(&mut self, at: usize) -> Option<usize> {
        let (finding, rest) = self.found.split_first()?;
        let Range { start, end } = finding.range.clone();
        let later = rest.iter().take_while(|later| later.range.start < end).count();
        self.found = &rest[later..];
        // A text that touches the secret is a part of it, not a sibling.
        let level = self.top();
        if level.gap == 0 && level.chain.last().is_some_and(|last| last.range.end == start) {
            level.chain.clear();
        }
        let is_quoted = at > 0 && self.tokens.kind(at - 1) == Quote;
        let has_form = finding.evidence == Evidence::Format;
        self.push(start..end, is_quoted, Some((finding.rule, has_form)));
        if let Some(rest) = hash_rest(self.text, &finding.range) {
            self.find(rest.clone(), finding.rule);
            return Some(self.tokens.place_at(rest.end).unwrap_or(usize::MAX));
        }
        Some(self.tokens.place_at(end).unwrap_or(usize::MAX))
    }

    fn line(&mut self, at: usize) -> Option<usize> {
        let next = self.tokens.skip_lines(at);
        let goes_on = self.top().close.is_some()
            || self.top().gap & LIST != 0
            || self.tokens.is_word(next, ROLE_NAMES);
        if goes_on {
            return Some(self.joint(at, BLANK));
        }
        self.end_chain().then_some(at + 1)
    }

    /// Reads a text in quotes: an item, a name, or a text with a secret among others.
    fn quote(&mut self, at: usize) -> Option<usize> {
        let Some(close) = self.tokens.close(at) else {
            return Some(at + 1);
        };
        let range = self.tokens.get(at)?.end..self.tokens.start(close);
        if self.found.first().is_some_and(|finding| finding.range.start < range.end) {
            let is_whole = self.found.first().is_some_and(|finding| finding.range == range);
            if is_whole {
                self.secret(at + 1);
                return Some(close + 1);
            }
            self.levels.push(Level::new(Some(close), true));
            return Some(at + 1);
        }
        let sign = self.tokens.skip_blanks(close + 1);
        if let Some(value) = self.assigned(sign) {
            return self.name(range, value);
        }
        self.push(range, true, None);
        Some(close + 1)
    }

    /// Returns the place after the sign at `at` that separates a name from its value.
    fn assigned(&mut self, at: usize) -> Option<usize> {
        let is_arrow = self.tokens.are(at, &[Sign(b'='), Sign(b'>')]);
        let after = at + 1 + usize::from(is_arrow);
        let is_sign = matches!(self.tokens.kind(at), Sign(b'=' | b':'));
        let is_operator = matches!(self.tokens.kind(after), Sign(b'=' | b'~' | b':'));
        (is_sign && !is_operator).then_some(after)
    }

    /// Reads a name before a value: the role of a text in a comparison, or the name of another slot.
    fn name(&mut self, name: Range<usize>, value: usize) -> Option<usize> {
        if ROLE_NAMES.has(part(self.text, name.start, name.end)) {
            return Some(self.joint(value - 1, COMPARED));
        }
        if !self.end_chain() {
            return None;
        }
        self.top().is_named = true;
        Some(value)
    }

    fn open(&mut self, at: usize) -> usize {
        let close = self.tokens.close(at);
        let start = self.tokens.start(at);
        let level = self.top();
        // The name of a function or of a type is no item.
        if level.chain.last().is_some_and(|last| last.range.end == start && last.rule.is_none()) {
            let gap = level.chain.pop().map_or(0, |name| name.gap);
            level.gap |= gap;
        }
        if close.is_some() {
            self.levels.push(Level::new(close, false));
        }
        at + 1
    }

    fn close(&mut self, at: usize) -> Option<usize> {
        // The levels inside end before those around them, so the search ends at the first one that is still open.
        let ends = self.levels.iter().rev().filter_map(|level| level.close);
        let is_own = ends.take_while(|close| *close <= at).any(|close| close == at);
        if !is_own {
            // An apostrophe, or the end of what was opened before the slot.
            let is_end = self.tokens.get(at)?.mate.is_some();
            return if is_end { self.end_chain().then_some(at + 1) } else { Some(at + 1) };
        }
        while self.top().close != Some(at) {
            self.end_chain().then_some(())?;
            self.levels.pop();
        }
        let level = self.levels.pop()?;
        let secret = level.chain.iter().find(|item| item.rule.is_some()).cloned();
        let is_single = level.chain.len() == 1 && !level.is_named;
        let start = level.chain.first().map_or(0, |item| item.range.start);
        match (secret, level.is_quote || is_single) {
            (Some(secret), true) => {
                self.redact(&level.chain);
                self.push(secret.range, level.is_quote, secret.rule);
            }
            (Some(_), false) => {
                self.redact(&level.chain);
                return None;
            }
            (None, _) => match level.chain.into_iter().next().filter(|_| is_single) {
                Some(only) => {
                    self.top().gap |= only.gap;
                    self.push(only.range, only.is_quoted, None);
                }
                None => self.push(start..start, false, None),
            },
        }
        Some(at + 1)
    }

    /// Reads a run without blanks: an unquoted item, a name, a word of a comparison, or signs.
    fn bare(&mut self, at: usize) -> Option<usize> {
        let start = self.tokens.start(at);
        let limit = self.found.first().map_or(usize::MAX, |finding| finding.range.start);
        let mut end = at + 1;
        while self.is_inside(end) && self.tokens.start(end) < limit {
            end += 1;
        }
        let run = part(self.text, start, self.tokens.start(end).min(limit));
        let signs = class!("!-/:-@[-^`{-~").end(run, 0, usize::MAX);
        if signs > 0 {
            let after = self.tokens.place_at(start + signs).unwrap_or(end);
            return self.signs(at, &run[..signs], after.min(end));
        }
        if let Some(sign) = sign_of_pair(run) {
            let value = self.tokens.place_at(start + sign)? + 1;
            return self.name(start..start + sign, value);
        }
        let word = class!(".!?:").start(run, run.len(), 4);
        let next = self.tokens.skip_blanks(end);
        if ROLE_WORDS.has(&run[..word]) || ROLE_NAMES.has(&run[..word]) {
            return Some(self.joint(end - 1, COMPARED));
        }
        if next > end && self.assigned(next).is_some() && word == run.len() {
            let value = self.assigned(next)?;
            return self.name(start..start + word, value);
        }
        self.push(start..start + word, false, None);
        if word < run.len() {
            return self.end_chain().then_some(end);
        }
        Some(end)
    }

    fn is_inside(&mut self, at: usize) -> bool {
        match self.tokens.kind(at) {
            Word => true,
            Sign(sign) => !b",;|".contains(&sign),
            Quote => {
                !self.tokens.opens_quote(at)
                    && self.tokens.get(at).is_some_and(|it| it.mate.is_none())
            }
            _ => false,
        }
    }

    /// Reads the signs at the start of a run.
    fn signs(&mut self, at: usize, signs: &[u8], after: usize) -> Option<usize> {
        let text = self.text;
        let is_after_text = self.top().chain.last().is_some_and(|last| {
            let value = part(text, last.range.start, last.range.end);
            last.rule.is_some() || last.is_quoted || is_random(value)
        });
        let last = self.top().chain.last().map(|last| last.range.clone()).unwrap_or_default();
        let is_role = ROLE_NAMES.has(part(text, last.start, last.end));
        let gap = match signs {
            b"-" if is_after_text && self.tokens.kind(after) == Blank => JOINT,
            // A role was taken for a value.
            b":" if is_role => COMPARED,
            b":" if is_after_text && self.tokens.kind(after) != Blank => JOINT,
            b"/" if is_after_text => JOINT,
            _ if class!("=!<>~&?").any(signs) && class!("=!<>~&?-").all(signs) && is_after_text => {
                COMPARED
            }
            b"&" | b"*" | b"@" | b"#" | b"$" => 0,
            _ => {
                return self.end_chain().then_some(after.max(at + 1));
            }
        };
        self.top().gap |= gap;
        Some(after.max(at + 1))
    }

    fn find(&mut self, range: Range<usize>, rule: &'static str) {
        self.more.push(Finding::new(range, rule, Evidence::Sibling, None));
    }

    /// Redacts the siblings in a chain: from each secret on, forwards and backwards.
    fn redact(&mut self, chain: &[Item]) {
        let mut rules = vec![None; chain.len()];
        let forwards = (0..chain.len()).map(|at| (at, chain[at].gap));
        let backwards =
            (0..chain.len()).rev().map(|at| (at, chain.get(at + 1).map_or(0, |it| it.gap)));
        follow(self.text, chain, forwards, &mut rules);
        follow(self.text, chain, backwards, &mut rules);
        for (item, rule) in chain.iter().zip(rules) {
            if let Some(rule) = rule {
                self.find(item.range.clone(), rule);
            }
        }
    }
}

/// Follows a chain from each secret on. `order` has the index of each item and the gap between it and the item before.
fn follow(
    text: &[u8],
    chain: &[Item],
    order: impl Iterator<Item = (usize, Gap)>,
    rules: &mut [Option<&'static str>],
) {
    let mut secret: Option<((&'static str, bool), &[u8])> = None;
    for (at, gap) in order {
        let item = &chain[at];
        let value = part(text, item.range.start, item.range.end);
        match (item.rule, secret) {
            (Some(rule), _) => secret = Some((rule, value)),
            (None, Some(((rule, has_form), known)))
                if is_sibling(item, value, gap, known, has_form) =>
            {
                rules[at] = Some(rule);
            }
            (None, Some(_)) if gap & (LIST | COMPARED) != 0 => {}
            _ => secret = None,
        }
    }
}

/// Whether an item beside a secret may be a secret, too. A secret with a form of its own is often the first half of a pair.
fn is_sibling(item: &Item, value: &[u8], gap: Gap, secret: &[u8], has_form: bool) -> bool {
    if value.is_empty() || is_no_password(value) || is_measure(value) || is_setting(value) {
        return false;
    }
    let is_word = |look| matches!(look, Look::Word | Look::Name | Look::Phrase);
    let found = look(value);
    // Letters alone, and capitals with digits, may be a type or the code of an error.
    let is_name =
        class!("a-zA-Z").all(value) || !item.is_quoted && class!("A-Z0-9_-").fits(value, ..=APART);
    let is_text = found == Look::Uuid || found.is_made_up() && (!is_name || value.len() > 16);
    let is_random = matches!(found, Look::Random | Look::Hash) && value.len() >= APART;
    match found {
        // A number stays, unless it is compared with one.
        Look::Number | Look::ShortNumber => {
            let is_code = class!("0-9").fits(secret, 4..) && value.len() >= 4;
            item.is_quoted && gap & (LIST | COMPARED) != 0 && (is_code || value.len() > 7)
        }
        // A word is compared with a secret that is a word.
        _ if is_word(found) && gap & COMPARED != 0 => {
            item.is_quoted && is_word(look(secret)) && class!("a-zA-Z0-9_ .-", or_wide).all(value)
        }
        _ if gap & (LIST | COMPARED) != 0 => is_text,
        _ if gap == 0 => false,
        _ if gap & JOINT != 0 && (has_form || gap & BLANK != 0) => is_text,
        _ => is_random || is_group(value, secret),
    }
}

/// Whether the text is a name with a value, or a name of code: `mysql:host=db7.example.com`, `hashlib.sha256`.
fn is_setting(value: &[u8]) -> bool {
    let sign = class!("a-zA-Z_.:-").end(value, 0, 64);
    let head = &value[..sign];
    let is_code = head.contains(&b'.') && class!("a-zA-Z0-9_.").all(value);
    is_code || at(value, sign) == b'=' && class!("^=").any(&value[sign..])
}

/// Whether a text may be one more group of a secret in groups: `x7Kq 9LmT`.
fn is_group(value: &[u8], secret: &[u8]) -> bool {
    value.len() == secret.len()
        && GROUP.contains(&value.len())
        && class!("a-zA-Z0-9").all(value)
        && !is_prose(value)
}

/// Whether the text is a number with a unit: `0.034s`, `512MiB`.
fn is_measure(value: &[u8]) -> bool {
    let unit = class!("0-9.+-").end(value, 0, 12);
    unit > 0 && class!("a-zA-Z%").fits(&value[unit..], ..=3)
}

fn is_random(value: &[u8]) -> bool {
    look(value).is_made_up()
}

/// Returns the place of the sign in a run that begins with a name: `port=…`, `host:…`.
fn sign_of_pair(run: &[u8]) -> Option<usize> {
    let sign = class!("a-zA-Z0-9_.-", or_wide).end(run, 0, 64);
    let is_pair = match &run[sign..] {
        [b'=', b'=' | b'~', ..] | [b':', b':', ..] | [b':', b'/', b'/', ..] => false,
        [b'=' | b':', ..] => true,
        _ => false,
    };
    let is_name = !run[0].is_ascii_digit() && !is_random(&run[..sign]);
    (is_pair && is_name).then_some(sign)
}

/// Returns the rest of a hash with its parameters, of which the first ones were redacted: `…,t=3,p=1$salt$hash`.
fn hash_rest(text: &[u8], hash: &Range<usize>) -> Option<Range<usize>> {
    let end = class!("a-zA-Z0-9./$=,+_-").end(text, hash.end, 512);
    let tail = part(text, hash.end, end);
    let last = memchr::memrchr(b'$', tail)?;
    let is_hash = tail[0] == b',' && at(text, hash.start) == b'$' && is_random(&tail[last + 1..]);
    is_hash.then_some(hash.end..end)
}
