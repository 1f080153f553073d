//! Whether a candidate is a secret: the only place that decides it.
//!
//! Everything around a candidate gives points: the name, what binds name and value, quotes, a query.
//! What the candidate looks like sets how many points it needs. Both tables are below.

use std::fmt;

use crate::rules::keys::KeyKind;
use crate::rules::sentences::{Binding, PROSE};
use crate::rules::words::{ALGORITHMS, CODE_ROOTS, LITERALS};
use crate::text::{is_name, is_one_of, is_redacted, run_end};

/// No more of a value is looked at: a longer one looks like its beginning.
pub(crate) const LOOKED_AT: usize = 512;

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Look {
    /// No value: a literal, a mask, a type, an algorithm.
    Placeholder,
    /// A variable, a call, a template: it stands for a value.
    Reference,
    /// Words of a sentence about the name.
    Sentence,
    /// One word of such a sentence.
    Prose,
    /// A path or a URL.
    Path,
    /// A host, a date, a version.
    Public,
    /// A word of letters.
    Word,
    /// Words joined by dashes or underscores.
    Name,
    /// Several words that are no sentence.
    Phrase,
    /// Up to five digits.
    ShortNumber,
    /// Six digits or more.
    Number,
    /// A UUID.
    Uuid,
    /// Letters and digits, as people choose passwords.
    Mixed,
    /// Letters, digits and signs that only passwords have.
    Symbolic,
    /// 32 hexadecimal digits or more.
    Hash,
    /// Changes its class of characters oftener than words do.
    Random,
    /// The same over 20 characters and more.
    LongRandom,
}

impl Look {
    /// How many points it takes for such a value to be a secret.
    const fn needs(self) -> u8 {
        match self {
            Self::Placeholder | Self::Reference => u8::MAX,
            Self::Sentence => 20,
            Self::Prose | Self::Path | Self::ShortNumber | Self::Public => 9,
            Self::Word | Self::Name | Self::Phrase => 7,
            Self::Number => 6,
            Self::Mixed => 5,
            Self::Symbolic | Self::Uuid => 4,
            Self::Hash | Self::Random | Self::LongRandom => 3,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Placeholder => "a placeholder",
            Self::Reference => "a reference",
            Self::Sentence => "a sentence",
            Self::Prose => "a word of a sentence",
            Self::Path => "a path",
            Self::Public => "a host, a date or a version",
            Self::Word => "a word",
            Self::Name => "a name",
            Self::Phrase => "a phrase",
            Self::ShortNumber => "a short number",
            Self::Number => "a number",
            Self::Uuid => "a UUID",
            Self::Mixed => "letters and digits",
            Self::Symbolic => "letters, digits and signs",
            Self::Hash => "a hash",
            Self::Random => "random characters",
            Self::LongRandom => "many random characters",
        }
    }
}

/// What binds a value to its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bond {
    /// A separator.
    Sign(Binding),
    /// An element, a pair, a call, a column: the structure of the text.
    Structure,
    /// `--name value`
    Option,
    /// `is`, `was`: a sentence states the value.
    Copula,
    /// It follows.
    Position,
}

/// What surrounds a candidate.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one point of evidence"
)]
pub(crate) struct Context {
    pub(crate) kind: KeyKind,
    pub(crate) bond: Bond,
    /// The value has quotes of its own.
    pub(crate) quoted: bool,
    /// The name has, as in JSON.
    pub(crate) quoted_key: bool,
    /// The name has several words.
    pub(crate) is_compound: bool,
    /// A parameter of a URL or a form.
    pub(crate) in_query: bool,
}

impl Context {
    /// A name of this kind, and a structure that leaves no doubt that the value is its.
    pub(crate) fn structure(kind: KeyKind) -> Self {
        Self {
            kind,
            bond: Bond::Structure,
            quoted: true,
            quoted_key: false,
            is_compound: false,
            in_query: false,
        }
    }

    /// The same of another kind of name.
    pub(crate) fn or(self, kind: KeyKind) -> Self {
        Self { kind, ..self }
    }

