//! Judges by points whether a candidate is a secret.
//!
//! Everything around a candidate gives points: the name, the bond (the sign or wording that connects name and value),
//! quotes, a query. The look of the candidate sets the number of points that it needs. The tables are in `rules`.

use std::fmt;
use std::sync::LazyLock;

use crate::rules::keys::KeyKind;
use crate::rules::list::words;
pub(crate) use crate::rules::looks::Look;
use crate::rules::words::{
    ALGORITHM_PARTS, ALGORITHMS, Binding, CHOSEN_WORDS, COMMON_PASSWORDS, COMPLETE,
    CREDENTIAL_WORDS, DIGESTS, GENERIC_TYPES, LITERALS, MASKS, PROSE, REFERENCES, STARS,
};
use crate::text::{Words, at, class, count_steps, is_name, is_redacted, run_end};

static PROSE_WORDS: LazyLock<Words<()>> = LazyLock::new(|| Words::list(PROSE));
static ALGORITHM_WORDS: LazyLock<Words<()>> = LazyLock::new(|| Words::list(ALGORITHMS));
static LITERAL_WORDS: LazyLock<Words<()>> = LazyLock::new(|| Words::list(LITERALS));
static CHOSEN_LIST: LazyLock<Words<()>> = LazyLock::new(|| Words::list(CHOSEN_WORDS));

/// The maximum number of bytes of a value that are examined. Its beginning is enough to show its look.
pub(crate) const LOOKED_AT: usize = 128;

/// The approximate number of times that a value is read.
const PASSES: usize = 4;

/// The additional points of a UUID after a weak name of several words, such as `secret_id`.
const ISSUED: u8 = 3;

/// The additional points of a number with three or more digits after a name such as `pin`.
const CODE: u8 = 7;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bond {
    Sign(Binding),
    /// The structure of the text, such as an element, a pair, a call or a column, binds the value.
    Structure,
    /// The value is the argument of an option, `--name value`, or of a word in a line of netrc.
    Option,
    /// The value is an argument of the function or the type with the name: `set_token('…')`.
    Argument,
    /// The value follows the name in a list or a tuple, which this bracket opens.
    Item(u8),
    /// A sentence states the value, as with `is`, a structure binds it unquoted, or it is an argument of a command.
    Copula,
    /// The value only follows the name.
    Position,
}

/// The surroundings of a candidate that determine how it is judged.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each field is separate evidence")]
pub(crate) struct Context {
    pub(crate) kind: KeyKind,
    pub(crate) bond: Bond,
    /// Whether the value is in quotes of its own, or enclosed in another way, for example by brackets.
    pub(crate) quoted: bool,
    /// Whether the name is quoted separately from the value, as in JSON.
    pub(crate) quoted_key: bool,
    /// Whether quotes directly enclose the value, or only `=` is between it and the name. This is rare in sentences.
    pub(crate) is_close: bool,
    pub(crate) is_compound: bool,
    pub(crate) in_query: bool,
    /// Whether more text seems to belong to a value after a colon or an arrow. The value may then begin a sentence.
    pub(crate) goes_on: bool,
}

impl Context {
    /// Creates the context of an unquoted value that `bond` binds to a name of this kind.
    pub(crate) fn new(kind: KeyKind, bond: Bond) -> Self {
        Self {
            kind,
            bond,
            quoted: false,
            quoted_key: false,
            is_close: false,
            is_compound: false,
            in_query: false,
            goes_on: false,
        }
    }

    /// Returns the same context with another kind of name.
    pub(crate) fn or(self, kind: KeyKind) -> Self {
        Self { kind, ..self }
    }

    /// Whether a sign such as `=`, the structure of the text or an option binds the value to the name. Loose signs (`|`
    /// and `-`), sentences and mere position do not.
    pub(crate) fn is_bound(self) -> bool {
        match self.bond {
            Bond::Sign(Binding::Loose) | Bond::Copula | Bond::Position => false,
            Bond::Argument | Bond::Item(_) => self.quoted,
            Bond::Sign(_) | Bond::Structure | Bond::Option => true,
        }
    }

    fn is_password(self) -> bool {
        self.kind == KeyKind::Password
    }

