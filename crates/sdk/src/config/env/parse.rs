//! Parses the values of variables. An error describes the expected and the found values.

use crate::suggest::expected;
use std::borrow::Cow;

use percent_encoding::percent_decode_str;

fn refused(found: &str, expected: &str) -> String {
    format!("expected {expected}, found `{found}`")
}

/// The [booleans](https://opentelemetry.io/docs/specs/otel/configuration/common/#boolean) of OpenTelemetry's variables.
pub(super) const BOOLEANS: [(&str, bool); 2] = [("true", true), ("false", false)];

/// Parses one of several words, in upper or lower case.
pub(in crate::config) fn word<T: Clone>(words: &[(&str, T)]) -> impl Fn(&str) -> Result<T, String> {
    move |text| {
        let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        place(&known, text).map(|place| words[place].1.clone())
    }
}

fn place(words: &[&str], text: &str) -> Result<usize, String> {
    let known = words.iter().position(|word| word.eq_ignore_ascii_case(text));
    known.ok_or_else(|| expected(words, text))
}

/// Parses a whole number within these bounds and those of its type.
pub(super) fn number<T: TryFrom<u64>>(
    least: u64,
    most: u64,
) -> impl FnOnce(&str) -> Result<T, String> {
    move |text| {
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| outside(text, least, most))
    }
}

fn outside(text: &str, least: u64, most: u64) -> String {
    let bounds = match most {
        u64::MAX => format!(", {least} or more"),
        _ => format!(" from {least} to {most}"),
    };
    refused(text, &format!("a whole number{bounds}"))
}

/// Parses a number of milliseconds.
pub(super) fn millis(text: &str, least: u64) -> Result<u64, String> {
    number(least, u64::MAX)(text).map_err(|message| in_millis(&message))
}

/// Adds the unit to a message about a number.
pub(in crate::config) fn in_millis(message: &str) -> String {
    message.replacen("a whole number", "a whole number of milliseconds", 1)
}

pub(super) fn ratio(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(ratio),
        _ => Err(refused(text, "0.0 to 1.0")),
    }
}

/// Returns the entries of a comma-separated list, without blank entries.
pub(in crate::config) fn entries(text: &str) -> impl Iterator<Item = &str> {
    let entries = text.split(',').map(str::trim);
    entries.filter(|entry| !entry.is_empty())
}

/// Parses `key=value,key=value`.
pub(in crate::config) fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    entries(text).map(pair).collect()
}

/// Returns the probable mistake in a list of attributes whose values are used as they are: a space in place of a comma,
/// or a `%` that is no escape. A value such as `java -Dx=y` or `100%` is no mistake.
pub(super) fn suspicion(text: &str) -> Option<&'static str> {
    let is_key = |word: &str| {
        let key = word.split_once('=').map_or("", |(key, _)| key);
        let rest = |byte: u8| byte.is_ascii_alphanumeric() || b"._".contains(&byte);
        key.starts_with(|first: char| first.is_ascii_alphabetic()) && key.bytes().all(rest)
    };
    let has_space = |entry: &str| {
        let words = entry.split_once('=').map_or("", |(_, value)| value.trim_start());
        words.split_whitespace().skip(1).any(is_key)
    };
    if entries(text).any(has_space) {
        return Some("expected a comma between two attributes, found a space");
    }
    wrong_escape(text)
}

/// Returns the mistake in a text with a `%` that is no escape. `100%` is no mistake.
pub(super) fn wrong_escape(text: &str) -> Option<&'static str> {
    let is_no_escape = |rest: &str| {
        let digits = rest.as_bytes().get(..2).unwrap_or_default();
        digits.iter().all(u8::is_ascii_alphanumeric)
            && digits.iter().any(|digit| !digit.is_ascii_hexdigit())
    };
    let found = text.split('%').skip(1).any(is_no_escape);
    found.then_some("expected two hexadecimal digits after `%`, found other characters")
}

/// Parses `key=value` in the format of W3C baggage: percent-encoded UTF-8. The value may be a credential,
/// so the error does not quote it.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let decode = |text: &str| {
        let decoded = percent_decode_str(text.trim()).decode_utf8();
        decoded.map(Cow::into_owned).map_err(|_| {
            "expected percent-encoded UTF-8, found a value that is not UTF-8".to_owned()
        })
    };
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((decode(key)?, decode(value)?)),
        _ => Err("expected `key=value,key=value`, found an entry without a key or without `=`"
            .to_owned()),
    }
}
