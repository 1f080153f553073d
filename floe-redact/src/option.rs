//! Arguments of commands: `--password x`, `-p x`, `-ppass`, `-u user:pass`.

use crate::candidate::{self, Key};
use crate::finding::Evidence;
use crate::lexer::Kind;
use crate::rules::commands::{CommandOption, Form, OPTIONS, USER_OPTIONS};
use crate::rules::keys::KeyKind;
use crate::scan::Scan;
use crate::score::{Bond, Context, Look, is_placeholder, look};
use crate::text::{is_one_of, part};
use crate::value::{self, Site, Value};

/// How many tokens of the line before an option are read.
const LOOK_BACK: usize = 64;

/// `--password value`, `"--token", "value"`.
pub(crate) fn long(scan: &mut Scan<'_>, key: Key) -> bool {
    if !key.is_option {
        return false;
    }
    if rejected(scan, key) {
        return true;
    }
    let Some(found) = argument(scan, key.after, key.place) else {
        return false;
    };
    // `add_argument("--password", default=None)`
    if key.quote.is_some() && !found.quoted {
        return true;
    }
    let context = Context {
        kind: key.meaning.kind,
        bond: Bond::Option,
        quoted: found.quoted,
        is_compound: false,
        quoted_key: false,
        in_query: false,
    };
    if key.meaning.kind == KeyKind::Authorization {
        let place = scan.tokens.place_at(found.start).unwrap_or(key.after);
        crate::header::authorization(
            scan,
            place,
            Site {
                from: key.place,
                ..Site::default()
            },
            key.meaning.rule,
        );
        return true;
    }
    let _ = !part(scan.text, found.start, found.end).starts_with(b"-")
        && candidate::accept(scan, key, found, context);
    true
}

/// `invalid value '…' for '--token <TOKEN>'`: the value stands before the option.
fn rejected(scan: &mut Scan<'_>, key: Key) -> bool {
    let mut at = key.place;
    while at > 0 && key.place - at < 4 && scan.tokens.kind(at) != Kind::Quote {
        at -= 1;
    }
    let (Some(word), Some(close)) = (at.checked_sub(2), at.checked_sub(4)) else {
        return false;
    };
    if scan.tokens.word(word) != Some(b"for") || scan.tokens.kind(close) != Kind::Quote {
        return false;
    }
    let Some(open) = scan.tokens.get(close).and_then(|token| token.mate) else {
        return false;
    };
    let Some(found) = value::quoted(&mut scan.tokens, open) else {
        return false;
    };
    let mut context = Context::structure(key.meaning.kind);
    context.is_compound = key.meaning.is_compound;
    scan.judge(found.start, found.end, key.meaning.rule, context)
}

/// The argument behind an option, in a shell line or in a printed list of arguments.
fn argument(scan: &mut Scan<'_>, after: usize, from: usize) -> Option<Value> {
    let tokens = &mut scan.tokens;
    let mut place = after;
    if tokens.closes_before(place, place) && tokens.kind(place) == Kind::Quote {
        place += 1;
    }
    if matches!(tokens.kind(place), Kind::Sign(b',' | b'=')) {
        place = tokens.skip_lines(place + 1);
    } else if tokens.kind(place) == Kind::Blank
        || place > after
        || matches!(tokens.kind(place - 1), Kind::Quote)
    {
        place = tokens.skip_blanks(place);
        // A shell's line goes on behind a backslash.
        if tokens.is_sign(place, b'\\') && tokens.kind(place + 1) == Kind::Line {
            place = tokens.skip_lines(place + 1);
        }
    } else {
        return None;
    }
    let is_next = tokens.is_sign(place, b'-')
        && (tokens.is_sign(place + 1, b'-')
            || tokens.word(place + 1).is_some_and(|word| word.len() == 1));
    if is_next {
        return None;
    }
    let site = Site {
        from,
        is_assigned: true,
        ..Site::default()
    };
    value::value(tokens, place, site)
}

