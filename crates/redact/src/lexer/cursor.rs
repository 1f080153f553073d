//! A position in the tokens, which a grammar moves forwards.

use super::{Kind, Tokens};
use crate::rules::list::WordList;

pub(crate) struct Cursor<'s, 't> {
    tokens: &'s mut Tokens<'t>,
    pub(crate) place: usize,
}

impl<'t> Tokens<'t> {
    pub(crate) fn cursor(&mut self, place: usize) -> Cursor<'_, 't> {
        Cursor { tokens: self, place }
    }

    /// Whether the tokens from `place` on have these kinds.
    pub(crate) fn are(&mut self, place: usize, kinds: &[Kind]) -> bool {
        (place..).zip(kinds).all(|(at, kind)| self.kind(at) == *kind)
    }
}

impl<'t> Cursor<'_, 't> {
    pub(crate) fn peek(&mut self) -> Kind {
        self.tokens.kind(self.place)
    }

    /// Moves after a token of this kind. Returns `None` if another token is here.
    pub(crate) fn eat(&mut self, kind: Kind) -> Option<()> {
        let is_here = self.peek() == kind;
        self.place += usize::from(is_here);
        is_here.then_some(())
    }

    /// Moves after one of these signs.
    pub(crate) fn sign(&mut self, signs: &[u8]) -> Option<()> {
        match self.peek() {
            kind @ Kind::Sign(sign) if signs.contains(&sign) => self.eat(kind),
            _ => None,
        }
    }

    /// Moves after a word.
    pub(crate) fn word(&mut self) -> Option<&'t [u8]> {
        let word = self.tokens.word(self.place)?;
        self.place += 1;
        Some(word)
    }

    /// Moves after one of these words.
    pub(crate) fn one_of(&mut self, words: WordList) -> Option<()> {
        let is_here = self.tokens.is_word(self.place, words);
        self.place += usize::from(is_here);
        is_here.then_some(())
    }

    pub(crate) fn blanks(&mut self) -> &mut Self {
        self.place = self.tokens.skip_blanks(self.place);
        self
    }

    /// Moves after blanks, ends of lines and comments.
    pub(crate) fn lines(&mut self) -> &mut Self {
        self.place = self.tokens.skip_lines(self.place);
        self
    }

    /// Moves after a quote or a bracket that closes what was opened before `from`.
    pub(crate) fn closing(&mut self, from: usize) -> Option<()> {
        let is_here = self.tokens.closes_before(self.place, from);
        self.place += usize::from(is_here);
        is_here.then_some(())
    }
}
