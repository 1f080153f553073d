//! One text on its way through the grammars: what was read, what was found.

use std::fmt;
use std::ops::Range;

use crate::finding::{Evidence, Finding};
use crate::key::Meaning;
use crate::lexer::Tokens;
use crate::line::Line;
use crate::policy::Policy;
use crate::rules::structures;
use crate::score::{self, Context, Score};
use crate::text::{is_redacted, line_end, part};
use crate::value::Value;

/// How many different secrets are searched for in the rest of their text.
const MAX_REPEATED: usize = 4;

/// How many values with the same end are looked at.
const NESTED: usize = 8;

/// A candidate that stays, for an explanation.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) range: Range<usize>,
    pub(crate) rule: &'static str,
    pub(crate) reason: Reason,
}

/// Why a candidate stays.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reason {
    /// What surrounds it and what it looks like are not enough.
    Score(Score),
    /// It is something else.
    Other(&'static str),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Score(score) => score.fmt(f),
            Self::Other(what) => f.write_str(what),
        }
    }
}

/// One text on its way through the grammars.
pub(crate) struct Scan<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) policy: &'a Policy,
    pub(crate) tokens: Tokens<'a>,
    pub(crate) found: Vec<Finding>,
    /// Candidates that stay, if an explanation was asked for.
    pub(crate) kept: Option<Vec<Candidate>>,
    /// Where the last candidate that stays ends, and how many before it have the same end.
    kept_until: usize,
    nested: usize,
    /// Everything before this was decided by a match.
    pub(crate) covered: usize,
    name: Range<usize>,
    meaning: Option<Meaning>,
    /// The line of a shell that is read.
    pub(crate) line: Line,
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
            kept_until: 0,
            nested: 0,
            covered: 0,
            line: Line::default(),
            name: 0..0,
            meaning: None,
            keys_until: 0,
            digits_until: 0,
            url_until: 0,
            signs_until: 0,
        }
    }

    /// What a name in the text means. The last answer is kept: it is asked for before and after the
    /// text is read.
    pub(crate) fn meaning(&mut self, start: usize, end: usize) -> Option<Meaning> {
        if self.name != (start..end) {
            self.name = start..end;
            self.meaning = self.policy.meaning(part(self.text, start, end));
        }
        self.meaning
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
        self.keep(start, end, rule, Reason::Score(score));
        None
    }

    /// The same for a value.
    pub(crate) fn judge_value(
        &mut self,
        found: Value,
        rule: &'static str,
        context: Context,
    ) -> Option<()> {
        let quoted = found.quoted;
        self.judge(found.start, found.end, rule, Context { quoted, ..context })
    }

    /// Notes that a candidate stays. The next key in it is looked for, but not ever again: of values
    /// inside of each other the innermost are left out, as far as the line goes.
    pub(crate) fn keep(&mut self, start: usize, end: usize, rule: &'static str, reason: Reason) {
        self.nested = if end == self.kept_until {
            self.nested + 1
        } else {
            0
        };
        self.kept_until = end;
        if self.nested > NESTED {
            let line = line_end(self.text, start);
            self.keys_until = self.keys_until.max(end.min(line));
        }
        self.note(start, end, rule, reason);
    }

    /// The same of what is no candidate.
    pub(crate) fn note(&mut self, start: usize, end: usize, rule: &'static str, reason: Reason) {
        if let Some(kept) = &mut self.kept {
            kept.push(Candidate {
                range: start..end,
                rule,
                reason,
            });
        }
    }

    /// Notes why a name is none of its row, if an explanation was asked for.
    pub(crate) fn refuse_key(&mut self, start: usize, end: usize) {
        if self.kept.is_some()
            && let Some((rule, why)) = self.policy.refusal(part(self.text, start, end))
        {
            self.note(start, end, rule, Reason::Other(why));
        }
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