    fn points(self) -> u8 {
        let kind = self.kind.points();
        let bond = match self.bond {
            Bond::Sign(Binding::Assign | Binding::Arrow) | Bond::Structure | Bond::Option => 3,
            Bond::Argument | Bond::Item(_) if self.quoted => 3,
            Bond::Sign(Binding::Colon) => 2,
            Bond::Copula | Bond::Argument | Bond::Item(_) => 1,
            Bond::Sign(Binding::Loose) | Bond::Position => 0,
        };
        // Sentences also quote names, so quotes give no point.
        let quotes = if self.bond == Bond::Position { false } else { self.quoted };
        let compound = if kind > 1 { self.is_compound } else { false };
        let around = [quotes, self.quoted_key, compound, self.in_query, self.in_query];

        kind + bond + around.into_iter().map(u8::from).sum::<u8>()
    }
}

/// The points of a candidate, and its look, which determines how many points make it a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Score {
    /// The points for the surroundings of the value, and for a number after a name such as `pin`.
    pub points: u8,
    /// The look of the value in these surroundings.
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
        let points = self.points;
        let look = self.look.name();
        match self.look.needs() {
            u8::MAX => write!(f, "{points} points, but {look} is never a secret"),
            needed => write!(f, "{points} points, {needed} needed for {look}"),
        }
    }
}

pub(crate) fn score(value: &[u8], context: Context) -> Score {
    let place = match context.quoted {
        true if context.is_password() => Password,
        true => Text,
        false => Code,
    };
    let look = in_place(look_in(place, value), value, context);
    let code = match (context.kind, look) {
        (KeyKind::Code, ShortNumber | Number) if value.len() > 2 => CODE,
        // A sentence about a token rarely goes on with letters and digits, unless it states a time: `0.412s`.
        (KeyKind::Secret | KeyKind::Named | KeyKind::Code, Mixed)
            if class!("0-9").any(value) && !value[0].is_ascii_digit() =>
        {
            1
        }
        (KeyKind::Weak, Uuid) if context.is_compound => ISSUED,
        _ => 0,
    };
    Score { points: context.points() + code, look }
}

/// Adjusts the look of a value to its context, because people also use names of credentials, words for "no value" and
/// short numbers as passwords.
fn in_place(look: Look, value: &[u8], context: Context) -> Look {
    let may_go_on = !context.is_bound() || context.goes_on;
    match look {
        _ if may_go_on => look,
        Placeholder | Prose if is_used(look, value, context) => Word,
        ShortNumber if !context.is_password() => look,
        ShortNumber if context.quoted || value.len() > 3 => Number,
        look => look,
    }
}

/// Whether a placeholder or a word of a sentence is probably used as a password in this context.
fn is_used(look: Look, value: &[u8], context: Context) -> bool {
    let is_password = context.is_password();
    let is_known = match value {
        b"None" => false,
        b"none" => is_password,
        _ => CHOSEN_LIST.contains(value),
    };
    let is_chosen = match context.bond {
        Bond::Option if is_known => true,
        _ if !context.is_close => false,
        _ if look == Prose => is_known || is_password,
        _ => is_known,
    };

    match context.bond {
        _ if is_chosen => true,
        Bond::Structure | Bond::Argument | Bond::Item(_) if is_credential_word(value) => {
            is_password
        }
        _ if is_credential_word(value) => true,
        _ if !is_password => false,
        Bond::Sign(Binding::Assign) | Bond::Option => COMMON_PASSWORDS.has(value),
        _ => context.quoted && COMMON_PASSWORDS.has(value),
    }
}

/// Whether the value is the name of a credential, such as `password` or `secret`, which people also choose as
/// passwords. With a capital letter, it is rather the name of a type or an argument.
pub(crate) fn is_credential_word(value: &[u8]) -> bool {
    CREDENTIAL_WORDS.iter().any(|word| word.as_bytes() == value)
}

/// Whether the value looks like a secret even without a name.
pub(crate) fn is_random(value: &[u8]) -> bool {
    let seen = Seen::new(value);
    // This quick check excludes most values.
    let may_be = seen.is_mostly_random() || seen.is_long_hexadecimal();
    may_be && matches!(look(value), Random | Hash)
}

/// Whether the value looks like a chosen password or a random text.
pub(crate) fn is_made_up(value: &[u8]) -> bool {
    look(value).is_made_up()
}