    fn points(self) -> u8 {
        let kind = match self.kind {
            KeyKind::Password | KeyKind::Identified => 5,
            KeyKind::Secret | KeyKind::Authorization => 4,
            KeyKind::Named | KeyKind::Cookie => 3,
            KeyKind::Weak => 1,
            KeyKind::Context => 0,
        };
        let bond = match self.bond {
            Bond::Sign(Binding::Assign | Binding::Arrow) | Bond::Structure | Bond::Option => 3,
            Bond::Sign(Binding::Colon) => 2,
            Bond::Copula => 1,
            Bond::Sign(Binding::Loose) | Bond::Position => 0,
        };
        // Quotes in a sentence are around names, too.
        let is_sentence = self.bond == Bond::Position;
        kind + bond
            + u8::from(self.quoted && !is_sentence)
            + u8::from(self.quoted_key)
            + u8::from(self.is_compound && kind > 1)
            + if self.in_query { 2 } else { 0 }
    }
}

/// Points, and why they were or were not enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Score {
    /// What surrounds the value.
    pub points: u8,
    /// What it looks like.
    pub look: Look,
}

impl Score {
    /// Whether the value is a secret.
    pub fn is_secret(self) -> bool {
        self.points >= self.look.needs()
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (points, look) = (self.points, self.look.name());
        match self.look.needs() {
            u8::MAX => write!(f, "{points} points, and {look} never is a secret"),
            needed => write!(f, "{points} points, and {look} needs {needed}"),
        }
    }
}

/// Judges a candidate.
pub(crate) fn score(value: &[u8], context: Context) -> Score {
    Score {
        points: context.points(),
        look: look(value),
    }
}

/// Whether the value shows by itself that it is one, without a sentence or a key.
pub(crate) fn is_random(value: &[u8]) -> bool {
    matches!(look(value), Look::Random | Look::LongRandom | Look::Hash)
}

/// Whether nothing is there to redact: a mask, a variable, a literal.
pub(crate) fn is_placeholder(value: &[u8]) -> bool {
    matches!(look(value), Look::Placeholder | Look::Reference)
}

/// A word of a sentence.
pub(crate) fn is_prose(word: &[u8]) -> bool {
    let word = trim_end(word);
    word.len() <= 14 && is_one_of(word, PROSE)
}

/// What a value looks like.
pub(crate) fn look(value: &[u8]) -> Look {
    let whole = value;
    let value = &value[..value.len().min(LOOKED_AT)];
    let word = trim_end(value);
    if is_literal(word) || is_redacted(value, 0) || is_masked(value) {
        return Look::Placeholder;
    }
    if is_reference(value) || is_reference(word) {
        return Look::Reference;
    }
    if word.iter().any(|byte| matches!(byte, b' ' | b'\t' | b'\n')) {
        return sentence(word);
    }
    let f = Features::of(word);
    if is_uuid(word) {
        return Look::Uuid;
    }
    if f.len == f.digits {
        return if f.len < 6 {
            Look::ShortNumber
        } else {
            Look::Number
        };
    }
    if is_prose(word) || word.contains(&b'\'') && f.digits == 0 && f.letters() + 1 == f.len {
        return Look::Prose;
    }
    if f.letters() == f.len && f.other == 0 && is_word(word) {
        return if is_algorithm(word) {
            Look::Placeholder
        } else {
            Look::Word
        };
    }
    if is_path(word) {
        return Look::Path;
    }
    if f.is_hex && f.digits > 0 && f.len >= 32 {
        return Look::Hash;
    }
    if is_property(word) {
        return Look::Reference;
    }
    if is_public(word) {
        return Look::Public;
    }
    if f.len < 32 && is_algorithm(word) {
        return Look::Placeholder;
    }
    let random = random_letters(word);
    if random >= 12.min(f.len) || random >= 8 {
        return if whole.len() >= 20 && random >= 16 {
            Look::LongRandom
        } else {
            Look::Random
        };
    }
    if is_dotted(word) {
        return Look::Path;
    }
    if f.symbols >= 2 && f.digits > 0 && f.letters() > 0 && f.len >= 8 {
        return Look::Symbolic;
    }
    if f.digits > 0 && f.letters() > 0 && f.len >= 6 && (f.len - f.other >= 5) {
        return if is_numbered_name(word) {
            Look::Name
        } else {
            Look::Mixed
        };
    }
    if f.digits == 0 && f.other == 0 && f.len >= 8 && is_irregular(word) {
        return Look::Mixed;
    }
    Look::Name
}

