//! Text in, safe text out: credentials and personal data become [`REDACTED`].
//!
//! One pass finds the places worth a look (`finder`), a small grammar behind each kind of place
//! decides what there is a secret: `url`, `address`, `key_value` with `loose`, `header`, `token`,
//! `hash`, `jwk`, `pem`, `command_line`, `pii`; where only the place says it, `call` and `positional`.
//! Everything else stays, so the message keeps its use: scheme, host, database, key names and error
//! names. Every grammar reads a bounded distance back and consumes what it reads ahead, so the time
//! is linear in the text whatever it contains.

mod access_key;
mod address;
mod ahead;
mod anchors;
mod assertion;
mod bare;
mod base64;
mod bound;
mod bytes;
mod call;
mod card;
mod change;
mod code;
mod colour;
mod command_line;
mod commands;
mod container;
mod cookie;
mod copula;
mod device;
mod email;
mod endpoint;
mod escaped;
mod field;
mod finder;
mod foreign;
mod hash;
mod header;
mod homonym;
mod host;
mod htpasswd;
mod index;
mod insert;
mod jwk;
mod key_value;
mod keyword;
mod known;
mod lexeme;
mod lexicon;
mod list;
mod login;
mod loose;
mod mailbox;
mod name;
mod named;
mod operand;
mod otherwise;
mod owner;
mod pair;
mod parameters;
mod pattern;
mod pem;
mod pii;
mod placeholder;
mod policy;
mod positional;
mod process;
mod protocol;
mod quantity;
mod quote;
mod reference;
mod refusal;
mod remark;
mod reversed;
mod row;
mod rule;
mod scan;
mod sentence;
mod separator;
mod shape;
mod signs;
mod sql;
mod structure;
mod table;
mod template;
mod text;
mod token;
mod url;
mod url_path;
mod validator;
mod value;
mod vendors;
mod verdict;
mod windows;
mod word_list;
mod word_verdict;
mod words;

#[cfg(test)]
mod tests;

pub use endpoint::sanitize_url;
#[cfg(feature = "provider")]
pub(crate) use field::{KeyMeaning, meaning_with, sanitize_value_with};
use known::Known;
pub(crate) use policy::{Level, Policy};
#[cfg(feature = "provider")]
pub(crate) use process::set_policies;
pub(crate) use process::{sanitize_error, sanitize_sent, sanitize_sent_value};
pub(crate) use rule::Rule;
use scan::Scan;
use std::borrow::Cow;

/// The longest error message that is recorded, in characters.
const MAX_MESSAGE_CHARS: usize = 500;

/// A text of this length may be read several times.
const SHORT: usize = 4096;

/// A text of this length is looked over as a whole before anything else is asked.
#[cfg(feature = "provider")]
const PLAIN: usize = 64;

/// The text that replaces a secret.
pub const REDACTED: &str = "<REDACTED>";

/// Removes credentials and personal data from an error message, and truncates it to 500 characters.
///
/// Redacts before truncating, so a secret that begins inside the limit and ends behind it is found.
/// Applying it again changes nothing. A clean, short message is returned borrowed.
#[must_use]
pub fn sanitize_error_message(message: &str) -> Cow<'_, str> {
    sanitize_error_message_with(&policy::DEFAULT, message, &mut |_| {})
}

/// Removes credentials and personal data from a text, without truncating it.
#[must_use]
pub fn sanitize(text: &str) -> Cow<'_, str> {
    sanitize_with(&policy::DEFAULT, text, &mut |_| {})
}

/// Removes credentials only, for example from a configuration that is printed for its author.
#[must_use]
pub fn sanitize_credentials(text: &str) -> Cow<'_, str> {
    sanitize_with(&policy::CREDENTIALS, text, &mut |_| {})
}

/// [`sanitize_error_message`] by a policy; `fired` is told the rule of each redaction.
pub(crate) fn sanitize_error_message_with<'t>(
    policy: &Policy,
    message: &'t str,
    fired: &mut dyn FnMut(Rule),
) -> Cow<'t, str> {
    let clean = sanitize_with(policy, message, fired);
    let Some(cut) = cut_at(&clean) else {
        return clean;
    };
    let mut short = clean.get(..cut).unwrap_or_default().to_owned();
    // A number or a name that was harmless may look like a secret without its end.
    for _ in 0..8 {
        let Cow::Owned(again) = sanitize_with(policy, &short, fired) else {
            break;
        };
        let cut = cut_at(&again).unwrap_or(again.len());
        again.get(..cut).unwrap_or_default().clone_into(&mut short);
    }
    Cow::Owned(short)
}

/// [`sanitize`] by a policy; `fired` is told the rule of each redaction.
pub(crate) fn sanitize_with<'t>(
    policy: &Policy,
    text: &'t str,
    fired: &mut dyn FnMut(Rule),
) -> Cow<'t, str> {
    let mut known = Known::NOTHING;
    let Some(mut clean) = pass(policy, text, &mut known, fired) else {
        return Cow::Borrowed(text);
    };
    // A mark can stand where it completes a shape that the secret hid, so what was changed is read
    // again; more than one more round is for texts that nobody writes.
    let rounds = match text.len() {
        ..=1024 => 64,
        1025..=SHORT => 16,
        _ => 3,
    };
    for _ in 0..rounds {
        let mut known = known;
        let Some(cleaner) = pass(policy, &clean, &mut known, fired) else {
            break;
        };
        clean = cleaner;
    }
    Cow::Owned(clean)
}

/// Whether nothing in the text is a place where a rule of the policy could begin: what is quickly
/// said of most short texts. They come back as they are from all the functions here.
#[cfg(feature = "provider")]
#[inline]
pub(crate) fn is_plain(policy: &Policy, text: &[u8]) -> bool {
    text.len() <= PLAIN && policy.patterns.is_empty() && finder::has_none(policy, text)
}

/// The text without the secrets that one look finds, `None` if there are none. If there are, what was
/// found out is added to `known`, for the next look.
fn pass<'t>(
    policy: &'t Policy,
    text: &'t str,
    known: &mut Known<'t>,
    fired: &mut dyn FnMut(Rule),
) -> Option<String> {
    // Most texts are short and have nothing to look at.
    let mut finder = finder::Finder::new(policy);
    let first = finder.next(text.as_bytes(), 0);
    if first.is_none() && policy.patterns.is_empty() {
        return None;
    }
    let mut scan = Scan::new(text.as_bytes(), policy, known);
    if let Some((anchor, _)) = first {
        scan.run(finder, anchor);
    }
    pattern::scan(&mut scan, text);
    scan.find_echoes();
    if scan.found.is_empty() {
        return None;
    }
    *known = scan.known.marked();
    Some(scan.replace(text, fired))
}

/// Where a text of too many characters is cut: never inside [`REDACTED`].
fn cut_at(text: &str) -> Option<usize> {
    if text.len() <= MAX_MESSAGE_CHARS {
        return None;
    }
    let (cut, _) = text.char_indices().nth(MAX_MESSAGE_CHARS)?;
    let inside = (1..REDACTED.len())
        .filter_map(|back| cut.checked_sub(back))
        .find(|&start| {
            text.get(start..)
                .is_some_and(|tail| tail.starts_with(REDACTED))
        });
    Some(inside.unwrap_or(cut))
}
