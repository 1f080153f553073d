//! Finds the places worth a closer look, in one pass and without understanding them.
//!
//! Every rule has an anchor of three characters: `pas` of a password's name, `://` of a URL, three
//! digits of a card number. A byte has one of 32 classes (the case of a letter and the value of a digit
//! do not matter), so three of them index a table of 32,768 flags. The look-ups of neighbouring
//! positions do not depend on each other, which makes this faster than an automaton with a state, and a
//! text without anchors is left alone after this pass. The anchors come from the tables of rules: of
//! each name the three characters that are rarest in other words.

use std::sync::LazyLock;

use crate::rules::commands::{ARGUMENTS, OPTIONS};
use crate::rules::formats;
use crate::rules::headers::SCHEMES;
use crate::rules::keys::KEYS;

/// A name of a value.
pub(crate) const KEY: u8 = 1;
/// `://`, plain or escaped.
pub(crate) const URL: u8 = 2;
/// `@` or `+`, which share a class.
pub(crate) const SIGN: u8 = 4;
/// Three digits.
pub(crate) const DIGITS: u8 = 8;
/// The prefix of a vendor's token.
pub(crate) const TOKEN: u8 = 16;
/// Three dashes: a private key's armour.
pub(crate) const DASHES: u8 = 32;
/// A short option.
pub(crate) const OPTION: u8 = 64;
/// A word that introduces a secret: a scheme, a function, a command.
pub(crate) const WORD: u8 = 128;

const DIGIT: u8 = 27;
const AT_OR_PLUS: u8 = 28;
const COLON: u8 = 29;
const SLASH_OR_DOT: u8 = 30;
const DASH: u8 = 31;
const TABLE: usize = 1 << 15;

const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut letter = 0;
    while letter < 26 {
        table[(b'a' + letter) as usize] = letter + 1;
        table[(b'A' + letter) as usize] = letter + 1;
        letter += 1;
    }
    let mut digit = 0;
    while digit < 10 {
        table[(b'0' + digit) as usize] = DIGIT;
        digit += 1;
    }
    table[b'@' as usize] = AT_OR_PLUS;
    table[b'+' as usize] = AT_OR_PLUS;
    table[b':' as usize] = COLON;
    table[b'/' as usize] = SLASH_OR_DOT;
    table[b'.' as usize] = SLASH_OR_DOT;
    table[b'\\' as usize] = SLASH_OR_DOT;
    table[b'-' as usize] = DASH;
    table[b'_' as usize] = DASH;
    // Names in other scripts have anchors, too: theirs are those of the rarest letter.
    let mut byte = 0x80;
    while byte < 0x100 {
        table[byte] = 26;
        byte += 1;
    }
    table
}

fn index(anchor: &[u8]) -> usize {
    anchor.iter().fold(0, |index, &byte| {
        (index << 5) | usize::from(CLASSES[usize::from(byte)])
    }) & (TABLE - 1)
}

/// How often letters are used in English and in code, from `a` to `z`, then the other classes.
const FREQUENCY: [u64; 32] = [
    60, 80, 15, 31, 40, 125, 22, 20, 55, 72, 3, 8, 41, 28, 70, 75, 25, 3, 65, 68, 92, 30, 10, 15,
    5, 18, 2, 200, 4, 20, 40, 40,
];

/// The rarest three characters of a name in a text.
fn rarest(name: &[u8]) -> Option<usize> {
    let rarity = |window: &&[u8]| {
        window
            .iter()
            .map(|byte| FREQUENCY[usize::from(CLASSES[usize::from(*byte)])])
            .product::<u64>()
    };
    let windows = name.windows(3).enumerate();
    Some(windows.min_by_key(|(_, window)| rarity(window))?.0)
}

/// A format whose prefix has an anchor here: its row, and how far the anchor is from the beginning.
pub(crate) type Candidate = (u16, u8);

/// The prefix begins with the second of the three characters.
const BEHIND: u8 = u8::MAX;

/// The table of a redactor.
#[derive(Clone, Debug)]
pub(crate) struct Anchors {
    kinds: Box<[u8]>,
    /// The formats by their anchors, sorted.
    formats: Vec<(u16, Candidate)>,
}

static BUILT_IN: LazyLock<Anchors> = LazyLock::new(Anchors::built_in);