/// Whether the text in the position of a password hides nothing: only asterisks, a mark (`xxxxx` in Go), a placeholder
/// in brackets, or a complete reference. A value that only begins like these is a password, and so are other words.
pub(crate) fn is_no_password(value: &[u8]) -> bool {
    let is_variable =
        |inner: &[u8]| class!("a-zA-Z0-9_. ").only(inner.strip_prefix(b"env:").unwrap_or(inner));
    let text = class!("a-zA-Z_ |-");
    match value {
        [b'$', b'{', b'{', inner @ .., b'}', b'}']
        | [b'{', b'{', inner @ .., b'}', b'}']
        | [b'$' | b'#' | b'%' | b'@', b'{', inner @ .., b'}']
        | [b'$', b'(', inner @ .., b')']
        | [b'%', b'(', inner @ .., b')', b's'] => is_variable(inner),
        [b'%', inner @ .., b'%'] => text.only(inner),
        [b'<', inner @ .., b'>'] | [b'[', inner @ .., b']'] | [b'{', inner @ .., b'}'] => {
            text.only(inner)
        }
        [b'$', inner @ ..] => class!("A-Z0-9_").only(inner) || class!("a-z_").only(inner),
        [b'%', letter] => letter.is_ascii_lowercase(),
        [b'*', stars @ ..] => class!("*").all(stars),
        _ => words!("redacted, xxxxx").has(value),
    }
}

pub(crate) fn is_prose(word: &[u8]) -> bool {
    PROSE_WORDS.contains(trim_end(word))
}

/// Returns the look of a value without regard to its place.
pub(crate) fn look(value: &[u8]) -> Look {
    look_in(Code, value)
}

fn look_in(place: Place, value: &[u8]) -> Look {
    let seen = Seen::new(value);
    count_steps(PASSES * (2 + seen.value.len()));
    let mut rows = LOOKS.iter().filter(|(upto, ..)| place <= *upto);
    let first = rows.find(|(_, holds, _)| holds(&seen));
    first.map_or(Name, |(.., look)| *look)
}

/// The place of a value, which determines whether it may be code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// The value is not quoted, so it may be a variable, a call or a type.
    Code,
    /// The value is quoted, so it is a text. Only a complete reference is read as one.
    Text,
    /// The value is quoted, and it is a password: it may also have the form of a type or an algorithm.
    Password,
}

use Look::{
    Hash, Mixed, Name, Number, Path, Phrase, Placeholder, Prose, Public, Random, Reference,
    Sentence, ShortNumber, Uuid, Word,
};
use Place::{Code, Password, Text};

/// Conditions, each with the last place where it applies and the look that it gives. The first condition that holds
/// decides; if none holds, the value is a name.
const LOOKS: &[(Place, Condition, Look)] = &[
    (Password, |seen| seen.is_no_value(), Placeholder),
    (Password, |seen| is_masked(seen.value), Placeholder),
    // In quotes, a password may have such signs in its middle.
    (Text, |seen| memchr::memmem::find(seen.value, STARS).is_some(), Placeholder),
    (Text, |seen| is_type(seen.word), Placeholder),
    (Password, |seen| is_complete_reference(seen.word), Reference),
    (Code, |seen| is_reference(seen.word), Reference),
    (Password, |seen| seen.has_random_words(), Random),
    (Password, |seen| seen.is_sentence(), Sentence),
    (Password, |seen| seen.has_blanks(), Phrase),
    (Password, |seen| is_uuid(seen.word), Uuid),
    (Password, |seen| seen.is_short_number(), ShortNumber),
    (Password, |seen| seen.is_number(), Number),
    (Password, |seen| is_prose(seen.word), Prose),
    (Text, |seen| seen.names_an_algorithm(), Placeholder),
    (Password, |seen| is_word(seen.word), Word),
    (Password, |seen| is_path(seen.word), Path),
    (Password, |seen| seen.is_long_hexadecimal(), Hash),
    (Password, |seen| is_public(seen.word), Public),
    (Password, |seen| seen.is_mostly_random(), Random),
    (Password, |seen| is_dotted(seen.word), Path),
    (Password, |seen| seen.is_chosen(), Mixed),
    (Password, |seen| seen.has_irregular_letters(), Mixed),
];

