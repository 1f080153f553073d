//! What the values of variables may be.

use std::fmt::Display;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

use crate::config::suggest::accepted;

/// A value that is not accepted, in words.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The variable counts as unset, and a warning says so.
    Ignored(String),
    /// The configuration is not valid.
    Refused(String),
}

fn ignored(found: &str, accepted: &str) -> Refusal {
    Refusal::Ignored(format!("found `{found}`, {accepted}"))
}

/// `true`, in any case; everything else is false
/// ([boolean](https://opentelemetry.io/docs/specs/otel/configuration/common/#boolean)).
pub(super) fn truth(text: &str) -> Result<bool, Refusal> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(ignored(text, "accepted are `true` and `false`")),
    }
}

/// Words of a longer list.
pub(super) fn word<T: Copy>(words: &[(&str, T)]) -> impl Fn(&str) -> Result<T, Refusal> {
    move |text| {
        let known = words
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(text));
        known.map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            ignored(text, &accepted(text, &words))
        })
    }
}

/// Several words with commas between.
pub(super) fn words<T: Copy + PartialEq>(
    words: &[(&str, T)],
) -> impl Fn(&str) -> Result<Vec<T>, Refusal> {
    let one = word(words);
    move |text| {
        let mut found = Vec::new();
        for text in text
            .split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty())
        {
            let value = one(text)?;
            if !found.contains(&value) {
                found.push(value);
            }
        }
        Ok(found)
    }
}

/// A whole number from `least`.
pub(super) fn number<T: FromStr + PartialOrd + Display>(
    least: T,
) -> impl FnOnce(&str) -> Result<T, Refusal> {
    move |text| match text.parse() {
        Ok(number) if number >= least => Ok(number),
        _ => Err(ignored(
            text,
            &format!("accepted is a whole number, {least} or more"),
        )),
    }
}

/// A whole number from `least` to `most`.
pub(super) fn between<T: FromStr + PartialOrd + Display>(
    least: T,
    most: T,
) -> impl FnOnce(&str) -> Result<T, Refusal> {
    move |text| match text.parse() {
        Ok(number) if least <= number && number <= most => Ok(number),
        _ => Err(ignored(
            text,
            &format!("accepted is a whole number from {least} to {most}"),
        )),
    }
}

/// A share.
pub(super) fn ratio(text: &str) -> Result<f64, Refusal> {
    match text.parse() {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(ratio),
        _ => Err(ignored(text, "accepted is 0.0 to 1.0")),
    }
}

/// Pairs in the form of W3C baggage, `key=value,key=value`, with `%` before what is not plain.
/// They may be credentials, so the message does not repeat them.
pub(super) fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let decode = |text: &str| {
        let decoded = percent_decode_str(text.trim()).decode_utf8();
        decoded
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| "a value is not UTF-8, accepted is UTF-8, encoded with `%`".to_owned())
    };
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
    pairs
        .map(|pair| match pair.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => Ok((decode(key)?, decode(value)?)),
            _ => Err("an entry has no key and `=`, accepted is `key=value,key=value`".to_owned()),
        })
        .collect()
}