impl Anchors {
    /// Those of the tables.
    pub(crate) fn shared() -> &'static Self {
        &BUILT_IN
    }

    fn built_in() -> Self {
        let mut anchors = Self {
            kinds: vec![0; TABLE].into_boxed_slice(),
            formats: Vec::new(),
        };
        for name in KEYS.iter().flat_map(|row| row.names) {
            anchors.add_key(name.trim_start_matches('*').as_bytes());
        }
        for (row, format) in formats().enumerate() {
            anchors.add_format(row, format.prefix.as_bytes());
        }
        for scheme in SCHEMES.iter().filter(|scheme| scheme.is_bare) {
            for name in scheme.names {
                anchors.add_name(name.as_bytes(), WORD);
            }
        }
        for name in ARGUMENTS.iter().flat_map(|row| row.names) {
            let command = name.split([' ', '.', '>']).next_back().unwrap_or(name);
            let command = if name.contains(' ') {
                name.split(' ').next().unwrap_or(name)
            } else {
                command
            };
            anchors.add_name(command.as_bytes(), WORD);
        }
        for option in OPTIONS {
            for before in [b' ', b'"'] {
                if let [letter] = option.option.as_bytes() {
                    anchors.add(&[before, b'-', *letter], OPTION);
                }
            }
        }
        anchors.add(b"-us", OPTION);
        anchors.add(b"://", URL);
        // `%3A%2F%2F`: the colon and the slashes of an encoded URL.
        anchors.add(b"a%2", URL);
        anchors.add(b"123", DIGITS);
        anchors.add(b"---", DASHES);
        anchors.add(b"eyj", TOKEN);
        for before in 0..TABLE >> 5 {
            anchors.kinds[(before << 5) | usize::from(AT_OR_PLUS)] |= SIGN;
        }
        anchors.formats.sort_unstable();
        anchors
    }

    fn add(&mut self, anchor: &[u8], kind: u8) -> usize {
        let index = index(anchor);
        self.kinds[index] |= kind;
        index
    }

    fn add_name(&mut self, name: &[u8], kind: u8) {
        match rarest(name) {
            Some(offset) => {
                self.add(&name[offset..offset + 3], kind);
            }
            None => {
                // A short name is found by what stands before it.
                for before in [b' ', b'-', b'.', b':', b'@'] {
                    self.add(&[&[before], name].concat(), kind);
                }
            }
        }
    }

    /// A name of words with blanks between them: each of the words can stand alone in a text.
    pub(crate) fn add_key(&mut self, name: &[u8]) {
        let mut words = name.split(|byte| !byte.is_ascii_alphanumeric() && *byte < 0x80);
        // The last word decides: a key is read from its end.
        if let Some(word) = words.rfind(|word| !word.is_empty()) {
            let word = word.to_ascii_lowercase();
            if word.len() == 2 {
                // A whole word, as in `pw=`: the sign behind it is part of the anchor.
                for after in [b' ', b'-', b'.', b':', b'@'] {
                    self.add(&[&word[..], &[after]].concat(), KEY);
                }
            } else {
                self.add_name(&word, KEY);
            }
        }
    }

    fn add_format(&mut self, row: usize, prefix: &[u8]) {
        let row = u16::try_from(row).unwrap_or(u16::MAX);
        let add = |anchors: &mut Self, anchor: &[u8], offset: usize| {
            let index = anchors.add(anchor, TOKEN);
            let key = u16::try_from(index).unwrap_or(0);
            let offset = u8::try_from(offset).unwrap_or(BEHIND);
            anchors.formats.push((key, (row, offset)));
        };
        match rarest(prefix) {
            Some(offset) => add(self, &prefix[offset..offset + 3], offset),
            None => {
                for before in [b' ', b'-', b'.', b':', b'@'] {
                    add(self, &[&[before], prefix].concat(), usize::MAX);
                }
            }
        }
    }

    /// The first anchor whose last byte is at or after `from`: the place of that byte, and its kinds.
    #[inline]
    pub(crate) fn next(&self, text: &[u8], from: usize) -> Option<(usize, u8)> {
        let mut window = index(text.get(from.saturating_sub(2)..from)?);
        for (offset, &byte) in text.get(from..)?.iter().enumerate() {
            window = (window << 5) | usize::from(CLASSES[usize::from(byte)]);
            let kinds = self.kinds[window & (TABLE - 1)];
            if kinds != 0 {
                return Some((from + offset, kinds));
            }
        }
        None
    }

    /// Where formats could begin whose anchor ends at a place, and their rows.
    pub(crate) fn formats<'a>(
        &'a self,
        text: &'a [u8],
        last: usize,
    ) -> impl Iterator<Item = (usize, usize)> + 'a {
        let first = last.saturating_sub(2);
        let key = u16::try_from(index(&text[first..=last])).unwrap_or(0);
        let from = self.formats.partition_point(|(anchor, _)| *anchor < key);
        self.formats[from..]
            .iter()
            .take_while(move |(anchor, _)| *anchor == key)
            .filter_map(move |&(_, (row, offset))| {
                let start = match offset {
                    BEHIND => last.checked_sub(1)?,
                    offset => first.checked_sub(usize::from(offset))?,
                };
                Some((start, usize::from(row)))
            })
    }
}