type Condition = fn(&Seen<'_>) -> bool;

/// A value, prepared for the conditions of [`LOOKS`].
struct Seen<'v> {
    /// The value, or the beginning of a long value.
    value: &'v [u8],
    /// The value without the punctuation of a sentence at its end.
    word: &'v [u8],
    digits: usize,
    letters: usize,
}

impl<'v> Seen<'v> {
    fn new(value: &'v [u8]) -> Self {
        let value = &value[..value.len().min(LOOKED_AT)];
        count_steps(value.len());
        let word = trim_end(value);
        let count = |is_in: fn(&u8) -> bool| word.iter().filter(|byte| is_in(byte)).count();
        Self {
            value,
            word,
            digits: count(u8::is_ascii_digit),
            letters: count(|byte| class!("a-zA-Z", or_wide).has(*byte)),
        }
    }

    /// Whether the value is a literal or `<REDACTED>`.
    fn is_no_value(&self) -> bool {
        is_literal(self.word) || is_redacted(self.value, 0)
    }

    fn has_blanks(&self) -> bool {
        self.word.iter().any(u8::is_ascii_whitespace)
    }

    /// Whether the value consists of random words, as a hash and its salt do: `Encrypted 2be98afc86aa7f2e4cb79…`.
    fn has_random_words(&self) -> bool {
        let text = self.word.strip_prefix(b"Encrypted ").unwrap_or(self.word);
        self.has_blanks() && text.split(u8::is_ascii_whitespace).all(is_random)
    }

    /// Whether the value is a sentence: words with blanks between them, which are more than seven, or of which at least
    /// a third are frequent in sentences.
    fn is_sentence(&self) -> bool {
        if !self.has_blanks() {
            return false;
        }
        let words: Vec<_> = self
            .word
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty())
            .take(8)
            .collect();
        let prose = words.iter().filter(|word| is_prose(word)).count();

        prose * 3 >= words.len() || words.len() == 8
    }

    fn is_number(&self) -> bool {
        self.digits == self.word.len()
    }

    fn is_short_number(&self) -> bool {
        self.is_number() && self.word.len() < 6
    }

    fn names_an_algorithm(&self) -> bool {
        self.word.len() < 32 && is_algorithm(self.word)
    }

    fn is_long_hexadecimal(&self) -> bool {
        self.digits > 0 && class!("0-9a-fA-F").fits(self.word, 32..)
    }

    fn is_mostly_random(&self) -> bool {
        random_letters(self.word) >= self.word.len().clamp(5, 8)
    }

    /// Whether the value has letters and digits and may be a chosen password, unlike a name with a number, `orders-2`.
    fn is_chosen(&self) -> bool {
        match (self.digits, self.letters) {
            (0, _) | (_, 0) => false,
            (digits, letters) if digits + letters < 5 => false,
            _ => self.word.len() >= 6 && !is_numbered_name(self.word),
        }
    }

    fn has_irregular_letters(&self) -> bool {
        match self.letters {
            0..6 => false,
            letters => letters == self.word.len() && is_irregular(self.word),
        }
    }
}

/// Removes the punctuation of a sentence at the end of a word.
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
    let is_sign = |byte: &u8| byte.is_ascii() && !byte.is_ascii_alphanumeric();
    LITERAL_WORDS.contains(word)
        || CHOSEN_LIST.contains(word)
        || word.iter().all(is_sign)
        || class!("xX*.#_-").fits(word, 3..)
        || is_instruction(word)
}

/// Whether the word tells what to write in its place: `your-api-key`, `YOUR_256_BIT_SECRET`.
fn is_instruction(word: &[u8]) -> bool {
    let is_name = class!("a-z0-9_-").all(word) || class!("A-Z0-9_-").all(word);
    is_name && words!("your_, your-, value_specified_, replace_with, replace-with").begins(word)
}

/// Whether another program masked the value: `[REDACTED alloc::string::String]`, `ab****`.
fn is_masked(value: &[u8]) -> bool {
    // Most pairs of bytes begin no mask.
    let may_begin = |place: usize| {
        class!("RrFfOoHhMmXx([", or_wide).has(value[place])
            && class!("EeIiMmHhFfAaXx", or_wide).has(at(value, place + 1))
    };
    let is_mask = |place: usize| may_begin(place) && MASKS.begins(&value[place..]);
    match value {
        [b'*', ..] if value.starts_with(STARS) => true,
        [.., b'*'] if value.ends_with(STARS) => true,
        _ => (0..value.len()).any(is_mask),
    }
}

