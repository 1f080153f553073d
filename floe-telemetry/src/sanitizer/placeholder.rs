//! Values that hold no secret: a literal, a mask, a variable, a type, a word of a sentence.

use super::bound::is_mark;
use super::homonym::is_command_name;
use super::lexicon;
use super::reference::is_lookup;
use super::shape::{LONGEST, holds_made_up, is_opaque, trim_end};
use super::template::{asks_for_it, is_template};
use super::text::{at, is_name, is_redacted, run_end};
use super::{quantity, words};

/// A word of a sentence.
pub(super) fn is_prose(word: &[u8]) -> bool {
    let word = trim_end(word, b".,;:!?)");
    words::PROSE.has(word) || is_contraction(word)
}

/// `can't`, `won't`.
fn is_contraction(word: &[u8]) -> bool {
    word.len() <= 9
        && word.ends_with(b"n't")
        && word[..word.len() - 2].iter().all(u8::is_ascii_alphabetic)
}

/// `This field is required.`: what is wrong with a value, in the place of the value.
pub(super) fn is_sentence(value: &[u8]) -> bool {
    if !value.contains(&b' ') {
        return false;
    }
    let words = value
        .split(|byte| b" \"'".contains(byte))
        .filter(|word| !word.is_empty());
    let known = words.clone().filter(|word| is_prose(word)).count();
    value.len() <= LONGEST
        && known >= 2
        && known * 3 >= words.clone().count()
        && !words.into_iter().any(|word| is_opaque(word, 8))
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
    if word.iter().all(u8::is_ascii_alphanumeric) {
        return words::LITERALS.has(word)
            || word.iter().all(|byte| matches!(byte, b'x' | b'X'))
            // Flags, and a pointer to nothing.
            || matches!(word, b"0" | b"1" | b"0x0")
            || find_mask(word)
            || is_metavariable(word)
            || is_prompt(value);
    }
    words::LITERALS.has(type_name)
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
        || is_expression(word)
        || is_command_name(word)
        || is_remark(word)
        || asks_for_it(word)
        || is_prompt(value)
}

/// `getpass.getpass()`, `self.password`, `DB_PASSWORD`, `:password`, `await`: code that gets the value.
pub(super) fn is_expression(word: &[u8]) -> bool {
    let path = run_end(word, 0, 64, |byte| {
        byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.')
    });
    let (path, rest) = word.split_at(path);
    if let [b':', name @ ..] = word {
        return !name.is_empty()
            && name
                .iter()
                .all(|byte| byte.is_ascii_lowercase() || *byte == b'_');
    }
    match rest.first() {
        None => {
            let is_joined = path.iter().skip(1).any(|byte| matches!(byte, b'_' | b'.'));
            // `random_password.db.result` is a reference.
            let parts = path.split(|byte| *byte == b'.').count();
            // So is `java.lang.String`.
            let last = path.iter().rposition(|byte| *byte == b'.').unwrap_or(0);
            let is_class =
                path.starts_with(b"java.") || !path[last..].iter().any(u8::is_ascii_uppercase);
            let is_reference =
                parts >= 3 && is_class && !path[..last].iter().any(u8::is_ascii_uppercase);
            is_joined && (is_reference || lexicon::classify(path) == Some(lexicon::Class::Strong))
        }
        // The call may go on behind the end of the value.
        Some(b'(') => {
            let is_method = path.contains(&b'.') && path[0].is_ascii_lowercase();
            let is_named =
                matches!(rest.get(1), Some(b'"' | b'\'')) && (is_method || is_lookup(path));
            // `password.into(`, of which the rest stands outside of the value.
            let is_cut = rest.len() == 1 && path.contains(&b'.');
            !path.is_empty() && (rest.contains(&b')') || is_mark(&rest[1..]) || is_named || is_cut)
        }
        // `req.headers.authorization?.split(`
        Some(b'?') => {
            let is_code = |byte: &u8| byte.is_ascii_alphabetic() || b"._?([".contains(byte);
            rest.get(1) == Some(&b'.') && path.contains(&b'.') && rest.iter().all(is_code)
        }
        // `base64(user:password)`
        Some(b'6') => {
            let mut words = rest.split(|byte| b"():,".contains(byte));
            path == b"base" && words.next() == Some(b"64") && words.any(lexicon::is_noun)
        }
        // `fetch_env!("PASSWORD")`
        Some(b'!') => is_lookup(path) && rest.get(1) == Some(&b'('),
        // `os.environ["X"]`
        Some(b'[') => !path.is_empty() && matches!(rest.get(1), Some(b'"' | b'\'' | b':')),
        Some(_) => false,
    }
}

