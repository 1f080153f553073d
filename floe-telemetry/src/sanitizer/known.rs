//! What was found out about a text, kept for the next look: what its words say, its signs, whether it has
//! a mark of ours.

use memchr::memchr_iter;

use super::keyword::{self, Keyword};
use super::lexicon::Class;
use super::signs::Signs;
use super::{Policy, REDACTED, Scan, text};

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
    /// What the last words say.
    pub(super) words: Words<'t>,
    /// Whether it has a mark of ours, once that was asked.
    is_marked: Option<bool>,
    /// The signs that it may have, once that was asked often enough.
    signs: Option<Signs>,
    /// How often it was asked.
    asked: usize,
}

impl Known<'_> {
    pub(super) const NOTHING: Self = Self {
        words: Words::NONE,
        is_marked: None,
        signs: None,
        asked: 0,
    };

    /// What is known when the secrets of the text have given way to our marks.
    pub(super) fn marked(self) -> Self {
        Self {
            is_marked: Some(true),
            signs: self
                .signs
                .map(|signs| signs.and(Signs::in_text(REDACTED.as_bytes()))),
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

impl Scan<'_> {
    /// Whether the text may have one of these signs.
    #[inline]
    pub(super) fn has(&mut self, signs: Signs) -> bool {
        match self.known.signs {
            Some(known) => known.has_any(signs),
            None => self.reads(signs),
        }
    }

    /// The same before the text was read for its signs: a long one is worth it once it has many keys.
    fn reads(&mut self, signs: Signs) -> bool {
        self.known.asked += 1;
        if self.text.len() > 512 + 64 * self.known.asked {
            return true;
        }
        let known = Signs::in_text(self.text);
        self.known.signs = Some(known);
        known.has_any(signs)
    }

    /// Whether something of the text was redacted before.
    pub(super) fn has_marks(&mut self) -> bool {
        let text = self.text;
        let mut signs = memchr_iter(b'<', text);
        *self
            .known
            .is_marked
            .get_or_insert_with(|| signs.any(|at| text::is_redacted(text, at)))
    }
}
