//! Arguments of functions and commands that are secrets because of their position.

use std::sync::LazyLock;

use crate::lexer::Kind;
use crate::rules::commands::{ARGUMENTS, Argument};
use crate::rules::keys::KeyKind;
use crate::scan::Scan;
use crate::score::{Bond, Context};
use crate::text::{before, part, run_start, word_at};
use crate::value::{self, Site, Value};

/// The last words of functions and the first of commands, in lower case, sorted.
static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let names = ARGUMENTS.iter().flat_map(|argument| argument.names);
    let words = names.filter_map(|name| match name.split_once(' ') {
        Some((command, _)) => Some(command),
        None => name.split(['.', '>', ':']).rfind(|word| !word.is_empty()),
    });
    let mut words: Vec<_> = words.map(str::to_ascii_lowercase).collect();
    words.extend(["credentials".to_owned(), "convertto".to_owned()]);
    words.sort_unstable();
    words
});

fn is_known(word: &[u8]) -> bool {
    let mut letters = [0; 40];
    let Some(lower) = letters.get_mut(..word.len()) else {
        return false;
    };
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    let lower = &*lower;
    WORDS
        .binary_search_by(|known| known.as_bytes().cmp(lower))
        .is_ok()
}

/// Looks at the word that contains an anchor.
pub(crate) fn scan(scan: &mut Scan<'_>, anchor: usize) {
    let word = word_at(scan.text, anchor);
    let hump = word.iter().rposition(u8::is_ascii_uppercase).unwrap_or(0);
    let tail = word
        .iter()
        .rposition(|byte| *byte == b'_')
        .map_or(0, |at| at + 1);
    let is_part = |from: usize| from > 0 && is_known(&word[from..]);
    if !is_known(word) && !is_part(hump) && !is_part(tail) {
        return;
    }
    let Some(place) = scan.tokens.seek(anchor) else {
        return;
    };
    let Some(token) = scan
        .tokens
        .get(place)
        .filter(|token| token.kind == Kind::Word)
    else {
        return;
    };
    if token.end <= scan.covered {
        return;
    }
    for argument in ARGUMENTS {
        for name in argument.names {
            let found = if name.contains(' ') || !is_function(argument) {
                command(scan, place, name, argument.place)
            } else {
                function(scan, place, name, argument.place)
            };
            let Some(found) = found else {
                continue;
            };
            let context = Context {
                kind: KeyKind::Password,
                bond: if is_function(argument) {
                    Bond::Structure
                } else {
                    Bond::Copula
                },
                quoted: found.quoted,
                is_compound: false,
                quoted_key: false,
                in_query: false,
            };
            let is_name = context.quoted && found.end - found.start < 4;
            if !is_name && scan.judge(found.start, found.end, argument.id, context) {
                return;
            }
        }
    }
}

fn is_function(argument: &Argument) -> bool {
    argument.id.starts_with("call")
}

/// `name("a", "b")`, `name=("a", "b")`
fn function(scan: &mut Scan<'_>, place: usize, name: &str, wanted: usize) -> Option<Value> {
    let text = scan.text;
    let token = scan.tokens.get(place)?;
    let start = run_start(text, token.end, name.len(), |_| true);
    if !part(text, start, token.end).eq_ignore_ascii_case(name.as_bytes()) {
        return None;
    }
    // A name is whole, or behind a dot.
    let is_hump = text[start].is_ascii_uppercase() && before(text, start).is_ascii_lowercase();
    if before(text, start).is_ascii_alphanumeric() && !is_hump {
        return None;
    }
    let tokens = &mut scan.tokens;
    let mut open = place + 1;
    if tokens.is_sign(open, b':')
        && tokens.is_sign(open + 1, b':')
        && tokens.word(open + 2).is_some()
    {
        open += 3;
    }
    if tokens.closes_before(open, place) {
        open += 1;
    }
    let sign = tokens.skip_blanks(open);
    if matches!(tokens.kind(sign), Kind::Sign(b'=' | b':')) {
        open = tokens.skip_blanks(sign + 1);
    }
    if tokens.kind(open) != Kind::Open(b'(') {
        return None;
    }
    let close = tokens.close(open).unwrap_or(usize::MAX);
    let mut at = tokens.skip_lines(open + 1);
    let mut current = 0;
    while at < close && at < open + 256 {
        tokens.get(at)?;
        if current == wanted {
            at = tokens.skip_lines(at);
            let found = value::value(
                tokens,
                at,
                Site {
                    from: open,
                    ..Site::default()
                },
            )?;
            // The last one, or one of a connection's.
            return found.quoted.then_some(found);
        }
        match tokens.kind(at) {
            Kind::Sign(b',') => current += 1,
            Kind::Quote if tokens.opens_quote(at) => at = tokens.close(at)?,
            Kind::Open(_) => at = tokens.close(at)?,
            _ => {}
        }
        at += 1;
    }
    None
}

/// `name word -option argument argument`
fn command(scan: &mut Scan<'_>, place: usize, name: &str, wanted: usize) -> Option<Value> {
    let start = scan.tokens.start(place);
    let end = start + name.len();
    if part(scan.text, start, end) != name.as_bytes() {
        return None;
    }
    let mut at = scan.tokens.place_at(end)?;
    // A printed list of arguments: `"AUTH" "…"`.
    at += usize::from(scan.tokens.closes_before(at, place));
    for current in 0..=wanted {
        if scan.tokens.kind(at) != Kind::Blank {
            return None;
        }
        at = scan.tokens.skip_blanks(at);
        let found = value::value(&mut scan.tokens, at, Site::default())?;
        if (part(scan.text, found.start, found.end).starts_with(b"/")
            || matches!(scan.tokens.kind(at), Kind::Open(_)))
            && current == wanted
        {
            return None;
        }
        // `LOGIN PASSWORD 'x'` is a clause of a statement.
        if current < wanted
            && scan
                .policy
                .meaning(part(scan.text, found.start, found.end))
                .is_some()
        {
            return None;
        }
        if current == wanted {
            return Some(found);
        }
        at = found.next;
    }
    None
}
