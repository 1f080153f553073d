//! What a value looks like: random, a placeholder, a word of prose, a path.
//!
//! A key or a prefix has to give the reason first; the shape only decides the doubtful cases, for
//! example `signature=` (a digest or an English word?) or `token: expected` (a value or a sentence?).

use super::text::{at, is_name, is_redacted, run_end};

/// No variable, path or doubtful value is longer. A value that is left in the text is read again from
/// the next key inside of it, so its length has to be bounded.
pub(super) const LONGEST: usize = 512;

/// Words that follow a key and a colon in a sentence about the key, not as its value.
const PROSE: &[&str] = &[
    "access",
    "already",
    "an",
    "and",
    "are",
    "argument",
    "at",
    "attempt",
    "auth",
    "authentication",
    "authorization",
    "bad",
    "be",
    "between",
    "but",
    "by",
    "can",
    "cannot",
    "check",
    "connection",
    "contains",
    "could",
    "couldn't",
    "denied",
    "did",
    "does",
    "doesn't",
    "empty",
    "error",
    "exceeded",
    "expected",
    "expired",
    "expires",
    "failed",
    "failure",
    "field",
    "for",
    "forbidden",
    "format",
    "found",
    "from",
    "got",
    "has",
    "have",
    "header",
    "if",
    "illegal",
    "in",
    "incorrect",
    "insufficient",
    "internal",
    "invalid",
    "is",
    "isn't",
    "it",
    "its",
    "key",
    "length",
    "line",
    "login",
    "malformed",
    "may",
    "mismatch",
    "missing",
    "must",
    "near",
    "needs",
    "neither",
    "no",
    "not",
    "of",
    "on",
    "only",
    "or",
    "out",
    "parse",
    "password",
    "permission",
    "please",
    "provided",
    "refused",
    "rejected",
    "request",
    "required",
    "requires",
    "reset",
    "resource",
    "returned",
    "revoked",
    "scheme",
    "server",
    "should",
    "signature",
    "status",
    "such",
    "syntax",
    "that",
    "the",
    "this",
    "timed",
    "timeout",
    "to",
    "token",
    "too",
    "unable",
    "unauthorized",
    "unexpected",
    "unknown",
    "unreachable",
    "unsupported",
    "use",
    "user",
    "using",
    "value",
    "verification",
    "wasn't",
    "was",
    "were",
    "when",
    "while",
    "with",
    "without",
    "wrong",
    "you",
];

/// What stands for "no value" or for a type, in the languages that error messages come from.
const LITERALS: &[&str] = &[
    "",
    "none",
    "null",
    "nil",
    "undefined",
    "true",
    "false",
    "nan",
    "n/a",
    "unset",
    "empty",
    "yes",
    "no",
    "redacted",
    "hidden",
    "masked",
    "filtered",
    "str",
    "string",
    "bytes",
    "int",
    "integer",
    "bool",
    "boolean",
    "text",
    "char",
    "varchar",
    "object",
    "any",
    "float",
    "number",
    "secret",
    "secretstr",
    "secretstring",
    "optional",
    "option",
    "self",
    "bearer",
    "basic",
    "env",
    "required",
    "missing",
    "vec",
    "list",
    "box",
    "arc",
    "cow",
];

/// A word of a sentence.
pub(super) fn is_prose(word: &[u8]) -> bool {
    let word = trim_end(word, b".,;:!?)");
    word.len() <= 14
        && PROSE
            .iter()
            .any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

fn trim_end<'t>(mut word: &'t [u8], what: &[u8]) -> &'t [u8] {
    while let [head @ .., last] = word
        && what.contains(last)
    {
        word = head;
    }
    word
}

/// Whether the value holds no secret: nothing, a literal, a mask, a variable, a type.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    if value.len() > 64 {
        return value.len() <= LONGEST && is_template(value);
    }
    let word = trim_end(value, b".,;:!?");
    let type_name = match word {
        [b'&' | b'*', tail @ ..] => tail,
        _ => word,
    };
    LITERALS
        .iter()
        .any(|known| type_name.eq_ignore_ascii_case(known.as_bytes()))
        || word
            .iter()
            .all(|byte| !byte.is_ascii_alphanumeric() && byte.is_ascii())
        || word
            .iter()
            .all(|byte| matches!(byte, b'x' | b'X' | b'*' | b'.' | b'#'))
        || is_redacted(value, 0)
        || find_mask(value)
        || is_template(value)
        || is_generic_type(word)
}

/// `[REDACTED alloc::string::String]`, `(hidden)`, `ab****`: somebody masked it before us.
fn find_mask(value: &[u8]) -> bool {
    value
        .windows(8)
        .any(|part| part.eq_ignore_ascii_case(b"redacted"))
        || value.windows(4).any(|part| part == b"****")
}

/// A password that is none: `****`, `xxxxx`, `${PASSWORD}`.
pub(super) fn is_masked(password: &[u8]) -> bool {
    is_template(password)
        || find_mask(password)
        || password
            .iter()
            .all(|byte| matches!(byte, b'x' | b'X' | b'*'))
}

