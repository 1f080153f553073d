//! The state of the grammars for one text: which parts were read, findings and candidates. A grammar reads one notation
//! of secrets at an anchor, and redacts or keeps each candidate that it finds.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::ops::Range;
use std::sync::LazyLock;

use crate::key::{self, Meaning};
use crate::lexer::{Kind, Tokens};
use crate::policy::Policy;
use crate::rules::commands::{CommandOption, Form, OPTIONS, USER_OPTIONS};
use crate::rules::structures;
use crate::score::{self, Context, Score};
use crate::text::{REDACTED, Words, is_redacted, part};
use crate::value::Value;

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The range of the secret in the text, in bytes.
    pub range: Range<usize>,
    /// The id of the rule that found the secret, one of [`rule_ids`](crate::rule_ids()).
    pub rule: &'static str,
    /// The reason why the text is a secret.
    pub evidence: Evidence,
    /// The range of the secret's name, if it has one.
    pub key: Option<Range<usize>>,
    /// The text that replaces the secret: [`REDACTED`](crate::REDACTED), with quotation marks in place of a number or a
    /// literal of JSON or TOML, and with `&lt;` and `&gt;` in XML.
    pub mark: Cow<'static, str>,
}

impl Finding {
    pub(crate) fn new(
        range: Range<usize>,
        rule: &'static str,
        evidence: Evidence,
        key: Option<Range<usize>>,
    ) -> Self {
        Self { range, rule, evidence, key, mark: Cow::Borrowed(REDACTED) }
    }
}

/// The reason why a text is a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evidence {
    /// The surroundings of the text gave it enough points for its look.
    Score(Score),
    /// The structure of the text: a URL, a header, a statement.
    Structure,
    /// The format of a known token, or of a kind of personal data.
    Format,
    /// A known format with a correct checksum, for example of a payment card.
    Checksum,
    /// The same characters are a secret elsewhere in the text.
    Repetition,
    /// The text is in the same list, comparison, call or pair as a secret.
    Sibling,
    /// A configured pattern.
    Pattern,
    /// The level is [`Strict`](crate::Level::Strict), and the text is not known to be harmless.
    NotKnown,
    /// There is no evidence: the text was not read, because reading took more steps than a text may take.
    Unread,
}

impl Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Score(score) => score.fmt(f),
            Self::Structure => f.write_str("the structure around it"),
            Self::Format => f.write_str("its form"),
            Self::Checksum => f.write_str("its form, with a correct checksum"),
            Self::Repetition => f.write_str("it is a secret elsewhere in the text"),
            Self::Sibling => f.write_str("a secret is in the same list, comparison, call or pair"),
            Self::Pattern => f.write_str("it matches a configured pattern"),
            Self::NotKnown => f.write_str("it is not known to be harmless"),
            Self::Unread => {
                f.write_str("it was not examined, because examining the text took too many steps")
            }
        }
    }
}

/// The maximum number of different secrets that are searched for elsewhere in the text.
const MAX_REPEATED: usize = 4;

/// The maximum depth of nested values in which keys are searched for.
const NESTED: usize = 8;

/// A candidate that is not redacted, for an explanation.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) range: Range<usize>,
    pub(crate) rule: &'static str,
    pub(crate) reason: String,
    pub(crate) key: Option<Range<usize>>,
}

/// The result of a grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Tried {
    /// The grammar explains the text at the anchor, so no other grammar is tried.
    Found,
    /// The grammar does not apply, or the value is not a secret.
    Nothing,
}

/// How far the grammars have read the text, so that no part is read twice. All grammars move these positions, and only
/// forwards: [`Scan::go_back`] restores all of them at once.
#[derive(Clone, Copy, Default)]
pub(crate) struct Progress {
    /// Anchors before this byte are skipped, because a finding ends here.
    pub(crate) covered: usize,
    /// Names before this byte are skipped.
    pub(crate) names: usize,
    /// The paths before this byte were read.
    pub(crate) paths: usize,
    /// The end of the last text that was too short for a JSON web token. No such token begins in it.
    pub(crate) web_tokens: usize,
    /// The blocks of YAML before this byte were read.
    pub(crate) blocks: usize,
    /// The tables before this byte were read.
    pub(crate) tables: usize,
    /// The names before this byte are those of columns that were read.
    pub(crate) header: usize,
    /// The end of the last candidate that is not redacted. The next field is its depth in nested candidates.
    kept: usize,
    nested: usize,
    /// The number of findings.
    found: usize,
}

