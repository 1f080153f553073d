//! The known word that a wrong one means.

use std::cmp::Reverse;

use strsim::osa_distance;

/// Returns the number of edits between a text and a word, if it is small enough for a misspelling: one edit for every
/// three letters, at least one and at most two, but none if both have fewer than three letters, such as `s3` and `s4`.
/// Two swapped letters are one edit, and case does not matter.
pub fn edits(found: &str, word: &str) -> Option<usize> {
    let of_found = found.chars().count();
    let of_word = word.chars().count();
    let most = (of_word.clamp(3, 6) / 3).min(of_found.max(of_word) / 3);
    if of_found.abs_diff(of_word) > most {
        return None;
    }
    let edits = osa_distance(&found.to_ascii_lowercase(), &word.to_ascii_lowercase());
    (edits <= most).then_some(edits)
}

/// Returns the word that a text misspells: the one with the fewest [`edits`], and among equal ones the first with the
/// longest common beginning, because `always_of` is rather `always_off` than `always_on`.
pub fn misspelled<'a>(found: &str, words: &[&'a str]) -> Option<&'a str> {
    let shared = |word: &str| {
        let pairs = found.bytes().zip(word.bytes());
        pairs.take_while(|(one, other)| one.eq_ignore_ascii_case(other)).count()
    };
    let near = words.iter().filter_map(|word| Some((edits(found, word)?, *word)));
    near.min_by_key(|(edits, word)| (*edits, Reverse(shared(word)))).map(|(_, word)| word)
}

/// Returns the suggestion for a wrong text: the [`misspelled`] word, or the first word that begins with the text or
/// with which the text begins, if the beginning has at least three bytes.
pub fn nearest<'a>(found: &str, words: &[&'a str]) -> Option<&'a str> {
    let begins = |word: &&&str| {
        let length = found.len().min(word.len());
        let heads = found.get(..length).zip(word.get(..length));
        length > 2 && heads.is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
    };
    misspelled(found, words).or_else(|| words.iter().find(begins).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text, the known words, and the word that the text is taken for.
    type Row = (&'static str, &'static [&'static str], Option<&'static str>);

    const ARGUMENTS: &[&str] = &["name", "kind", "attributes", "attributes_fn"];
    const KEYS: &[&str] = &["otlp_endpoint", "otlp_protocol", "backend"];
    const LEVELS: &[&str] = &["off", "error", "warn", "info", "debug", "trace"];
    const MEMBERS: &[&str] = &["postgresql", "mysql", "sqlite", "rabbitmq", "tcp"];
    const PLUGINS: &[&str] = &["env", "infisical", "sqlite", "terminal", "vault"];
    const VARIABLES: &[&str] = &["FLOE_LOG_LEVEL", "OTEL_SERVICE_NAME", "OTEL_TRACES_EXPORTER"];

    #[test]
    fn a_misspelled_word_is_recognised_and_another_one_is_not() {
        let rows: &[Row] = &[
            ("db.sytem.name", &["db.system.name"], Some("db.system.name")),
            ("SQLite", MEMBERS, Some("sqlite")),
            ("rabitmq", MEMBERS, Some("rabbitmq")),
            ("tpc", MEMBERS, Some("tcp")),
            ("duckdb", MEMBERS, None),
            ("tidb", MEMBERS, None),
            // Levels. A target is not a misspelled level.
            ("inof", LEVELS, Some("info")),
            ("Debgu", LEVELS, Some("debug")),
            ("on", LEVELS, None),
            ("always_of", &["always_on", "always_off"], Some("always_off")),
            ("orders", LEVELS, None),
            ("tracks", LEVELS, None),
            ("information", LEVELS, None),
            // Variables, some of which belong to other components.
            ("OTEL_TRACE_EXPORTER", VARIABLES, Some("OTEL_TRACES_EXPORTER")),
            ("FLOE_LOGLEVEL", VARIABLES, Some("FLOE_LOG_LEVEL")),
            ("OTEL_PYTHON_LOG_LEVEL", VARIABLES, None),
            // Kubernetes sets it for a service with the name `otel`.
            ("OTEL_SERVICE_HOST", VARIABLES, None),
        ];
        for (found, words, word) in rows {
            assert_eq!(misspelled(found, words), *word, "{found}");
        }
    }

    #[test]
    fn a_word_with_the_same_beginning_is_suggested() {
        let rows: &[Row] = &[
            ("nmae", ARGUMENTS, Some("name")),
            ("attribute", ARGUMENTS, Some("attributes")),
            ("attr", ARGUMENTS, Some("attributes")),
            ("level", ARGUMENTS, None),
            ("x", ARGUMENTS, None),
            ("otlp_endpiont", KEYS, Some("otlp_endpoint")),
            ("otlp_proto", KEYS, Some("otlp_protocol")),
            ("Backend", KEYS, Some("backend")),
            ("owner", KEYS, None),
            ("", KEYS, None),
            ("b33", &["baggage", "b3"], Some("b3")),
            ("http", &["grpc", "http/protobuf", "http/json"], Some("http/protobuf")),
            ("production", &["dev", "prod"], Some("prod")),
            ("datetime", &["text", "date"], Some("date")),
            ("carrier-pigeon", &["grpc", "http"], None),
            ("always_onn", &["always_on", "always_off"], Some("always_on")),
            ("infiscal", PLUGINS, Some("infisical")),
            ("valt", PLUGINS, Some("vault")),
            ("duckdb", PLUGINS, None),
            ("s4", &["local", "s3"], None),
            ("größse", &["name", "größe"], Some("größe")),
        ];
        for (found, words, word) in rows {
            assert_eq!(nearest(found, words), *word, "{found}");
        }
        assert_eq!(nearest(&"x".repeat(1 << 20), &["endpoint"]), None);
    }
}