/// Whether the word is a type or a declaration, as in `Option<String>`, `List[str]`, `varchar(255)` and `a::B`.
fn is_type(word: &[u8]) -> bool {
    let head = class!("a-zA-Z").end(word, 0, 24);
    let has_type = match (at(word, head), word.last()) {
        (b'<', Some(b'>')) | (b'[', Some(b']')) | (b'(', Some(b')')) => {
            GENERIC_TYPES.has(&word[..head])
        }
        _ => false,
    };
    let is_scoped = memchr::memmem::find(word, b"::").is_some() && random_letters(word) == 0;
    class!("a-zA-Z0-9_<>[]():&,| ").all(word) && (has_type || is_scoped)
}

/// Whether the word consists of names of algorithms and their sizes: `sha256WithRSA`, `aes-256-cbc`, `HS256`.
pub(crate) fn is_algorithm(word: &[u8]) -> bool {
    let mut parts = word
        .split(|byte| !byte.is_ascii_alphanumeric())
        .flat_map(|part| part.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()));
    parts.next().is_some_and(|name| ALGORITHM_WORDS.contains(name))
        && parts.all(|part| ALGORITHM_WORDS.contains(part) || ALGORITHM_PARTS.has(part))
}

/// Whether the value is a reference: `${VAR}`, `$(command)`, `{{ var }}`, `<password>`, `%s`, `:bind`, `call()`,
/// `arn:…`.
fn is_reference(value: &[u8]) -> bool {
    let is_identifier = |inner: &[u8]| match inner {
        [] | [b'0'..=b'9', ..] => false,
        _ => class!("a-zA-Z0-9_. -").all(inner),
    };
    match value {
        _ if class!("$%{#@fFeE").has(at(value, 0)) && REFERENCES.begins(value) => true,
        [head @ .., b'(', b')'] if is_identifier(head) => true,
        [b'$', inner @ ..] => is_variable(inner),
        // An annotation: `@db.VarChar(60)`.
        [b'@', inner @ ..] => is_call(inner),
        [b'<', inner @ .., b'>'] => class!("a-zA-Z0-9 _:.'()/,|-").all(inner) && !is_made_up(inner),
        [b'[', inner @ .., b']'] => class!("a-zA-Z_ -").all(inner),
        [b'{', inner @ .., b'}'] | [b':', inner @ ..] => class!("a-z_. -").all(inner),
        [b'%', inner @ .., b'%'] => is_identifier(inner),
        [b'%', inner @ ..] => class!("a-zA-Z0-9").fits(inner, ..=2),
        [b'!', inner @ ..] => at(inner, 0).is_ascii_uppercase() && class!("a-zA-Z").all(inner),
        _ => is_call(value),
    }
}

/// Whether a text is a reference as a whole: `${VAR}`, `$(command)`, `$VAR`, `arn:…`, `env:VAR`.
fn is_complete_reference(value: &[u8]) -> bool {
    match value {
        [b'$', b'(', .., b')'] | [b'$' | b'#', b'{', .., b'}'] | [b'{', b'{', .., b'}', b'}'] => {
            true
        }
        [b'e', b'n', b'v', b':', name @ ..] => class!("A-Z0-9_").all(name),
        [b'f', b'i', b'l', b'e', b':', path @ ..] => path.contains(&b'/'),
        _ => COMPLETE.begins(value) || is_no_password(value),
    }
}

/// Whether the text after a `$` is a variable, as in `DB_PASSWORD`, `db_password`, `env[`, `this->` and `1`.
fn is_variable(inner: &[u8]) -> bool {
    let runs = inner.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    let numbers = runs.filter(|run| run[0].is_ascii_digit()).count();
    match &inner[run_end(inner, 0, 64, is_name)..] {
        // The name of a variable rarely has a second number, or a long one at its end.
        [] => numbers < 2 && !is_chosen_name(inner),
        [b'[' | b'(', ..] => true,
        rest => rest.starts_with(b"->"),
    }
}

/// Whether letters of both cases and a number, or small letters and a longer one, follow a `$`: `Walrus45`, `ecret2026`.
fn is_chosen_name(inner: &[u8]) -> bool {
    let end = class!("a-z").start(inner, inner.len(), 2);
    let digits = end - class!("0-9").start(inner, end, 64);
    let has_small = class!("a-z").any(inner);
    let is_mixed = has_small && class!("A-Z").any(inner);
    has_small && digits > if is_mixed { 1 } else { 2 }
}