/// The state of the grammars for one text.
pub(crate) struct Scan<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) policy: &'a Policy,
    pub(crate) tokens: Tokens<'a>,
    pub(crate) found: Vec<Finding>,
    /// Candidates that are not redacted, if an explanation was requested.
    pub(crate) kept: Option<Vec<Candidate>>,
    pub(crate) progress: Progress,
    /// Ranges after the current anchor that are already redacted: their ends by their starts.
    ahead: BTreeMap<usize, usize>,
    /// The name that is being read.
    pub(crate) key: Option<Range<usize>>,
    name: Range<usize>,
    meaning: Option<Meaning>,
    pub(crate) line: Line,
    /// The end of the last group without a closing bracket.
    pub(crate) open_until: usize,
    /// The slots before this byte were read.
    pub(crate) slots: usize,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(text: &'a [u8], policy: &'a Policy) -> Self {
        Self {
            text,
            policy,
            tokens: Tokens::new(text),
            found: Vec::new(),
            kept: None,
            progress: Progress::default(),
            ahead: BTreeMap::new(),
            key: None,
            line: Line::default(),
            open_until: 0,
            slots: 0,
            name: 0..0,
            meaning: None,
        }
    }

    /// Returns the end of the text that has been read and that no rule reads again.
    pub(crate) fn read_until(&self) -> usize {
        let Progress { names, paths, web_tokens, .. } = self.progress;
        [names, paths, web_tokens].into_iter().fold(self.tokens.upto, usize::max)
    }

    /// Returns the meaning of a name in the text. The last result is cached, because both the quick check and the
    /// grammars need it.
    pub(crate) fn meaning(&mut self, start: usize, end: usize) -> Option<Meaning> {
        if self.name != (start..end) {
            self.name = start..end;
            self.meaning = self.policy.meaning(part(self.text, start, end));
        }
        self.meaning
    }

    /// Redacts a range, unless an earlier pass has redacted it.
    pub(crate) fn redact(
        &mut self,
        start: usize,
        end: usize,
        rule: &'static str,
        evidence: Evidence,
    ) {
        if start < end && !is_redacted(self.text, start) {
            self.found.push(Finding::new(start..end, rule, evidence, self.key.clone()));
        }
        self.cover(end);
    }

    /// Skips the anchors before `until`.
    pub(crate) fn cover(&mut self, until: usize) {
        self.progress.covered = self.progress.covered.max(until);
    }

    /// Skips the names before `until`.
    pub(crate) fn skip_names(&mut self, until: usize) {
        self.progress.names = self.progress.names.max(until);
    }

    pub(crate) fn position(&self) -> Progress {
        Progress { found: self.found.len(), ..self.progress }
    }

    /// Goes back to scan the text after an earlier position again. Findings in that text are kept and not judged again.
    pub(crate) fn go_back(&mut self, position: Progress) {
        let found = &self.found[position.found..];
        self.ahead.extend(found.iter().map(|found| (found.range.start, found.range.end)));
        self.progress = position;
    }

    pub(crate) fn reach(&mut self, place: usize) {
        while let Some(ahead) = self.ahead.first_entry()
            && *ahead.key() <= place
        {
            let end = ahead.remove();
            self.cover(end);
        }
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
        self.keep(start, end, rule, score);
        Tried::Nothing
    }

    /// Redacts a value if it is a secret in its context.
    pub(crate) fn judge_value(
        &mut self,
        found: Value,
        rule: &'static str,
        context: Context,
    ) -> Tried {
        let quoted = found.quoted;
        self.judge(found.start, found.end, rule, Context { quoted, ..context })
    }

    /// Records that a candidate is not redacted. Names inside it are still read, up to a maximum depth of nested
    /// candidates, beyond which they are skipped up to the end of the candidate or of its first line.
    pub(crate) fn keep(
        &mut self,
        start: usize,
        end: usize,
        rule: &'static str,
        reason: impl Display,
    ) {
        let progress = &mut self.progress;
        progress.nested = if start < progress.kept { progress.nested + 1 } else { 0 };
        progress.kept = end;
        if progress.nested > NESTED {
            let line = self.tokens.line_end(start);
            self.skip_names(line.min(end));
        }
        self.note(start, end, rule, reason);
    }

    /// Records why a text is not redacted, if an explanation was requested.
    pub(crate) fn note(
        &mut self,
        start: usize,
        end: usize,
        rule: &'static str,
        reason: impl Display,
    ) {
        if let Some(kept) = &mut self.kept {
            kept.push(Candidate {
                range: start..end,
                rule,
                reason: reason.to_string(),
                key: self.key.clone(),
            });
        }
    }

    /// Records why a name announces no secret, if an explanation was requested.
    pub(crate) fn refuse_key(&mut self, start: usize, end: usize) {
        let key = part(self.text, start, end);
        if self.kept.is_some()
            && let Some(rule) = key::row_of(key)
        {
            let is_allowed = key::meaning(key).is_some();
            let why = if is_allowed { "an allowed key" } else { "a name with another meaning" };
            self.note(start, end, rule, why);
        }
    }

    /// Redacts other occurrences of distinctive secrets: `password=x7Kq2L rejected: 'x7Kq2L' is wrong`.
    pub(crate) fn find_repeated(&mut self) {
        let mut known: Vec<&[u8]> = Vec::new();
        for index in 0..self.found.len().min(MAX_REPEATED * 4) {
            let Range { start, end } = self.found[index].range.clone();
            let found = part(self.text, start, end);
            let secret = memchr::memchr(b':', found).map_or(found, |colon| &found[colon + 1..]);
            let is_distinct = self.found[index].rule != structures::UNREAD
                && (6..=128).contains(&secret.len())
                && secret.iter().any(u8::is_ascii_alphabetic)
                && (secret.iter().any(u8::is_ascii_digit) || score::is_camel(secret));
            if !is_distinct || known.contains(&secret) || known.len() == MAX_REPEATED {
                continue;
            }
            known.push(secret);
            for start in memchr::memmem::find_iter(self.text, secret) {
                let range = start..start + secret.len();
                self.found.push(Finding::new(
                    range,
                    structures::REPEATED,
                    Evidence::Repetition,
                    None,
                ));
            }
        }
    }
}

