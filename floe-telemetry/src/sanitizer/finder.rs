//! Finds the places worth a closer look, in one pass and without understanding them.
//!
//! Every grammar of the sanitizer has an anchor of three characters: `pas` of a password key, `://`
//! of a URL, three digits of a card number. A byte has one of 32 classes (the case of a letter and
//! the value of a digit do not matter), so three of them index a table of 32,768 flags. The lookups
//! of neighbouring positions do not depend on each other, which makes this faster than an automaton
//! with a state, and a text without anchors is left alone after this pass.

use super::lexicon::Name;
use super::{Policy, token, words};
use std::fmt;
use std::sync::LazyLock;

/// A key name or a word that announces a secret.
pub(super) const KEY: u8 = 1;
/// `://`, plain or with escaped slashes.
pub(super) const URL: u8 = 2;
/// `@`, `+` or `$`, which share a class.
pub(super) const SIGN: u8 = 4;
/// Three digits.
pub(super) const DIGITS: u8 = 8;
/// The prefix of a well-known token.
pub(super) const TOKEN: u8 = 16;
/// `-----BEGIN`.
pub(super) const PEM: u8 = 32;
/// A short command line flag such as ` -p`.
pub(super) const FLAG: u8 = 64;
/// `Bearer`, `Basic`.
pub(super) const SCHEME: u8 = 128;

const DIGIT: u8 = 27;
const AT_OR_PLUS: u8 = 28;
const NOT_ASCII: u8 = 29;
/// Colon, slash, backslash and dot.
const MARK: u8 = 30;
const DASH: u8 = 31;
const TABLE: usize = 1 << 15;

/// How many bytes are looked at together.
const PIECE: usize = 8;

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
pub(super) struct Anchors(Box<[u8; TABLE]>);

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

static BUILT_IN: LazyLock<Anchors> = LazyLock::new(|| {
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
    set(b"/p:", FLAG);
    set(b"/rp", FLAG);
    for before in 0..TABLE >> 5 {
        table[(before << 5) | usize::from(AT_OR_PLUS)] |= SIGN;
        table[(before << 5) | usize::from(NOT_ASCII)] |= KEY;
    }
    Anchors(table)
});

fn index(anchor: &[u8]) -> usize {
    anchor.iter().fold(0, |index, &byte| {
        (index << 5) | usize::from(CLASSES[usize::from(byte)])
    }) & (TABLE - 1)
}

/// The anchors of a policy, looked up once per text.
pub(super) struct Finder<'p>(&'p [u8; TABLE]);

impl<'p> Finder<'p> {
    pub(super) fn new(policy: &'p Policy) -> Self {
        Self(&policy.anchors.as_ref().unwrap_or_else(|| &BUILT_IN).0)
    }

    /// The first anchor that ends at or after `from`: the place of its last byte and its kinds.
    #[inline]
    pub(super) fn next(&self, text: &[u8], from: usize) -> Option<(usize, u8)> {
        let mut window = index(text.get(from.saturating_sub(2)..from)?);
        let rest = text.get(from..)?;
        let mut skipped = 0;
        // Most pieces have no anchor, so one branch is enough for all of a piece.
        for piece in rest.chunks_exact(PIECE) {
            let mut classes = [0; PIECE + 2];
            (classes[0], classes[1]) = (window >> 5 & 31, window & 31);
            for (class, &byte) in classes[2..].iter_mut().zip(piece) {
                *class = usize::from(CLASSES[usize::from(byte)]);
            }
            let mut kinds = 0;
            for three in classes.windows(3) {
                kinds |= self.0[(three[0] << 10 | three[1] << 5 | three[2]) & (TABLE - 1)];
            }
            if kinds != 0 {
                break;
            }
            window = classes[PIECE] << 5 | classes[PIECE + 1];
            skipped += PIECE;
        }
        for (offset, &byte) in rest.iter().enumerate().skip(skipped) {
            window = (window << 5) | usize::from(CLASSES[usize::from(byte)]);
            let kinds = self.0[window & (TABLE - 1)];
            if kinds != 0 {
                return Some((from + offset, kinds));
            }
        }
        None
    }
}