/// Whether the value is a call or an index expression, as in `os.environ["X"]` and `load(x).token`.
fn is_call(value: &[u8]) -> bool {
    let end = head_of_call(value);
    let last = value.iter().rposition(|byte| b")]".contains(byte));
    let member = class!("a-zA-Z_.>:?!-");
    match (end, last) {
        (Some(end), Some(close)) if close > end => {
            let tail = &value[close + 1..];
            !at(tail, 0).is_ascii_alphanumeric() && member.all(tail)
        }
        _ => false,
    }
}

/// Returns the position of the bracket if the value begins like a call or an index expression, `load(`, `env[`.
pub(crate) fn head_of_call(value: &[u8]) -> Option<usize> {
    let end = class!("a-zA-Z0-9_.:>!-").end(value, 0, 80);
    let head = class!("([").has(at(value, end)).then(|| &value[..end])?;
    let digits = head.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_name = match (digits, head) {
        (_, [] | [_]) => false,
        (0, _) => true,
        // Some names of functions have a number between letters: `bin2hex`.
        (1 | 2, [.., last]) => end > 5 && !last.is_ascii_digit(),
        _ => false,
    };
    let is_code = head.contains(&b'.') || !class!("A-Z").any(head);
    (is_name && is_code).then_some(end)
}

/// Returns the number of letters and digits in the parts of a value that change their class or case often.
fn random_letters(value: &[u8]) -> usize {
    value
        .split(|byte| !byte.is_ascii_alphanumeric())
        .filter(|part| changes_often(part))
        .map(<[u8]>::len)
        .sum()
}

/// Whether the letters and digits change their class or case more often than those of words.
fn changes_often(part: &[u8]) -> bool {
    let class = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        _ => 2,
    };
    // A change from a capital letter to the rest of its word does not count.
    let turns = part
        .windows(2)
        .map(|pair| (class(pair[0]), class(pair[1])))
        .filter(|turn| turn.0 != turn.1 && *turn != (2, 1));
    let changes = turns.count();
    let has_digits = class!("0-9").any(part);
    let needed = if has_digits { 2.max(part.len() / 8) } else { 3.max(part.len() / 4) };
    part.len() >= 4 && changes >= needed
}

pub(crate) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

