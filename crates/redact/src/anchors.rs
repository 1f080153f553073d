//! Finds the anchors of a text, in one pass. An anchor is a short text at which grammars are tried.
//!
//! A rule usually has an anchor of four characters, or of three if its name is that short: `word` of `password`, `://`
//! of a URL. The anchor is usually the rarest part of the name. A byte has one of 32 classes, which ignore the case of
//! letters and the value of digits. The classes of three characters index a table of 32,768 sets of flags. Only if a
//! flag is set, the classes of the characters before and after them are checked, too. Look-ups at neighbouring
//! positions are independent, which makes them faster than an automaton with a state.

use std::iter;
use std::ops::Range;
use std::sync::LazyLock;

use crate::rules::commands::{ARGUMENTS, OPTIONS};
use crate::rules::keys::{KEYS, KeyName};
use crate::rules::tokens::TOKENS;
use crate::rules::words::{HOOKS, SECRET_SEGMENTS, SECRET_WORDS};

/// The kinds of the anchors that end at one position, one bit each. The lowest bit is tried first.
pub(crate) type Kinds = u16;

/// Three digits.
pub(crate) const DIGITS: Kinds = 1;
/// `://`, plain or escaped, or a word in a path that announces a secret.
pub(crate) const URL: Kinds = 2;
/// The prefix of a vendor's token or of a JSON web token.
pub(crate) const TOKEN: Kinds = 4;
/// Three dashes: a private key's armour.
pub(crate) const DASHES: Kinds = 8;
/// A word that introduces a secret: a scheme, a function, a command.
pub(crate) const WORD: Kinds = 16;
/// The name of a value, such as `password`.
pub(crate) const KEY: Kinds = 32;
/// A short option, or `-user`.
pub(crate) const OPTION: Kinds = 64;
/// `@` or `+`, which share a class with `$`.
pub(crate) const SIGN: Kinds = 128;

const DIGIT: u8 = 27;
const AT_OR_PLUS: u8 = 28;
const COLON: u8 = 29;
const SLASH_OR_DOT: u8 = 30;
const DASH: u8 = 31;
const TABLE: usize = 1 << 15;

/// The classes, one bit each, of the characters that may follow a word.
const NO_WORD: u32 = 1 | 1 << AT_OR_PLUS | 1 << COLON | 1 << SLASH_OR_DOT;

const CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = class(byte.to_le_bytes()[0]);
        byte += 1;
    }
    table
};

const fn class(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => byte - b'a' + 1,
        b'A'..=b'Z' => byte - b'A' + 1,
        b'0'..=b'9' => DIGIT,
        b'@' | b'+' | b'$' => AT_OR_PLUS,
        b':' => COLON,
        b'/' | b'.' | b'\\' => SLASH_OR_DOT,
        b'-' | b'_' => DASH,
        // Bytes of other scripts share the class of `z`, the rarest letter, so that names in these scripts have
        // anchors, too.
        0x80.. => 26,
        _ => 0,
    }
}

/// Returns the classes of a few characters, five bits each.
#[inline]
fn window(anchor: &[u8]) -> u64 {
    anchor.iter().fold(0, |window, &byte| (window << 5) | u64::from(CLASSES[usize::from(byte)]))
}

/// Returns the last three classes of a window as an index into the table.
#[inline]
fn index(window: u64) -> usize {
    usize::try_from(window & (TABLE as u64 - 1)).unwrap_or(0)
}

/// The relative frequency of each class in English and in code: other bytes, the letters `a` to `z`, digits, signs.
const FREQUENCY: [u64; 32] = [
    60, 80, 15, 31, 40, 125, 22, 20, 55, 72, 3, 8, 41, 28, 70, 75, 25, 3, 65, 68, 92, 30, 10, 15,
    5, 18, 2, 200, 4, 20, 40, 40,
];

/// Returns the range of the rarest four adjacent characters of a name, or of three if it has three; otherwise `None`.
fn rarest(name: &[u8]) -> Option<Range<usize>> {
    let len = name.len().min(4);
    let rarity = |range: &Range<usize>| {
        let classes = name[range.clone()].iter().map(|byte| CLASSES[usize::from(*byte)]);
        // The last three characters are looked up at each byte, and logs have many digits, so digits weigh more there.
        let frequencies = classes.enumerate().map(|(place, class)| {
            let often = FREQUENCY[usize::from(class)];
            let is_number = class == DIGIT && place + 3 >= len;
            if is_number { often * often } else { often }
        });
        frequencies.product::<u64>()
    };
    let ranges = (0..=name.len() - len).map(|start| start..start + len);
    ranges.min_by_key(rarity).filter(|_| len >= 3)
}

/// Signs that complete a name, a prefix or a key of two characters to an anchor of three characters.
const LEADS: [u8; 5] = *b" -.:@";

/// The maximum number of bytes from the start of a token's prefix to the end of its anchor.
const PREFIX: usize = 12;

