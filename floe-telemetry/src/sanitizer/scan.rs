//! One text on its way through the grammars: finds the anchors, asks, collects, replaces.

use memchr::memchr_iter;
use smallvec::SmallVec;

use super::ahead::Ahead;
use super::bytes::Bytes;
use super::known::{Known, Word};
use super::{
    Level, Policy, REDACTED, Rule, address, anchors, command_line, commands, finder, hash, header,
    key_value, pem, pii, shape, text, token, url,
};
use crate::char_boundary;

/// How many different secrets are searched for in the rest of their text.
const MAX_ECHOES: usize = 4;

/// Looks at the anchor that ends at the index.
type Grammar = fn(&mut Scan<'_>, usize);

/// The grammars by the bits of [`anchors`]. The order matters where they meet: a URL explains its `@`, a
/// prefix explains more than the key before it.
const GRAMMARS: [(Rule, Grammar); 8] = [
    (Rule::TokenFormat, pii::digits),
    (Rule::UrlUserinfo, url::scan),
    (Rule::TokenFormat, token::scan),
    (Rule::Pem, pem::scan),
    (Rule::KeyValue, key_value::scan),
    (Rule::Header, header::bare_scheme),
    (Rule::CommandLine, command_line::scan),
    (Rule::UrlUserinfo, sign),
];

/// One text on its way through the grammars.
pub(super) struct Scan<'t> {
    pub(super) text: &'t [u8],
    pub(super) policy: &'t Policy,
    /// The rule that is being followed.
    pub(super) rule: Rule,
    /// What has to go, and why.
    pub(super) found: SmallVec<[(usize, usize, Rule); 4]>,
    /// Everything before this was decided by a match.
    pub(super) covered: usize,
    /// Keys, numbers, userinfo, signs, cookies and doubtful values before these were looked at already.
    pub(super) key_until: usize,
    pub(super) digits_until: usize,
    pub(super) url_until: usize,
    pub(super) signs_until: usize,
    pub(super) cookies_until: usize,
    pub(super) doubtful_until: usize,
    pub(super) foreign_until: usize,
    pub(super) table_until: usize,
    pub(super) list_until: usize,
    pub(super) reversed_until: usize,
    pub(super) arguments_until: usize,
    pub(super) hash_until: usize,
    pub(super) jwk_until: usize,
    pub(super) bound_until: usize,
    pub(super) asserted_until: usize,
    pub(super) line: commands::Line,
    pub(super) unmixed: (usize, usize),
    pub(super) encoded_until: usize,
    /// A long value that stayed in the text ends here.
    pub(super) stayed_until: usize,
    pub(super) ahead: Ahead,
    pub(super) known: Known<'t>,
    /// A run of plain words, known from a question about it.
    calm: (usize, usize),
}

/// What plain words have.
const CALM: Bytes = Bytes::alphabetic_and(b" \n,.-_");

impl<'t> Scan<'t> {
    #[inline]
    pub(super) fn new(text: &'t [u8], policy: &'t Policy, known: &Known<'t>) -> Self {
        Self {
            text,
            policy,
            rule: Rule::KeyValue,
            found: SmallVec::new(),
            covered: 0,
            key_until: 0,
            digits_until: 0,
            url_until: 0,
            signs_until: 0,
            cookies_until: 0,
            doubtful_until: 0,
            foreign_until: 0,
            table_until: 0,
            list_until: 0,
            reversed_until: 0,
            arguments_until: 0,
            hash_until: 0,
            jwk_until: 0,
            bound_until: 0,
            asserted_until: 0,
            line: commands::Line::default(),
            unmixed: (0, 0),
            encoded_until: 0,
            stayed_until: 0,
            ahead: Ahead::default(),
            known: *known,
            calm: (0, 0),
        }
    }

    /// Looks at the anchors from this byte on.
    pub(super) fn run(&mut self, mut finder: finder::Finder<'_>, mut from: usize) {
        while let Some((anchor, kinds)) = finder.next(self.text, from) {
            from = anchor + 1;
            if anchor < self.covered {
                // The next anchor may begin inside of what was matched.
                from = from.max(self.covered);
                continue;
            }
            self.look(anchor, kinds);
            if self.text[anchor] >= 0x80 {
                from = from.max(self.foreign_until);
            } else if kinds == anchors::DIGITS {
                // A long number has an anchor at each of its digits.
                from = from.max(self.digits_until);
            }
        }
    }