/// What is counted in a value, in one pass.
#[derive(Default)]
struct Features {
    len: usize,
    digits: usize,
    lower: usize,
    upper: usize,
    /// Signs that only passwords have.
    symbols: usize,
    /// Other than letters and digits, symbols included.
    other: usize,
    is_hex: bool,
}

impl Features {
    fn of(value: &[u8]) -> Self {
        let mut features = Self {
            len: value.len(),
            is_hex: true,
            ..Self::default()
        };
        for byte in value {
            match byte {
                b'0'..=b'9' => features.digits += 1,
                b'a'..=b'z' | 0x80.. => features.lower += 1,
                b'A'..=b'Z' => features.upper += 1,
                b'!' | b'#' | b'$' | b'^' | b'*' | b'~' | b'@' | b'?' | b'%' | b'+' | b'&' => {
                    features.symbols += 1;
                    features.other += 1;
                }
                _ => features.other += 1,
            }
            features.is_hex &= byte.is_ascii_hexdigit();
        }
        features
    }

    fn letters(&self) -> usize {
        self.lower + self.upper
    }
}

/// Without the punctuation of the sentence around it.
fn trim_end(mut word: &[u8]) -> &[u8] {
    while let [head @ .., b'.' | b',' | b';' | b':' | b'!' | b'?'] = word {
        word = head;
    }
    word
}

fn is_literal(word: &[u8]) -> bool {
    let word = match word {
        [b'&' | b'*', tail @ ..] => tail,
        _ => word,
    };
    word.len() <= 16 && is_one_of(word, LITERALS)
        || word
            .iter()
            .all(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric())
        || word.len() > 2
            && word
                .iter()
                .all(|byte| matches!(byte, b'x' | b'X' | b'*' | b'.' | b'#' | b'-' | b'_'))
        || word.len() > 4
            && word[..4].eq_ignore_ascii_case(b"your")
            && matches!(word[4], b'_' | b'-')
        || is_type(word)
}

/// `[REDACTED alloc::string::String]`, `ab****`: somebody masked it before.
pub(crate) fn is_masked(value: &[u8]) -> bool {
    let mask = |what: &[u8]| memchr::memmem::find(value, what).is_some();
    mask(b"****")
        || mask(b"REDACTED")
        || mask(b"redacted")
        || mask(b"FILTERED")
        || mask(b"OMITTED")
        || mask(b"HIDDEN")
        || mask(b"(hidden)")
        || mask(b"[filtered]")
        || mask(b"MASKED")
        || mask(b"xxxxxxxx")
        || mask("\u{2022}\u{2022}\u{2022}".as_bytes())
        || mask(b"XXXXXXXX")
}

/// `Option<String>`, `List[str]`, `varchar(255)`, `a::B`: a declaration.
fn is_type(word: &[u8]) -> bool {
    if memchr::memmem::find(word, b"::").is_some() {
        return word
            .iter()
            .all(|byte| is_name(*byte) || b":<>&".contains(byte));
    }
    let head = run_end(word, 0, 24, |byte| byte.is_ascii_alphabetic());
    let generic = [
        "option",
        "optional",
        "list",
        "vec",
        "secret",
        "box",
        "arc",
        "varchar",
        "char",
        "cow",
        "nvarchar",
        "union",
        "annotated",
        "sequence",
    ];
    matches!(
        (word.get(head), word.last()),
        (Some(b'<'), Some(b'>')) | (Some(b'['), Some(b']')) | (Some(b'('), Some(b')'))
    ) && is_one_of(&word[..head], &generic)
        && word[head..]
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"<>[]():&,| ".contains(byte))
}

fn is_algorithm(word: &[u8]) -> bool {
    word.len() < 32
        && ALGORITHMS.iter().any(|name| {
            word.get(..name.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(name.as_bytes()))
        })
}