/// The anchors of a redactor, indexed by the classes of their last three characters.
#[derive(Clone, Debug)]
pub(crate) struct Anchors {
    /// The index in `sets` of the kinds of the anchors, by the classes of their last three characters. The table has a
    /// byte for each, so that it fits into the first cache of a processor.
    indices: Box<[u8; TABLE]>,
    /// The sets of kinds that occur. The first one is empty.
    sets: Vec<Kinds>,
    /// The classes that may precede and follow the last three characters of an anchor, one bit for each class.
    around: Vec<(u32, u32)>,
    /// For the anchors of tokens, the numbers of bytes from the start of the prefix to the end of the anchor, one bit
    /// each.
    ends: Vec<u16>,
}

static BUILT_IN: LazyLock<Anchors> = LazyLock::new(Anchors::built_in);

impl Anchors {
    #[inline]
    pub(crate) fn shared() -> &'static Self {
        &BUILT_IN
    }

    #[expect(
        clippy::large_stack_arrays,
        reason = "the array moves to the heap at once; its constant length removes bounds checks"
    )]
    fn built_in() -> Self {
        let mut anchors = Self {
            indices: Box::new([0; TABLE]),
            sets: vec![0],
            around: vec![(0, 0); TABLE],
            ends: vec![0; TABLE],
        };
        for (name, _) in KEYS.iter().flat_map(KeyName::names) {
            anchors.add_key(name.as_bytes());
        }
        for format in TOKENS.iter() {
            let prefix = format.prefix.as_bytes();
            anchors.add_name(&prefix[..prefix.len().min(PREFIX)], TOKEN);
        }
        for row in ARGUMENTS {
            for name in row.names.iter() {
                anchors.add_name(row.head(name).as_bytes(), WORD);
            }
        }
        for option in OPTIONS {
            for before in [" -", "\"-", " /"] {
                anchors.add([before, option.option].concat().as_bytes(), OPTION);
            }
        }
        for (anchor, kind) in [
            ("-us", OPTION),
            ("://", URL),
            (":\\/", URL),
            ("2f%2", URL),
            ("---", DASHES),
            ("eyj", TOKEN),
            (":*:", SIGN),
        ] {
            anchors.add(anchor.as_bytes(), kind);
        }
        for segment in SECRET_SEGMENTS.iter() {
            anchors.add_name(["/", segment, "/"].concat().as_bytes(), URL);
        }
        // A segment of a path may consist of several words: `password-reset`, `passwordReset`.
        for word in SECRET_WORDS.iter().chain(HOOKS.iter()) {
            anchors.add_name(word.as_bytes(), URL);
        }
        for class in 0..TABLE >> 5 {
            let index = class << 5 | usize::from(AT_OR_PLUS);
            anchors.include(index, SIGN);
            anchors.around[index] = (u32::MAX, u32::MAX);
        }
        // The first three digits of a number are an anchor, unless a letter or one of `@+$/.\` follows.
        let digits = index(window(b"123"));
        anchors.include(digits, DIGITS);
        let tails = b"0- :".map(|tail| 1 << class(tail));
        anchors.around[digits] = (!(1 << DIGIT), tails.iter().sum());
        anchors
    }

    fn kinds(&self, index: usize) -> Kinds {
        self.sets[usize::from(self.indices[index])]
    }

    /// Adds a kind to those of an anchor.
    fn include(&mut self, index: usize, kind: Kinds) {
        let kinds = self.kinds(index) | kind;
        let place = self.sets.iter().position(|set| *set == kinds).unwrap_or_else(|| {
            self.sets.push(kinds);
            self.sets.len() - 1
        });
        // A test limits the number of sets.
        self.indices[index] = u8::try_from(place).unwrap_or(0);
    }

    fn add(&mut self, anchor: &[u8], kind: Kinds) {
        self.add_before(anchor, u32::MAX, kind, 0);
    }

    /// Adds an anchor, which is meant only for texts in which a character of one of the classes `tails` follows. It ends
    /// `end` bytes after the start of its name.
    fn add_before(&mut self, anchor: &[u8], tails: u32, kind: Kinds, end: usize) {
        let window = window(anchor);
        let leads = match anchor {
            [_, _, _] => u32::MAX,
            _ => 1 << (window >> 15),
        };
        let index = index(window);
        self.include(index, kind);
        self.around[index].0 |= leads;
        self.around[index].1 |= tails;
        self.ends[index] |= u16::from(kind == TOKEN) << end;
    }

    fn add_name(&mut self, name: &[u8], kind: Kinds) {
        if let Some(rarest) = rarest(name) {
            // A command or a function ends with its word: `user`, not `username`.
            let ends = if kind == WORD { NO_WORD } else { u32::MAX };
            let tails = name.get(rarest.end).map_or(ends, |next| 1 << class(*next));
            let end = rarest.end;
            self.add_before(&name[rarest], tails, kind, end.min(PREFIX));
            return;
        }
        // A name of two characters gets an anchor together with the character before it.
        for before in LEADS {
            self.add_before(&[&[before], name].concat(), u32::MAX, kind, name.len());
        }
    }

    /// Adds the name of a value. Its words may be joined in any way in a text.
    pub(crate) fn add_key(&mut self, name: &[u8]) {
        let mut words = name
            .split(|byte| !byte.is_ascii_alphanumeric() && *byte < 0x80)
            .filter(|word| !word.is_empty());
        // A key is read from its end, so the anchor is at the end of the name, too.
        match (words.next_back(), words.next_back()) {
            // Longer words contain a short last word (`key`), so the anchor includes the end of the word before it.
            (Some(last), Some(head)) if last.len() < 4 => {
                for joint in [&b""[..], b" ", b"-", b"."] {
                    let name = [head, joint, &last[..last.len().min(3)]].concat();
                    self.add(&name[name.len() - 4..], KEY);
                }
            }
            // A name of two characters, as in `pw=`, gets an anchor together with the sign after it.
            (Some(word), _) if word.len() == 2 => {
                for after in LEADS {
                    self.add(&[word, &[after]].concat(), KEY);
                }
            }
            (Some(word), _) => self.add_name(word, KEY),
            _ => {}
        }
    }

    /// Returns the position of the next anchor's last byte, at or after `from`, and the kinds of the anchors there.
    #[inline]
    pub(crate) fn next(&self, text: &[u8], from: usize) -> Option<(usize, Kinds)> {
        let mut window = window(text.get(from.saturating_sub(3)..from)?);
        let mut at = from;
        // Reads eight bytes at once and checks four at once, because most have no anchor.
        while at < text.len() {
            let missing = (at + 8).saturating_sub(text.len());
            if missing > at - from {
                break;
            }
            // The last step overlaps bytes without an anchor, because it also reads eight.
            at -= missing;
            window >>= 5 * missing;
            let eight = text.get(at..).and_then(<[u8]>::first_chunk::<8>)?;
            window = (window << 40) | self::window(eight);
            for last in [4, 0] {
                let ends = |back: usize| self.indices[index(window >> (5 * (last + back)))];
                if ends(3) | ends(2) | ends(1) | ends(0) != 0 {
                    let found = (last..last + 4).rev().find_map(|back| {
                        let place = at + 7 - back;
                        let kinds = self.kinds_of(window >> (5 * back), text.get(place + 1))?;
                        Some((place, kinds))
                    });
                    if found.is_some() {
                        return found;
                    }
                }
            }
            at += 8;
        }
        for (index, byte) in text.get(at..)?.iter().enumerate() {
            window = (window << 5) | u64::from(CLASSES[usize::from(*byte)]);
            if let Some(kinds) = self.kinds_of(window, text.get(at + index + 1)) {
                return Some((at + index, kinds));
            }
        }
        None
    }

    /// Returns the kinds of the anchors that end with `window` before the character `next`.
    #[inline]
    fn kinds_of(&self, window: u64, next: Option<&u8>) -> Option<Kinds> {
        let index = index(window);
        let place = self.indices[index];
        if place == 0 {
            return None;
        }
        let around = self.around[index];
        let next = next.map_or(0, |next| CLASSES[usize::from(*next)]);
        (around.0 >> ((window >> 15) & 31) & around.1 >> next & 1 != 0)
            .then(|| self.sets[usize::from(place)])
    }

    /// Returns the starts of the prefixes whose anchor may end at `last`.
    pub(crate) fn starts(&self, text: &[u8], last: usize) -> impl Iterator<Item = usize> + use<> {
        let end = last + 1;
        let mut ends = self.ends[index(window(&text[end.saturating_sub(3)..end]))];
        let longest = iter::from_fn(move || {
            let longest = ends.checked_ilog2()?;
            ends ^= 1 << longest;
            Some(longest as usize)
        });
        longest.filter_map(move |bytes| end.checked_sub(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_no_other_anchor_than_its_first_digits() {
        assert_eq!(BUILT_IN.kinds(index(window(b"123"))), DIGITS);
    }

    /// A program's own names add a kind, so each set may occur a second time.
    #[test]
    fn each_set_of_kinds_has_an_index() {
        assert!(BUILT_IN.sets.len() < 128, "{}", BUILT_IN.sets.len());
    }

    #[test]
    fn an_anchor_is_found_wherever_it_is() {
        for length in 0..40 {
            for place in 0..=length {
                let mut text = vec![b'x'; length];
                text.splice(place.., b"pass".iter().chain(b"xxx").copied());
                for from in 0..=text.len() {
                    let one_by_one = (from..text.len()).find_map(|at| {
                        let window = window(&text[at.saturating_sub(3)..=at]);
                        Some((at, BUILT_IN.kinds_of(window, text.get(at + 1))?))
                    });
                    let found = BUILT_IN.next(&text, from);
                    assert_eq!(found, one_by_one, "{text:?} from {from}");
                }
            }
        }
    }
}
