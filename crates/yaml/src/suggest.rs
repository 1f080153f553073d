//! Suggestions for misspelt words.

/// The least similarity, from 0 to 1, of a suggestion.
const MIN_SIMILARITY: f64 = 0.8;

/// The most bytes of a text that may be a misspelt word. The time to compare a text grows with its length.
const MAX_WORD: usize = 256;

/// Returns the most similar word, if it is similar enough. Of those that begin with the text, it is the first one.
pub fn nearest<'a>(found: &str, words: &[&'a str]) -> Option<&'a str> {
    if found.len() > MAX_WORD {
        return None;
    }
    let found = found.to_ascii_lowercase();
    let similar = |word: &&str| {
        let word = word.to_ascii_lowercase();
        match strsim::jaro_winkler(&found, &word) {
            similarity if similarity < MIN_SIMILARITY => None,
            _ if word.starts_with(&found) => Some(f64::INFINITY),
            similarity => Some(similarity),
        }
    };
    let similar = words
        .iter()
        .filter_map(|word| Some((similar(word)?, *word)));
    // The first of those that are equal.
    let nearest = similar
        .rev()
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    nearest.map(|(_, word)| word)
}

/// Formats "expected `a` or `b`, found `x`", with a suggestion if one of the words is similar.
pub fn expected(words: &[&str], found: &str) -> String {
    let suggestion = did_you_mean(found, words);
    format!("expected {}, found `{found}`{suggestion}", one_of(words))
}

/// Formats "; did you mean `a`?", or nothing if no word is similar.
pub fn did_you_mean(found: &str, words: &[&str]) -> String {
    let near = nearest(found, words);
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// Formats "`a`", "`a` or `b`" or "`a`, `b` or `c`".
pub fn one_of(words: &[&str]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [one] => format!("`{one}`"),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|word| format!("`{word}`")).collect();
            format!("{} or `{last}`", first.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_has_a_suggestion_and_another_word_has_none() {
        let words = ["otlp_endpoint", "otlp_protocol", "backend"];
        assert_eq!(nearest("otlp_endpiont", &words), Some("otlp_endpoint"));
        assert_eq!(nearest("Backend", &words), Some("backend"));
        assert_eq!(nearest("owner", &words), None);
        assert_eq!(nearest("", &words), None);
        let words = ["console", "jaeger", "otlp"];
        assert_eq!(nearest("Jaeger", &words), Some("jaeger"));
        assert_eq!(nearest("otpl", &words), Some("otlp"));
        let protocols = ["grpc", "http/protobuf", "http/json"];
        assert_eq!(nearest("http", &protocols), Some("http/protobuf"));
        assert_eq!(
            expected(&["grpc", "http"], "grcp"),
            "expected `grpc` or `http`, found `grcp`; did you mean `grpc`?"
        );
        assert_eq!(one_of(&["a"]), "`a`");
        assert_eq!(one_of(&["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