    fn look(&mut self, anchor: usize, mut kinds: u8) {
        while kinds != 0 {
            let (rule, grammar) = GRAMMARS[kinds.trailing_zeros() as usize];
            self.rule = rule;
            grammar(self, anchor);
            kinds &= kinds - 1;
        }
    }

    /// What the word says, wherever it stands.
    pub(super) fn word(&mut self, word: &'t [u8]) -> Word {
        self.known.words.of(word, self.policy)
    }

    /// Whether only words follow, without a digit, a quote, a sign or a capital inside: nothing that
    /// could be a value. What is found out holds for the questions inside of the run, too.
    pub(super) fn is_calm(&mut self, from: usize, reach: usize) -> bool {
        if !(self.calm.0..self.calm.1).contains(&from) {
            let mut end = from;
            let mut last = 0;
            while end < self.text.len() {
                let byte = self.text[end];
                if !CALM.has(byte) || byte.is_ascii_uppercase() && u8::is_ascii_lowercase(&last) {
                    break;
                }
                last = byte;
                end += 1;
            }
            self.calm = (from, end);
        }
        self.calm.1 >= self.text.len().min(from + reach)
    }

    pub(super) fn redact(&mut self, start: usize, end: usize) {
        if start < end {
            self.found.push((start, end, self.rule));
            self.covered = self.covered.max(end);
        }
    }

    /// A secret found by its key is one wherever the text repeats it: `password 'x' is wrong`.
    pub(super) fn find_echoes(&mut self) {
        let mut known: [&[u8]; MAX_ECHOES] = [&[]; MAX_ECHOES];
        let mut count = 0;
        for index in 0..self.found.len().min(MAX_ECHOES * 4) {
            let (start, end, rule) = self.found[index];
            let secret = text::part(self.text, start, end);
            let colon = secret.iter().position(|byte| *byte == b':');
            let secret = colon.map_or(secret, |colon| &secret[colon + 1..]);
            let is_distinct = (6..=128).contains(&secret.len())
                && secret.iter().any(u8::is_ascii_alphabetic)
                && (secret.iter().any(u8::is_ascii_digit) || shape::is_camel(secret));
            if !is_distinct || known.contains(&secret) {
                continue;
            }
            let Some(place) = known.get_mut(count) else {
                break;
            };
            *place = secret;
            count += 1;
            for at in memchr_iter(secret[0], self.text) {
                // What is known of the place itself goes without saying.
                let end = at + secret.len();
                if end != self.found[index].1 && text::starts_with(self.text, at, secret) {
                    self.found.push((at, end, rule));
                }
            }
        }
    }

    /// Like `redact`, but not what an earlier pass left as its mark.
    pub(super) fn redact_unless_done(&mut self, start: usize, end: usize) {
        if !text::is_redacted(self.text, start) {
            self.redact(start, end);
        }
    }

    /// The text with every range replaced; ranges that overlap or touch become one.
    pub(super) fn replace(&mut self, text: &str, fired: &mut dyn FnMut(Rule)) -> String {
        self.found
            .sort_unstable_by_key(|&(start, end, _)| (start, end));
        let mut clean = String::with_capacity(text.len() + self.found.len() * REDACTED.len());
        let mut kept = 0;
        let mut end_of_last = None;
        for &(start, end, rule) in &self.found {
            let (start, end) = (
                char_boundary::floor(text, start),
                char_boundary::ceil(text, end),
            );
            if end_of_last.is_some_and(|last| start <= last) {
                kept = kept.max(end);
            } else {
                clean.push_str(text.get(kept..start).unwrap_or_default());
                clean.push_str(REDACTED);
                fired(rule);
                kept = end;
            }
            end_of_last = Some(kept);
        }
        clean.push_str(text.get(kept..).unwrap_or_default());
        clean
    }
}

/// `@`, `+` and `$` share an anchor.
fn sign(scan: &mut Scan<'_>, at: usize) {
    match text::at(scan.text, at) {
        b'@' => address::scan(scan, at),
        b'$' => {
            scan.rule = Rule::TokenFormat;
            hash::scan(scan, at);
        }
        _ if scan.policy.level != Level::Credentials => pii::phone(scan, at),
        _ => {}
    }
}
