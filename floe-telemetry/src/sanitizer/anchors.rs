//! The three characters that each grammar of the sanitizer is found by, and what they are a sign of.

use super::name::Name;
use super::{token, words};
use std::fmt;
use std::sync::LazyLock;

// What an anchor is a sign of, in the order in which the grammars are asked.
/// Three digits.
pub(super) const DIGITS: u8 = 1;
/// `://`, plain or with escaped slashes.
pub(super) const URL: u8 = 2;
/// The prefix of a well-known token.
pub(super) const TOKEN: u8 = 4;
/// `-----BEGIN`.
pub(super) const PEM: u8 = 8;
/// A key name or a word that announces a secret.
pub(super) const KEY: u8 = 16;
/// `Bearer`, `Basic`.
pub(super) const SCHEME: u8 = 32;
/// A short command line flag such as ` -p`.
pub(super) const FLAG: u8 = 64;
/// `@`, `+` or `$`, which share a class.
pub(super) const SIGN: u8 = 128;

const DIGIT: u8 = 27;
const AT_OR_PLUS: u8 = 28;
const NOT_ASCII: u8 = 29;
/// Colon, slash, backslash and dot.
const MARK: u8 = 30;
const DASH: u8 = 31;
pub(super) const TABLE: usize = 1 << 15;

pub(super) const CLASSES: [u8; 256] = classes();

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
    table[b'$' as usize] = AT_OR_PLUS;
    table[b':' as usize] = MARK;
    table[b'/' as usize] = MARK;
    table[b'.' as usize] = MARK;
    table[b'\\' as usize] = MARK;
    table[b'-' as usize] = DASH;
    table[b'_' as usize] = DASH;
    let mut byte = 0x80;
    while byte < 256 {
        table[byte] = NOT_ASCII;
        byte += 1;
    }
    table
}

/// The flags of all groups of three classes.
#[derive(Clone)]
pub(super) struct Anchors(pub(super) Box<[u8; TABLE]>);

impl Anchors {
    /// Those of the grammars.
    pub(super) fn built_in() -> Self {
        BUILT_IN.clone()
    }

    /// A piece of the key that all its spellings have in common: inside of one word, or the end of
    /// a short last word with what separates the value.
    pub(super) fn add_key(&mut self, key: &Name) {
        if let Some(piece) = key.words().find_map(|word| word.get(..3)) {
            self.0[index(piece)] |= KEY;
            return;
        }
        let (_, last) = key.last_word();
        if let [.., first, second] = *last {
            for separator in *b"= :" {
                self.0[index(&[first, second, separator])] |= KEY;
            }
        }
    }
}

impl fmt::Debug for Anchors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = self.0.iter().filter(|kinds| **kinds != 0).count();
        write!(f, "Anchors({set})")
    }
}

pub(super) static BUILT_IN: LazyLock<Anchors> = LazyLock::new(|| {
    let mut table = Box::new([0; TABLE]);
    let mut set = |anchor: &[u8], kind: u8| table[index(anchor)] |= kind;
    for anchor in words::ANCHORS {
        set(anchor.as_bytes(), KEY);
    }
    for anchor in token::anchors() {
        set(anchor, TOKEN);
    }
    set(b"://", URL);
    // `%3A%2F%2F`: the colon and the slashes of an encoded URL.
    set(b"a%2", URL);
    set(b"123", DIGITS);
    set(b"---", PEM);
    for anchor in [b"bea", b"sic"] {
        set(anchor, SCHEME);
    }
    for flag in b"apuwskflivcxtn" {
        set(&[b' ', b'-', *flag], FLAG);
    }
    set(b"-us", FLAG);
    set(b"_bi", KEY);
    set(b"/us", FLAG);
    set(b"/ad", FLAG);
    set(b"/lo", FLAG);
    set(b"/p:", FLAG);
    set(b"/rp", FLAG);
    set(b"/p ", FLAG);
    for before in 0..TABLE >> 5 {
        table[(before << 5) | usize::from(AT_OR_PLUS)] |= SIGN;
        table[(before << 5) | usize::from(NOT_ASCII)] |= KEY;
    }
    Anchors(table)
});

pub(super) fn index(anchor: &[u8]) -> usize {
    anchor.iter().fold(0, |index, &byte| {
        (index << 5) | usize::from(CLASSES[usize::from(byte)])
    }) & (TABLE - 1)
}
