//! What words say: texts repeat them, so each is judged once.

use super::Policy;
use super::keyword::{self, Keyword};
use super::lexicon::Class;
use super::signs::{MARK, Signs};

/// What a word says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    /// What a value of this key would be.
    pub(super) class: Option<Class>,
    /// What it introduces if it is no key.
    pub(super) keyword: Option<Keyword>,
}

/// The last words that were judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'t>([(&'t [u8], Word); PLACES]);

const PLACES: usize = 8;

/// What was found out about a text that holds for what becomes of it, too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'t> {
    pub(super) words: Words<'t>,
    /// Whether it has a mark of ours, once that was asked.
    pub(super) is_marked: Option<bool>,
    /// The signs that it may have, once that was asked.
    pub(super) signs: Option<Signs>,
}

impl Known<'_> {
    pub(super) const NOTHING: Self = Self {
        words: Words::NONE,
        is_marked: None,
        signs: None,
    };

    /// What is known when the secrets of the text have given way to our marks.
    pub(super) fn marked(self) -> Self {
        Self {
            is_marked: Some(true),
            signs: self.signs.map(|signs| signs.and(MARK)),
            ..self
        }
    }
}

impl<'t> Words<'t> {
    /// None so far.
    pub(super) const NONE: Self = Self(
        [(
            &[],
            Word {
                class: None,
                keyword: None,
            },
        ); PLACES],
    );

    /// What the word says by this policy.
    pub(super) fn of(&mut self, word: &'t [u8], policy: &Policy) -> Word {
        let letters = word.first().zip(word.last());
        let (first, last) = letters.map_or((0, 0), |(first, last)| (*first, *last));
        let place = (word.len() ^ usize::from(first) ^ (usize::from(last) << 1)) % PLACES;
        if self.0[place].0 != word {
            let class = policy.classify(word);
            let keyword = keyword::of(word);
            self.0[place] = (word, Word { class, keyword });
        }
        self.0[place].1
    }
}
