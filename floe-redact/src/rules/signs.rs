//! Other forms of the signs that the tokenizer recognizes.

/// An arrow that is no ASCII.
pub(crate) const ARROW: u8 = 1;

/// Characters outside of ASCII, and the sign that each is read as.
#[rustfmt::skip]
pub(crate) const WIDE: &[(&str, u8)] = &[
    ("\u{a0}\u{85}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}", b' '),
    ("\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{2028}\u{202f}\u{3000}\u{feff}\u{fffd}", b' '),
    ("\u{2192}\u{21d2}", ARROW), ("\u{ff1a}", b':'), ("\u{ff1d}", b'='), ("\u{ff0c}\u{3001}\u{3002}", b','),
    ("\u{ff1b}", b';'), ("\u{ff08}", b'('), ("\u{ff09}", b')'), ("\u{2013}\u{2014}", b'-'),
];

/// Quotation marks outside of ASCII: what opens, and what closes.
pub(crate) const QUOTES: &[(char, char)] = &[
    ('\u{201c}', '\u{201d}'),
    ('\u{2018}', '\u{2019}'),
    ('\u{ab}', '\u{bb}'),
];

/// HTML's entities, and the sign that each is read as.
#[rustfmt::skip]
pub(crate) const ENTITIES: &[(&str, u8)] = &[
    ("&quot;", b'"'), ("&amp;", b'&'), ("&lt;", b'<'), ("&gt;", b'>'), ("&apos;", b'\''), ("&#34;", b'"'), ("&#39;", b'\''),
    ("&#x27;", b'\''), ("&#61;", b'='), ("&nbsp;", b' '),
];

/// What may be before a string's quote, as in `b"…"`.
pub(crate) const STRING_PREFIXES: &[&str] =
    &["b", "B", "r", "R", "u", "f", "N", "E", "L", "rb", "br", "p"];
