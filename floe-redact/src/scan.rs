//! One text on its way through the grammars: what was read, what was found.

use std::ops::Range;

use crate::finding::{Evidence, Finding};
use crate::lexer::Tokens;
use crate::policy::Policy;
use crate::rules::structures;
use crate::score::{self, Context, LOOKED_AT, Score};
use crate::text::{is_redacted, line_end, part};

/// How many different secrets are searched for in the rest of their text.
const MAX_REPEATED: usize = 4;

/// A candidate, for an explanation.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) range: Range<usize>,
    pub(crate) rule: &'static str,
    pub(crate) score: Score,
}

/// One text on its way through the grammars.
pub(crate) struct Scan<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) policy: &'a Policy,
    pub(crate) tokens: Tokens<'a>,
    pub(crate) found: Vec<Finding>,
    /// Candidates that stay, if an explanation was asked for.
    pub(crate) kept: Option<Vec<Candidate>>,
    /// Everything before this was decided by a match.
    pub(crate) covered: usize,
    /// Keys before this were read.
    pub(crate) keys_until: usize,
    /// Numbers before this were read.
    pub(crate) digits_until: usize,
    /// Userinfo before this was read.
    pub(crate) url_until: usize,
    /// Signs before this were read.
    pub(crate) signs_until: usize,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(text: &'a [u8], policy: &'a Policy) -> Self {
        Self {
            text,
            policy,
            tokens: Tokens::new(text),
            found: Vec::new(),
            kept: None,
            covered: 0,
            keys_until: 0,
            digits_until: 0,
            url_until: 0,
            signs_until: 0,
        }
    }

    /// Redacts a range, unless an earlier pass did.
    pub(crate) fn redact(
        &mut self,
        start: usize,
        end: usize,
        rule: &'static str,
        evidence: Evidence,
    ) {
        if start < end && !is_redacted(self.text, start) {
            self.found.push(Finding {
                range: start..end,
                rule,
                evidence,
            });
        }
        self.covered = self.covered.max(end);
    }

    /// Redacts a candidate if it is a secret in its context.
    pub(crate) fn judge(
        &mut self,
        start: usize,
        end: usize,
        rule: &'static str,
        context: Context,
    ) -> Option<()> {
        let score = score::score(part(self.text, start, end), context);
        if score.is_secret() {
            self.redact(start, end, rule, Evidence::Score(score));
            return Some(());
        }
        if let Some(kept) = &mut self.kept {
            kept.push(Candidate {
                range: start..end,
                rule,
                score,
            });
        }
        // A value that stays is read again from the next key in it, unless its line is long.
        if end - start > LOOKED_AT {
            let line = line_end(self.text, start);
            self.keys_until = self.keys_until.max(end.min(line));
        }
        None
    }

    /// A secret found by its surroundings is one wherever the text repeats it: `password 'x' is wrong`.
    pub(crate) fn find_repeated(&mut self) {
        let mut known: Vec<&[u8]> = Vec::new();
        for index in 0..self.found.len().min(MAX_REPEATED * 4) {
            let Range { start, end } = self.found[index].range.clone();
            let secret = part(self.text, start, end);
            let secret = memchr::memchr(b':', secret).map_or(secret, |colon| &secret[colon + 1..]);
            let is_distinct = (6..=128).contains(&secret.len())
                && secret.iter().any(u8::is_ascii_alphabetic)
                && (secret.iter().any(u8::is_ascii_digit) || score::is_camel(secret));
            if !is_distinct || known.contains(&secret) || known.len() == MAX_REPEATED {
                continue;
            }
            known.push(secret);
            for start in memchr::memmem::find_iter(self.text, secret) {
                self.found.push(Finding {
                    range: start..start + secret.len(),
                    rule: structures::REPEATED,
                    evidence: Evidence::Repetition,
                });
            }
        }
    }
}