/// `${VAR}`, `$VAR`, `$(command)`, `{{ var }}`, `<password>`, `%s`, `:bind`, `call()`, `a[i]`, `arn:…`.
fn is_reference(value: &[u8]) -> bool {
    let is_identifier = |inner: &[u8]| {
        !inner.is_empty()
            && inner
                .iter()
                .all(|byte| is_name(*byte) || b"-. ".contains(byte))
            && !inner[0].is_ascii_digit()
    };
    // An object in a log: `Binder@41f2e3d0`, `Token{41a2b3c u0}`.
    let name = run_end(value, 0, 80, |byte| {
        byte.is_ascii_alphabetic() || b"._$".contains(&byte)
    });
    let id = value.get(name + 1..).unwrap_or_default();
    let is_object = name > 2
        && (value.get(name) == Some(&b'@')
            && (4..=10).contains(&id.len())
            && id.iter().all(u8::is_ascii_hexdigit)
            || value.get(name) == Some(&b'{'));
    if is_object {
        return true;
    }
    match value {
        [head @ .., b'(', b')'] if is_identifier(head) => true,
        [b'$' | b'%', b'{' | b'(', ..] | [b'{', b'{' | b'%', ..] | [b'#' | b'@', b'{', ..] => true,
        [b'$', inner @ ..] => {
            inner
                .iter()
                .all(|byte| byte.is_ascii_uppercase() || *byte == b'_')
                || memchr::memmem::find(inner, b"->").is_some()
                || run_end(inner, 0, 64, is_name) < inner.len()
                    && matches!(inner[run_end(inner, 0, 64, is_name)], b'[' | b'(')
                || inner.len() < 4 && inner.iter().all(u8::is_ascii_digit)
                || inner
                    .iter()
                    .all(|byte| byte.is_ascii_lowercase() || *byte == b'_')
                    && inner.contains(&b'_')
        }
        [b'<', inner @ .., b'>'] => {
            inner.len() < 60
                && inner.iter().all(|byte| {
                    byte.is_ascii_alphabetic()
                        || b" _-:.'()/,|".contains(byte)
                        || byte.is_ascii_digit()
                })
        }
        [b'[', inner @ .., b']'] => inner
            .iter()
            .all(|byte| byte.is_ascii_alphabetic() || b"_- ".contains(byte)),
        [b'{', inner @ .., b'}'] => inner
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || b"_-. ".contains(byte)),
        [b'%', inner @ .., b'%'] => is_identifier(inner),
        [b'%', inner @ ..] => inner.len() <= 2 && inner.iter().all(u8::is_ascii_alphanumeric),
        [b':', inner @ ..] => inner
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || *byte == b'_'),
        [b'!', inner @ ..]
            if !inner.is_empty()
                && inner.iter().all(u8::is_ascii_alphabetic)
                && inner[0].is_ascii_uppercase()
                || value == b"!vault" =>
        {
            true
        }
        _ if value.starts_with(b"arn:")
            || value.starts_with(b"ENC(")
            || value.starts_with(b"ENC[")
            || value.starts_with(b"vault:")
            || value.starts_with(b"op://")
            || value.starts_with(b"projects/")
            || value.starts_with(b"file:")
            || value.starts_with(b"env:")
            || value.starts_with(b"fd:") =>
        {
            true
        }
        _ => {
            // A call or an element of something with a name.
            let head = run_end(value, 0, 80, |byte| {
                is_name(byte) || b".-:>!".contains(&byte)
            });
            head > 1
                && head < value.len()
                && matches!(value[head], b'(' | b'[')
                && !value[0].is_ascii_digit()
                && value[..head].iter().all(|byte| {
                    byte.is_ascii_lowercase()
                        || b"._-:>!".contains(byte)
                        || byte.is_ascii_uppercase() && value[..head].contains(&b'.')
                })
                && (head > 2
                    || matches!(value.get(head + 1), None | Some(b')' | b'"' | b'\'' | b']')))
        }
    }
}