/// `-p PASSWORD`, `--token TOKEN`: what a usage text has in the place of a value.
fn is_metavariable(word: &[u8]) -> bool {
    word.iter().all(u8::is_ascii_uppercase) && lexicon::classify(word).is_some()
}

/// `getpass("New password: ")`, `&Token`: a question for it, a reference to a type.
fn is_prompt(value: &[u8]) -> bool {
    match value.trim_ascii_end() {
        [head @ .., b':' | b'?'] => {
            head.split(|byte| *byte == b' ').any(lexicon::is_noun) && !holds_made_up(head)
        }
        [b'&', first, tail @ ..] => {
            first.is_ascii_uppercase() && tail.iter().all(u8::is_ascii_alphabetic)
        }
        _ => false,
    }
}

/// `(known after apply)`, `(hidden, 12 chars)`.
fn is_remark(word: &[u8]) -> bool {
    let inner = match word {
        [b'(', inner @ .., b')'] => inner,
        _ => word,
    };
    let is_known = |word: &[u8]| {
        words::LITERALS.has(word)
            || words::PROSE.has(word)
            || quantity::is_unit(word)
            || word.len() <= 3 && word.iter().all(u8::is_ascii_digit)
    };
    inner.contains(&b' ')
        && (inner == b"known after apply"
            || inner.ends_with(b" value")
            || inner.split(|byte| b" ,".contains(byte)).all(is_known))
}

/// `[REDACTED alloc::string::String]`, `(hidden)`, `ab****`: somebody masked it before us.
fn find_mask(value: &[u8]) -> bool {
    let mark = b"redacted";
    is_bullets(value)
        || value
            .windows(mark.len())
            .any(|part| part[0] | 32 == b'r' && part.eq_ignore_ascii_case(mark))
        || value.contains(&b'*') && value.windows(4).any(|part| part == b"****")
}

/// `••••••`, `●●●`: one sign of three bytes again and again.
fn is_bullets(value: &[u8]) -> bool {
    if value.first().is_none_or(|byte| *byte < 0xe2) {
        return false;
    }
    let (signs, rest) = value.as_chunks::<3>();
    signs.len() >= 3 && rest.is_empty() && signs.iter().all(|sign| *sign == signs[0])
}

/// A password that is none: `****`, `xxxxx`, `${PASSWORD}`, `DB_PASSWORD`.
pub(super) fn is_masked(password: &[u8]) -> bool {
    let is_constant = |byte: &u8| byte.is_ascii_uppercase() || *byte == b'_';
    let last = || password.rsplit(|byte| *byte == b'_').next();
    let is_joined = || password.contains(&b'_') || password == b"PASSWORD";
    is_template(password)
        || password.iter().all(is_constant) && is_joined() && last().is_some_and(lexicon::is_noun)
        || find_mask(password)
        || password
            .iter()
            .all(|byte| matches!(byte, b'x' | b'X' | b'*'))
}

/// `Option<String>`, `List[str]`, `varchar(255)`: a declaration, not a value.
fn is_generic_type(word: &[u8]) -> bool {
    let is_path = word.windows(2).any(|pair| pair == b"::");
    if is_path
        && word
            .iter()
            .all(|byte| is_name(*byte) || matches!(byte, b':' | b'<' | b'>'))
    {
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
            "byte", "uint8",
        ]
        .iter()
        .any(|known| word[..head].eq_ignore_ascii_case(known.as_bytes()))
        && word[head..].iter().all(|byte| is_type_byte(*byte))
}

fn is_type_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'<' | b'>' | b'[' | b']' | b'(' | b')' | b':' | b'&')
}
