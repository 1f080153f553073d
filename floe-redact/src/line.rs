//! The commands in a line of a shell, read once and forwards for all of its options.

use std::sync::LazyLock;

use crate::lexer::{Kind, Tokens};
use crate::rules::commands::{CommandOption, Form, OPTIONS, USER_OPTIONS};
use crate::text::{Words, is_one_of};

/// The rows of [`OPTIONS`] that a command has, and those that it does not have, a bit for each.
#[derive(Clone, Copy, Debug, Default)]
struct Rows {
    has: u32,
    lacks: u32,
}

static COMMANDS: LazyLock<Words<Rows>> = LazyLock::new(|| {
    Words::of(OPTIONS.iter().enumerate().flat_map(|(row, option)| {
        let bit = 1 << row;
        let has = option
            .commands
            .iter()
            .map(move |word| (*word, Rows { has: bit, lacks: 0 }));
        let lacks = option
            .except
            .iter()
            .map(move |word| (*word, Rows { has: 0, lacks: bit }));
        has.chain(lacks)
    }))
});

/// What precedes an option in its line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Line {
    /// The text was read up to this byte.
    upto: usize,
    rows: Rows,
    /// Whether an option is the name of a user.
    has_user: bool,
}

impl Line {
    /// Reads on, up to an option.
    pub(crate) fn read(&mut self, tokens: &mut Tokens<'_>, option: usize) {
        let place = tokens.place_at(self.upto);
        if place.is_none() {
            // It was on another line, whose tokens are gone.
            *self = Self::default();
        }
        let mut at = place.unwrap_or(0);
        while at < option {
            match tokens.kind(at) {
                Kind::Word => {
                    let word = tokens.word(at).unwrap_or_default();
                    let is_option = at > 0 && tokens.is_sign(at - 1, b'-');
                    self.has_user |= is_option
                        && (is_one_of(word, USER_OPTIONS)
                            || matches!(word[0], b'u' | b'U') && !word.contains(&b'-'));
                    for rows in COMMANDS.all(word) {
                        self.rows.has |= rows.has;
                        self.rows.lacks |= rows.lacks;
                    }
                }
                Kind::Line | Kind::Sign(b';' | b'|') => *self = Self::default(),
                _ => {}
            }
            at += 1;
        }
        self.upto = tokens.start(option);
    }

    /// Whether an option, a row of [`OPTIONS`], is one of a command in the line.
    pub(crate) fn has(self, option: &CommandOption, row: u32) -> bool {
        let is_in = |rows: u32| rows >> row & 1 != 0;
        if !option.commands.is_empty() {
            return is_in(self.rows.has);
        }
        !is_in(self.rows.lacks) && (self.has_user || option.form == Form::AfterColon)
    }
}
