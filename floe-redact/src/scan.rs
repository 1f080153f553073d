//! The state of one text while the grammars read it: what was read, what was found.

use std::fmt;
use std::ops::Range;

use crate::finding::{Evidence, Finding};
use crate::key::{self, Meaning};
use crate::lexer::Tokens;
use crate::line::Line;
use crate::policy::Policy;
use crate::rules::structures;
use crate::score::{self, Context, Score};
use crate::text::{is_redacted, line_end, part};
use crate::value::Value;

/// How many different secrets are searched for in the rest of their text.
const MAX_REPEATED: usize = 4;

/// How many values with the same end are searched for keys.
const NESTED: usize = 8;

/// A candidate that is not redacted, for an explanation.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) range: Range<usize>,
    pub(crate) rule: &'static str,
    pub(crate) reason: Reason,
}

/// What a grammar did at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Tried {
    /// It explains the place, so that no other grammar is tried there.
    Found,
    /// The place is not written in this grammar, or its value is no secret.
    Nothing,
}

/// Why a candidate is not redacted.
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

/// The state of one text while the grammars read it.
pub(crate) struct Scan<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) policy: &'a Policy,
    pub(crate) tokens: Tokens<'a>,
    pub(crate) found: Vec<Finding>,
    /// Candidates that are not redacted, if an explanation was requested.
    pub(crate) kept: Option<Vec<Candidate>>,
    /// Where the last candidate that is not redacted ends, and how many before it have the same end.
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

    /// Returns the meaning of a name in the text. The last result is cached, because it is needed before and after
    /// the text is tokenized.
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
    ) -> Tried {
        let score = score::score(part(self.text, start, end), context);
        if score.is_secret() {
            self.redact(start, end, rule, Evidence::Score(score));
            return Tried::Found;
        }
        self.keep(start, end, rule, Reason::Score(score));
        Tried::Nothing
    }

    /// The same for a value.
    pub(crate) fn judge_value(
        &mut self,
        found: Value,
        rule: &'static str,
        context: Context,
    ) -> Tried {
        let quoted = found.quoted;
        self.judge(found.start, found.end, rule, Context { quoted, ..context })
    }

    /// Records that a candidate is not redacted. Keys inside it are searched for, too, up to a limit: of more
    /// values that end at the same place, the rest of the line is not searched for keys.
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

    /// Records why a part of the text is not redacted, if an explanation was requested.
    pub(crate) fn note(&mut self, start: usize, end: usize, rule: &'static str, reason: Reason) {
        if let Some(kept) = &mut self.kept {
            kept.push(Candidate {
                range: start..end,
                rule,
                reason,
            });
        }
    }

    /// Records that a name means something else, if an explanation was requested.
    pub(crate) fn refuse_key(&mut self, start: usize, end: usize) {
        let key = part(self.text, start, end);
        if self.kept.is_some()
            && let Some(rule) = key::row_of(key)
        {
            let is_allowed = key::meaning(key).is_some();
            let why = if is_allowed {
                "an allowed key"
            } else {
                "the name of something else"
            };
            self.note(start, end, rule, Reason::Other(why));
        }
    }

    /// Redacts the repetitions of a secret that was found by its context: `password 'x' is wrong`.
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