/// A short option whose letter is at the anchor, or `-user`.
pub(crate) fn short(scan: &mut Scan<'_>, anchor: usize) {
    let Some(place) = scan.tokens.seek(anchor) else {
        return;
    };
    let Some(word) = scan.tokens.word(place) else {
        return;
    };
    let Some(mut lead) = place
        .checked_sub(1)
        .filter(|&dash| scan.tokens.is_sign(dash, b'-'))
    else {
        return;
    };
    if lead > 0 && scan.tokens.is_sign(lead - 1, b'-') {
        lead -= 1;
    }
    let is_option = lead == 0
        || matches!(
            scan.tokens.kind(lead - 1),
            Kind::Blank | Kind::Line | Kind::Quote | Kind::Open(_) | Kind::Sign(b',' | b'=')
        );
    if !is_option {
        return;
    }
    let line = Line::before(scan, lead);
    for option in OPTIONS {
        let is_user = option.form == Form::AfterColon
            && option.option == "u"
            && is_one_of(word, &["user", "username", "proxy-user"]);
        let letter = option.option.as_bytes();
        let is_quoted = word == letter && scan.tokens.opens_quote(place + 1);
        let is_attached = option.form == Form::Attached
            && (word.len() > 1 && word.starts_with(letter) || is_quoted)
            && !is_one_of(word, option.except);
        // `-su bob:x` and `-ubob:x` of curl.
        let is_joined = option.form == Form::AfterColon && letter == b"u" && line.has(&["curl"]);
        let is_grouped = is_joined
            && word.len() <= 4
            && word.ends_with(letter)
            && word.iter().all(u8::is_ascii_alphabetic);
        let is_pair = is_joined
            && word.len() > 1
            && word.starts_with(letter)
            && scan.tokens.is_sign(place + 1, b':');
        let is_it = word == letter || is_user || is_grouped;
        if !(is_it || is_attached || is_pair) || option.form == Form::Attached && !is_attached {
            continue;
        }
        if !line.is_of(option) {
            continue;
        }
        if is_attached && is_quoted {
            if let Some(found) = value::quoted(&mut scan.tokens, place + 1)
                && !is_placeholder(part(scan.text, found.start, found.end))
            {
                scan.redact(found.start, found.end, option.id, Evidence::Structure);
            }
            return;
        }
        if is_pair {
            if let Some(found) = value::bare(
                &mut scan.tokens,
                place,
                Site {
                    from: lead,
                    ..Site::default()
                },
            ) {
                redact(scan, option, found, &line);
            }
            return;
        }
        if is_attached {
            let start = scan.tokens.start(place) + option.option.len();
            let end = value::bare(
                &mut scan.tokens,
                place,
                Site {
                    from: lead,
                    ..Site::default()
                },
            )
            .map_or(start, |found| found.end);
            if !is_placeholder(part(scan.text, start, end)) {
                scan.redact(start, end, option.id, Evidence::Structure);
            }
            return;
        }
        let Some(found) = argument(scan, place + 1, place) else {
            return;
        };
        if redact(scan, option, found, &line) {
            return;
        }
    }
}

/// Redacts the password in an argument; whether there was one.
fn redact(scan: &mut Scan<'_>, option: &CommandOption, found: Value, line: &Line<'_>) -> bool {
    let text = part(scan.text, found.start, found.end);
    let sign = match option.form {
        Form::AfterColon => Some(b':'),
        Form::AfterPercent => Some(b'%'),
        Form::Attached | Form::Separate => None,
    };
    let start = match sign {
        Some(sign) => match memchr::memchr(sign, text) {
            Some(colon) => colon + 1,
            None => return false,
        },
        None => 0,
    };
    let (user, password) = (&text[..start], &text[start..]);
    let is_number = |word: &[u8]| {
        word.iter()
            .all(|byte| byte.is_ascii_digit() || b":.-/".contains(byte))
    };
    let is_harmless = password.is_empty()
        || is_placeholder(password)
        || user.starts_with(b"<") || user.starts_with(b"[")
        || password.starts_with(b"-")
        || sign.is_some() && (password.starts_with(b"/") || is_number(user) && is_number(password))
        // Without a command that is known, a number is a port and a path is a path.
        || sign.is_none()
            && !line.is_named(option)
            && (is_number(password) && (password.len() <= 5 || password.contains(&b':')) || look(password) == Look::Path);
    if !is_harmless {
        scan.redact(
            found.start + start,
            found.end,
            option.id,
            Evidence::Structure,
        );
    }
    !is_harmless
}

/// The words of the line before an option.
struct Line<'t> {
    words: Vec<&'t [u8]>,
    has_user: bool,
}

impl<'t> Line<'t> {
    fn before(scan: &mut Scan<'t>, lead: usize) -> Self {
        let mut words = Vec::new();
        let mut has_user = false;
        for at in (lead.saturating_sub(LOOK_BACK)..lead).rev() {
            match scan.tokens.kind(at) {
                Kind::Word => {
                    let word = scan.tokens.word(at).unwrap_or_default();
                    let is_option = at > 0 && scan.tokens.is_sign(at - 1, b'-');
                    has_user |= is_option
                        && (is_one_of(word, USER_OPTIONS)
                            || matches!(word[0], b'u' | b'U') && !word.contains(&b'-'));
                    words.push(word);
                }
                Kind::Line
                    if scan.tokens.start(at) > 0
                        && !scan.tokens.is_sign(at.saturating_sub(1), b'\\') =>
                {
                    break;
                }
                Kind::Sign(b';' | b'|') => break,
                _ => {}
            }
        }
        Self { words, has_user }
    }

    fn has(&self, commands: &[&str]) -> bool {
        self.words
            .iter()
            .any(|word| commands.iter().any(|command| *word == command.as_bytes()))
    }

    fn is_named(&self, option: &CommandOption) -> bool {
        self.has(option.commands)
    }

    /// Whether the option is one of a command in the line.
    fn is_of(&self, option: &CommandOption) -> bool {
        if !option.commands.is_empty() {
            return self.is_named(option);
        }
        let is_excepted = self.has(option.except) && !self.has(&["login"]);
        !is_excepted && (self.has_user || option.form == Form::AfterColon)
    }
}
