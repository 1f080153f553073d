//! What is accepted, and what was meant.

/// How alike two words must be, from 0 to 1, for one to be meant when the other was written.
const ALIKE: f64 = 0.8;

/// The word that was meant, if one is near enough.
pub(crate) fn nearest<'a>(found: &str, words: &[&'a str]) -> Option<&'a str> {
    let found = found.to_ascii_lowercase();
    words
        .iter()
        .map(|word| {
            let alike = strsim::jaro_winkler(&found, &word.to_ascii_lowercase());
            (alike, *word)
        })
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, word)| word)
}

/// "accepted are `a` and `b`", and which of them was meant.
pub(super) fn accepted(found: &str, words: &[&str]) -> String {
    let meant = match nearest(found, words) {
        Some(near) => format!(", did you mean `{near}`?"),
        None => String::new(),
    };
    format!("accepted {}{meant}", list(words))
}

/// "is `a`", "are `a` and `b`", "are `a`, `b` and `c`".
pub(super) fn list(words: &[&str]) -> String {
    match words {
        [] => "is nothing".to_owned(),
        [one] => format!("is `{one}`"),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|word| format!("`{word}`")).collect();
            format!("are {} and `{last}`", first.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_known_and_another_word_is_not() {
        let words = ["otlp_endpoint", "otlp_protocol", "backend"];
        assert_eq!(nearest("otlp_endpiont", &words), Some("otlp_endpoint"));
        assert_eq!(nearest("Backend", &words), Some("backend"));
        assert_eq!(nearest("owner", &words), None);
        assert_eq!(
            accepted("grcp", &["grpc", "http"]),
            "accepted are `grpc` and `http`, did you mean `grpc`?"
        );
        assert_eq!(list(&["a"]), "is `a`");
    }
}