/// `${VAR}`, `$VAR`, `{{ var }}`, `<password>`, `%s`, `%(password)s`, `{password}`.
fn is_template(value: &[u8]) -> bool {
    let name = |inner: &[u8]| {
        !inner.is_empty()
            && inner
                .iter()
                .all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'-' | b' '))
    };
    match value {
        [b'$', b'{', inner @ .., b'}'] => inner.iter().all(|byte| !matches!(byte, b'{' | b'}')),
        [b'{', b'{', .., b'}', b'}'] => true,
        [b'$', b'(', .., b')'] => true,
        [b'$', inner @ ..] => inner
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || *byte == b'_'),
        [b'<', inner @ .., b'>'] => {
            inner.len() < 40
                && inner
                    .iter()
                    .all(|b| b.is_ascii_alphabetic() || b" _-:.".contains(b))
        }
        [b'{', inner @ .., b'}'] => name(inner),
        [b'%', b'(', .., b')', b's'] => true,
        [b'%', inner @ ..] => inner.len() == 1 && inner[0].is_ascii_alphabetic(),
        _ => false,
    }
}

/// `Option<String>`, `List[str]`, `varchar(255)`: a declaration, not a value.
fn is_generic_type(word: &[u8]) -> bool {
    let is_path = word.windows(2).any(|pair| pair == b"::");
    if is_path && word.iter().all(|byte| is_name(*byte) || matches!(byte, b':' | b'<' | b'>')) {
        return true;
    }
    let head = run_end(word, 0, 24, |byte| {
        byte.is_ascii_alphabetic() || byte == b':'
    });
    let closes = matches!(
        (at(word, head), word.last()),
        (b'<', Some(b'>')) | (b'[', Some(b']')) | (b'(', Some(b')'))
    );
    closes
        && [
            "option", "optional", "list", "vec", "secret", "box", "arc", "varchar", "char", "cow",
        ]
        .iter()
        .any(|known| word[..head].eq_ignore_ascii_case(known.as_bytes()))
        && word[head..].iter().all(|byte| is_type_byte(*byte))
}

fn is_type_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'<' | b'>' | b'[' | b']' | b'(' | b')' | b':' | b'&')
}

/// A value that looks random: letters and digits in turns, or irregular case. Not a UUID, a date,
/// a host, a path, a version or words joined by dashes.
pub(super) fn is_opaque(value: &[u8], min: usize) -> bool {
    let value = trim_end(value, b".,;:!?");
    // A longer value looks like its beginning.
    let value = &value[..value.len().min(LONGEST)];
    value.len() >= min
        && !is_uuid(value)
        && value
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.~+/=%$!*^#@&:|?".contains(b))
        && (random_letters(value) >= min.min(12) || is_symbolic(value))
}

/// How many characters are in parts that change their class of characters often.
fn random_letters(value: &[u8]) -> usize {
    value
        .split(|byte| !byte.is_ascii_alphanumeric())
        .filter(|part| is_random(part))
        .map(<[u8]>::len)
        .sum()
}

/// Letters, digits and several of the symbols that only passwords have.
fn is_symbolic(value: &[u8]) -> bool {
    let symbols = value
        .iter()
        .filter(|byte| b"!#$^*~@?".contains(byte))
        .count();
    symbols >= 2
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_alphabetic)
}

/// Whether a run of letters and digits changes between them, or its case, oftener than words do.
fn is_random(part: &[u8]) -> bool {
    let kind = |byte: &u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        _ => 2,
    };
    let mut changes = 0;
    for pair in part.windows(2) {
        // A capital letter and the rest of its word are one turn.
        let (left, right) = (kind(&pair[0]), kind(&pair[1]));
        changes += usize::from(left != right && !(left == 2 && right == 1));
    }
    let digits = part.iter().filter(|byte| byte.is_ascii_digit()).count();
    let needed = if digits == 0 {
        part.len() / 4
    } else {
        part.len() / 8
    };
    part.len() >= 4 && changes >= 2 && changes >= needed && (digits > 0 || changes >= 3)
}

/// Eight, four, four, four and twelve hexadecimal digits.
pub(super) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A capital letter behind a small one.
pub(super) fn is_camel(word: &[u8]) -> bool {
    word.windows(2)
        .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

/// Letters of one case, perhaps after a capital: a word, not a credential.
pub(super) fn is_word_like(value: &[u8]) -> bool {
    let Some((first, tail)) = value.split_first() else {
        return true;
    };
    let lower = tail.iter().all(u8::is_ascii_lowercase);
    let upper = tail.iter().all(u8::is_ascii_uppercase) && first.is_ascii_uppercase();
    first.is_ascii_alphabetic() && (lower || upper)
}

/// `/etc/ssl/key.pem`, `~/.ssh/id_rsa`, `C:\keys\x`: names a file that holds the secret.
pub(super) fn is_path(value: &[u8]) -> bool {
    if value.len() > LONGEST {
        return false;
    }
    let start = match value {
        [b'~', b'/', ..] | [b'.', b'/', ..] => 2,
        [b'.', b'.', b'/', ..] | [_, b':', b'\\', ..] => 3,
        [b'/', ..] => 1,
        _ => return false,
    };
    let part_ok = |part: &[u8]| !is_random(part) && part.len() < 40;
    value[start..].split(|b| b"/\\._-".contains(b)).all(part_ok)
        && (start > 1
            || value[start..].iter().any(|byte| matches!(byte, b'/' | b'.'))
            || value[start..].iter().all(u8::is_ascii_lowercase))
}