/// Words with blanks between them: a sentence, or a passphrase.
fn sentence(text: &[u8]) -> Look {
    let mut prose = 0;
    let mut words = 0;
    for word in text
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .take(8)
    {
        words += 1;
        prose += usize::from(
            is_prose(word)
                || word.contains(&b'\'')
                    && word
                        .iter()
                        .all(|byte| byte.is_ascii_alphabetic() || *byte == b'\''),
        );
    }
    if prose * 4 >= words || words > 7 {
        Look::Sentence
    } else {
        Look::Phrase
    }
}

/// How many characters are in parts that change their class of characters often.
fn random_letters(value: &[u8]) -> usize {
    value
        .split(|byte| !byte.is_ascii_alphanumeric())
        .filter(|part| changes_often(part))
        .map(<[u8]>::len)
        .sum()
}

/// Whether a run of letters and digits changes between them, or its case, oftener than words do.
fn changes_often(part: &[u8]) -> bool {
    let class = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        _ => 2,
    };
    let mut changes = 0;
    for pair in part.windows(2) {
        // A capital letter and the rest of its word are one turn.
        let (left, right) = (class(pair[0]), class(pair[1]));
        changes += usize::from(left != right && !(left == 2 && right == 1));
    }
    let has_digits = part.iter().any(u8::is_ascii_digit);
    let needed = part.len() / if has_digits { 8 } else { 4 };
    part.len() >= 4 && changes >= 2.max(needed) && (has_digits || changes >= 3)
}

/// Eight, four, four, four and twelve hexadecimal digits.
pub(crate) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A capital letter behind a small one.
pub(crate) fn is_camel(word: &[u8]) -> bool {
    word.windows(2)
        .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

/// Letters of one case, perhaps after a capital.
pub(crate) fn is_word(value: &[u8]) -> bool {
    let Some((first, tail)) = value.split_first() else {
        return false;
    };
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte >= 0x80;
    is_letter(*first)
        && (tail
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || *byte >= 0x80)
            || tail
                .iter()
                .all(|byte| byte.is_ascii_uppercase() || *byte >= 0x80)
                && !first.is_ascii_lowercase())
}

/// Words with dots between them: a property, a host of one's own.
fn is_dotted(word: &[u8]) -> bool {
    word.contains(&b'.')
        && word.split(|byte| *byte == b'.').all(|part| {
            !part.is_empty()
                && part
                    .iter()
                    .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-'))
        })
}

/// Letters of both cases that are no words: `dEfjoZBR`.
fn is_irregular(word: &[u8]) -> bool {
    let humps = word.split(u8::is_ascii_uppercase);
    humps.filter(|hump| hump.len() < 2).count() > 2
}

/// `self.password`, `config.token`
fn is_property(word: &[u8]) -> bool {
    let mut labels = word.split(|byte| matches!(byte, b'.' | b'>' | b'-'));
    let first = labels.next().unwrap_or_default();
    word.iter()
        .all(|byte| is_name(*byte) || matches!(byte, b'.' | b'-' | b'>'))
        && (word.contains(&b'.') || word.contains(&b'>'))
        && is_one_of(first, CODE_ROOTS)
        && labels.all(|label| random_letters(label) == 0)
}

/// `orders-2`, `v3-final`, `eu-west-1`: words and a short number, joined by dashes.
fn is_numbered_name(word: &[u8]) -> bool {
    let mut parts = word.split(|byte| matches!(byte, b'-' | b'_' | b'.' | b'/' | b':'));
    let mut words = 0;
    let all = parts.all(|part| {
        let digits = part.iter().filter(|byte| byte.is_ascii_digit()).count();
        words += usize::from(digits == 0 && is_word(part) && part.len() > 1);
        digits == part.len() && digits <= 2 || digits == 0 && is_word(part)
    });
    all && words > 0
}