pub(crate) fn is_camel(word: &[u8]) -> bool {
    word.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

/// Whether the value consists of letters of one case, except for a capital letter at the beginning.
fn is_word(value: &[u8]) -> bool {
    match value {
        [] => false,
        [first, tail @ ..] if class!("a-z", or_wide).all(tail) => {
            class!("a-zA-Z", or_wide).has(*first)
        }
        _ => class!("A-Z", or_wide).all(value),
    }
}

/// Whether the word consists of words with dots between them, such as a property or a host name.
fn is_dotted(word: &[u8]) -> bool {
    let mut labels = word.split(|byte| *byte == b'.');
    word.contains(&b'.') && labels.all(|label| class!("a-zA-Z_-").only(label))
}

/// Whether the letters of both cases do not form words, as in `dEfjoZBR`.
fn is_irregular(word: &[u8]) -> bool {
    // An abbreviation ends the name: `ClientIP`.
    let end = class!("A-Z").start(word, word.len(), 3);
    let word = if word[0].is_ascii_uppercase() { &word[..end] } else { word };
    let humps = word.split(u8::is_ascii_uppercase);
    humps.filter(|hump| hump.len() < 2).count() > 2
}

/// Whether the word consists of words and short numbers that signs join: `orders-2`, `final.3`, `eu-west-1`.
fn is_numbered_name(word: &[u8]) -> bool {
    let is_number = |part: &[u8]| class!("0-9").fits(part, ..=2);
    let mut parts = word.split(|byte| b"-_./:".contains(byte));
    let mut humps =
        parts.clone().filter(|part| is_word(part)).map(|part| part[0].is_ascii_uppercase());
    let first = humps.next();
    // Words of both cases and a number are rather a passphrase: `copper-Lantern-47`.
    if humps.any(|is_upper| Some(is_upper) != first) {
        return false;
    }
    let are_names = parts.clone().all(|part| is_number(part) || is_word(part));
    are_names && parts.any(|part| part.len() > 1 && is_word(part))
}

/// Whether the word is a host, an address, a date, a time, a version or a digest.
fn is_public(word: &[u8]) -> bool {
    let is_date = class!("0-9.:/TZ+, v-").all(word) && class!(".:/-").any(word);
    if is_date && word.len() < 40 || DIGESTS.begins(word) {
        return true;
    }
    // The address of an object in memory.
    if let [b'0', b'x', digits @ ..] = word {
        return class!("0-9a-fA-F").fits(digits, ..=16);
    }

    let end = class!("a-zA-Z0-9_.-").end(word, 0, 255);
    let host = &word[..end];
    let has_host = match &word[end..] {
        [] => true,
        [b':', port @ ..] => class!("0-9").only(port),
        _ => false,
    };
    has_host && is_domain(host) && random_letters(host) < 6
}

/// Whether the text is a domain or an IPv4 address: `a.example.com`, `10.0.0.1`.
pub(crate) fn is_domain(host: &[u8]) -> bool {
    let labels: Vec<_> = host.split(|byte| *byte == b'.').take(16).collect();
    if !labels.iter().all(|label| (1..64).contains(&label.len())) {
        return false;
    }
    let is_number = |label: &&[u8]| class!("0-9").fits(label, ..=3);
    match (labels.as_slice(), labels.last()) {
        ([_, _, ..], Some(top @ [b'a'..=b'z', ..])) => class!("a-z").fits(top, 2..=24),
        ([_, _, ..], Some(top @ [b'A'..=b'Z', ..])) => class!("A-Z").fits(top, 2..=24),
        ([_, _, _, _], _) => labels.iter().all(is_number),
        _ => false,
    }
}

/// Whether the value is a path or a URL: `/etc/ssl/key.pem`, `~/.ssh/id_rsa`, `C:\keys\x`, `https://…`.
fn is_path(value: &[u8]) -> bool {
    if memchr::memmem::find(value, b"://").is_some_and(|at| (2..24).contains(&at)) {
        return true;
    }
    let slashes = memchr::memchr_iter(b'/', value).count();
    let start = match value {
        [b'~' | b'.', b'/', ..] => 2,
        [_, b':', b'\\', ..] => 3,
        [b'/', ..] => 1,
        // A relative path: `keys/prod/db.pem`.
        _ => match slashes {
            0 => return false,
            1 if !value.contains(&b'.') => return false,
            _ => 0,
        },
    };
    let tail = &value[start..];
    let is_segment = |part: &[u8]| part.len() < 40 && !changes_often(part);
    let has_form = match start {
        0 | 1 => class!("/.").any(tail) || class!("a-z").all(tail),
        _ => true,
    };

    let mut segments = tail.split(|byte| b"/\\._-:".contains(byte));
    has_form && segments.all(is_segment) && class!("a-zA-Z0-9_/\\. :@~-").all(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_its_look() {
        for (value, wanted) in [
            ("none", Placeholder),
            ("********", Placeholder),
            ("HS256", Placeholder),
            ("Option<String>", Placeholder),
            ("${DB_PASSWORD}", Reference),
            ("$(cat", Reference),
            ("os.environ[\"X\"]", Reference),
            ("load_token()", Reference),
            ("arn:aws:iam::1:role/x", Reference),
            ("must not be empty", Sentence),
            ("is", Prose),
            ("/etc/ssl/key.pem", Path),
            ("db.example.com", Public),
            ("2026-01-02", Public),
            ("winter", Word),
            ("copper-lantern", Name),
            ("eu-west-1", Name),
            ("maple orbit velvet tundra", Phrase),
            ("1234", ShortNumber),
            ("218693377", Number),
            ("6f9619ff-8b86-d011-b42d-00cf4fc964ff", Uuid),
            ("copper-lantern-maple-orbit-tundra-oa", Name),
            ("Copper0956", Mixed),
            ("hunter2", Mixed),
            ("ab!7c^dee", Mixed),
            ("9f86d081884c7d659a2feaa0c55ad015", Hash),
            ("a1B2c3D4", Random),
            ("SQ6J3LZVWMVE7l1HOru19If8n9OK", Random),
        ] {
            assert_eq!(look(value.as_bytes()), wanted, "{value}");
        }
    }
}