/// Two bits for each row of [`OPTIONS`]: whether a command has the option, and whether a word excludes it.
#[derive(Clone, Copy, Default)]
struct Rows {
    has: u32,
    lacks: u32,
}

static COMMANDS: LazyLock<Words<Rows>> = LazyLock::new(|| {
    Words::of(OPTIONS.iter().enumerate().flat_map(|(row, option)| {
        let bit = 1 << row;
        let has = option.commands.iter().map(move |word| (word, Rows { has: bit, lacks: 0 }));
        let lacks = option.except.iter().map(move |word| (word, Rows { has: 0, lacks: bit }));
        has.chain(lacks)
    }))
});

/// The words and options before an option, in its line.
#[derive(Clone, Copy, Default)]
pub(crate) struct Line {
    /// The text before this byte was read.
    upto: usize,
    rows: Rows,
    /// Whether an option with the name of a user precedes.
    has_user: bool,
}

impl Line {
    pub(crate) fn read(&mut self, tokens: &mut Tokens<'_>, option: usize) {
        let place = tokens.place_at(self.upto);
        if place.is_none() {
            // The earlier option was on another line, whose tokens were discarded.
            *self = Self::default();
        }
        let mut at = place.unwrap_or(0);
        while at < option {
            match tokens.kind(at) {
                Kind::Word => {
                    let word = tokens.word(at).unwrap_or_default();
                    let is_option =
                        at > 0 && matches!(tokens.kind(at - 1), Kind::Sign(b'-' | b'/'));
                    self.has_user |= is_option
                        && (USER_OPTIONS.has(word)
                            || matches!(word[0], b'u' | b'U') && !word.contains(&b'-'));
                    for rows in COMMANDS.all(word) {
                        self.rows.has |= rows.has;
                        self.rows.lacks |= rows.lacks;
                    }
                }
                Kind::Line | Kind::Sign(b'|') => *self = Self::default(),
                // A `;` in an argument is part of it: `jdbc:hive2://host/db;ssl=true`.
                Kind::Sign(b';') if tokens.is_break(at + 1) => *self = Self::default(),
                _ => {}
            }
            at += 1;
        }
        self.upto = tokens.start(option);
    }

    /// Whether this row of [`OPTIONS`] applies to the option after the read part of the line.
    pub(crate) fn has(self, option: &CommandOption, row: u32) -> bool {
        let is_in = |rows: u32| rows >> row & 1 != 0;
        if !option.commands.ends.is_empty() {
            return is_in(self.rows.has);
        }
        !is_in(self.rows.lacks) && (self.has_user || option.form == Form::After(b':'))
    }
}
