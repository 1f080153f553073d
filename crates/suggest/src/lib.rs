#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::cmp::Reverse;

/// The number of edits between a text and a word, if it is small enough for a misspelling: one edit for every three
/// letters, at least one and at most two, but none if both have fewer than three letters, such as `s3` and `s4`. Two
/// swapped letters are one edit, and case does not matter.
pub fn edits(found: &str, word: &str) -> Option<usize> {
    let (of_found, of_word) = (found.chars().count(), word.chars().count());
    let most = (of_word.clamp(3, 6) / 3).min(of_found.max(of_word) / 3);
    if of_found.abs_diff(of_word) > most {
        return None;
    }
    let edits = strsim::osa_distance(&found.to_ascii_lowercase(), &word.to_ascii_lowercase());
    Some(edits).filter(|edits| *edits <= most)
}

fn lower(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|letter| letter.to_ascii_lowercase())
}

/// The parts of a name such as `kebab-case` or `service.name`.
fn parts(name: &str) -> Vec<&str> {
    name.split(|letter: char| !letter.is_alphanumeric()).collect()
}

fn sorted(name: &str) -> String {
    let mut parts = parts(name);
    parts.sort_unstable();
    parts.join("_")
}

/// Whether a name lacks one part of a known name, or its first parts.
fn lacks_parts(name: &str, known: &str) -> bool {
    let (name, known) = (parts(name), parts(known));
    if name.len() < 2 || name.len() >= known.len() {
        return false;
    }
    let same = name.iter().zip(&known).take_while(|(one, other)| one == other);
    let rest = &name[same.count()..];
    (known.len() - name.len() == 1 || rest.len() == name.len()) && known.ends_with(rest)
}

/// The word that a text misspells: the first one with the fewest [`edits`]. Swapped parts of a name, one missing part,
/// and missing first parts are one edit.
pub fn misspelled<'a>(found: &str, words: &[&'a str]) -> Option<&'a str> {
    let found_sorted = sorted(found);
    let difference = |word: &str| {
        let missing = lacks_parts(found, word).then_some(1);
        let in_order = edits(found, word);
        let sorted = edits(&found_sorted, &sorted(word));
        [missing, in_order, sorted].into_iter().flatten().min()
    };
    let near = words.iter().filter_map(|word| Some((difference(word)?, *word)));
    near.min_by_key(|(difference, _)| *difference).map(|(_, word)| word)
}

/// The suggestion for a wrong text: the [`misspelled`] word, or the word with the most similar beginning.
pub fn nearest<'a>(found: &str, words: &[&'a str]) -> Option<&'a str> {
    misspelled(found, words).or_else(|| {
        let alike = words.iter().filter(|word| begins_alike(found, word));
        alike.copied().min_by_key(|word| {
            let letters = lower(found).zip(lower(word));
            Reverse(letters.take_while(|(one, other)| one == other).count())
        })
    })
}

/// Whether each pair of parts at the same position has one part as a prefix of the other. Surplus parts are ignored.
fn begins_alike(found: &str, word: &str) -> bool {
    let (found, word) = (parts(found), parts(word));
    found.iter().zip(&word).all(|(one, other)| {
        let shorter = one.len().min(other.len());
        let is_word = shorter > 2 || one.len() == other.len();
        let heads = one.get(..shorter).zip(other.get(..shorter));
        is_word && heads.is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
    })
}

/// Formats "; did you mean `a`?", or nothing.
pub fn did_you_mean(word: Option<&str>) -> String {
    word.map_or_else(String::new, |word| format!("; did you mean `{word}`?"))
}

/// Formats "expected `a` or `b`, found `x`", with a suggestion if a word is similar.
pub fn expected(words: &[&str], found: &str) -> String {
    let suggestion = did_you_mean(nearest(found, words));
    format!("expected {}, found `{found}`{suggestion}", one_of(words))
}

/// The mistake of a key that is not among the known ones.
pub fn unknown_key(found: &str, known: &[&str]) -> String {
    match nearest(found, known) {
        None => format!("unknown key, expected {}", one_of(known)),
        near => format!("unknown key{}", did_you_mean(near)),
    }
}

/// Formats "`a`", "`a` or `b`" or "`a`, `b` or `c`".
pub fn one_of(words: &[&str]) -> String {
    listed(words, "or")
}

/// Formats "`a`", "`a` and `b`" or "`a`, `b` and `c`".
pub fn all_of(words: &[&str]) -> String {
    listed(words, "and")
}

fn listed(words: &[&str], conjunction: &str) -> String {
    match words {
        [] => "nothing".to_owned(),
        [one] => format!("`{one}`"),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|word| format!("`{word}`")).collect();
            format!("{} {conjunction} `{last}`", first.join(", "))
        }
    }
}

#[cfg(test)]
mod tests;