/// A host, an address, a date, a time, a version.
fn is_public(word: &[u8]) -> bool {
    let digits_and = |signs: &[u8]| {
        word.iter()
            .all(|byte| byte.is_ascii_digit() || signs.contains(byte))
    };
    // The address of an object.
    if word.starts_with(b"0x") && word[2..].iter().all(u8::is_ascii_hexdigit) && word.len() <= 18 {
        return true;
    }
    if digits_and(b".:-/TZ+, v") && word.iter().any(|byte| b".:-/".contains(byte)) {
        return true;
    }
    let end = run_end(word, 0, 255, |byte| {
        is_name(byte) || matches!(byte, b'.' | b'-')
    });
    let port = &word[end..];
    let has_port = port.len() > 1 && port[0] == b':' && port[1..].iter().all(u8::is_ascii_digit);
    (port.is_empty() || has_port) && is_domain(&word[..end]) && random_letters(&word[..end]) < 6
}

/// `a.example.com` or `10.0.0.1`.
pub(crate) fn is_domain(host: &[u8]) -> bool {
    let mut labels = host.split(|byte| *byte == b'.');
    let last = labels.next_back().unwrap_or_default();
    let rest = labels.clone().count();
    let is_label = |label: &[u8]| !label.is_empty() && label.len() < 64;
    let is_number =
        |label: &[u8]| (1..=3).contains(&label.len()) && label.iter().all(u8::is_ascii_digit);
    rest > 0
        && labels.clone().all(is_label)
        && ((2..=24).contains(&last.len())
            && last.iter().all(u8::is_ascii_alphabetic)
            && (last.iter().all(u8::is_ascii_lowercase) || last.iter().all(u8::is_ascii_uppercase))
            || rest == 3 && is_number(last) && labels.all(is_number))
}

/// `/etc/ssl/key.pem`, `~/.ssh/id_rsa`, `C:\keys\x`, `https://…`.
pub(crate) fn is_path(value: &[u8]) -> bool {
    let start = match value {
        [b'~' | b'.', b'/', ..] => 2,
        [b'.', b'.', b'/', ..] | [_, b':', b'\\', ..] => 3,
        [b'/', ..] => 1,
        _ if memchr::memmem::find(value, b"://").is_some_and(|at| at > 1 && at < 24) => {
            return true;
        }
        // `keys/prod/db.pem`
        _ if memchr::memchr_iter(b'/', value).count() >= 2
            || value.contains(&b'/') && value.contains(&b'.') =>
        {
            0
        }
        _ => return false,
    };
    let tail = &value[start..];
    tail.split(|byte| b"/\\._-:".contains(byte))
        .all(|part| !changes_often(part) && part.len() < 40)
        && tail
            .iter()
            .all(|byte| is_name(*byte) || b"/\\._- :@~".contains(byte))
        && (start > 1
            || tail.iter().any(|byte| matches!(byte, b'/' | b'.'))
            || tail.iter().all(u8::is_ascii_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_look_like_what_they_are() {
        for (value, wanted) in [
            ("none", Look::Placeholder),
            ("********", Look::Placeholder),
            ("HS256", Look::Placeholder),
            ("Option<String>", Look::Placeholder),
            ("${DB_PASSWORD}", Look::Reference),
            ("$(cat", Look::Reference),
            ("os.environ[\"X\"]", Look::Reference),
            ("load_token()", Look::Reference),
            ("arn:aws:iam::1:role/x", Look::Reference),
            ("must not be empty", Look::Sentence),
            ("is", Look::Prose),
            ("/etc/ssl/key.pem", Look::Path),
            ("db.example.com", Look::Public),
            ("2026-01-02", Look::Public),
            ("winter", Look::Word),
            ("copper-lantern", Look::Name),
            ("eu-west-1", Look::Name),
            ("maple orbit velvet tundra", Look::Phrase),
            ("1234", Look::ShortNumber),
            ("218693377", Look::Number),
            ("6f9619ff-8b86-d011-b42d-00cf4fc964ff", Look::Uuid),
            ("Copper0956", Look::Mixed),
            ("hunter2", Look::Mixed),
            ("ab!7c^dee", Look::Symbolic),
            ("9f86d081884c7d659a2feaa0c55ad015", Look::Hash),
            ("a1B2c3D4", Look::Random),
            ("SQ6J3LZVWMVE7l1HOru19If8n9OK", Look::LongRandom),
        ] {
            assert_eq!(look(value.as_bytes()), wanted, "{value}");
        }
    }
}
