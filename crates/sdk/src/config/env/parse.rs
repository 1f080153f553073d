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

/// Returns the probable mistake in a list of attributes whose values are used as they are: one that is not finished, a
/// space in place of a comma, or a `%` that is no escape. A value such as `java -Dx=y` or `100%` is no mistake.
pub(super) fn suspicion(text: &str) -> Option<String> {
    let is_key = |word: &str| {
        let key = word.split_once('=').map_or("", |(key, _)| key);
        let rest = |byte: u8| byte.is_ascii_alphanumeric() || b"._".contains(&byte);
        key.starts_with(|first: char| first.is_ascii_alphabetic()) && key.bytes().all(rest)
    };
    let has_space = |entry: &str| {
        let words = entry.split_once('=').map_or("", |(_, value)| value.trim_start());
        words.split_whitespace().skip(1).any(is_key)
    };
    let space = "expected a comma between two attributes, found a space";
    unfinished_entry(text)
        .or_else(|| entries(text).any(has_space).then(|| space.to_owned()))
        .or_else(|| wrong_escape(text))
}

/// Returns the mistake in a list with a value that is not finished.
pub(super) fn unfinished_entry(text: &str) -> Option<String> {
    let of_entry = |entry: &str| {
        let (key, value) = entry.split_once('=')?;
        Some(format!("{}: {}", key.trim_end(), unfinished(value.trim_start())?))
    };
    quotes(text).map(str::to_owned).or_else(|| entries(text).find_map(of_entry))
}

/// Returns the mistake in a value that a shell or Kubernetes would have finished: quotes around it, which the option
/// `--env-file` of Docker leaves, or a reference such as `$(POD_NAME)`.
pub(super) fn unfinished(value: &str) -> Option<String> {
    let replaced =
        |reference| format!("expected a value, found `{reference}`, which nothing has replaced");
    quotes(value).map(str::to_owned).or_else(|| reference(value).map(replaced))
}

fn quotes(value: &str) -> Option<&'static str> {
    let is_within =
        |quote: char| value.strip_prefix(quote).is_some_and(|rest| rest.ends_with(quote));
    let found = is_within('"') || is_within('\'');
    found.then_some("expected a value without quotes, found one in quotes")
}

/// Returns the first `$(NAME)` or `${NAME}`.
fn reference(value: &str) -> Option<&str> {
    value.match_indices('$').find_map(|(start, _)| {
        let rest = value.get(start + 1..)?;
        let (open, close) = if rest.starts_with('(') { ('(', ')') } else { ('{', '}') };
        let (name, _) = rest.strip_prefix(open)?.split_once(close)?;
        let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let is_name = !name.is_empty() && name.bytes().all(is_of_name);
        is_name.then(|| value.get(start..start + name.len() + 3))?
    })
}

/// Returns the mistake in a text with a `%` that is no escape. `100%` is no mistake.
pub(super) fn wrong_escape(text: &str) -> Option<String> {
    let is_no_escape = |rest: &str| {
        let digits = rest.as_bytes().get(..2).unwrap_or_default();
        digits.iter().all(u8::is_ascii_alphanumeric)
            && digits.iter().any(|digit| !digit.is_ascii_hexdigit())
    };
    let found = text.split('%').skip(1).any(is_no_escape);
    found.then(|| "expected two hexadecimal digits after `%`, found other characters".to_owned())
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
