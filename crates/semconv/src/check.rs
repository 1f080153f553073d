//! What is wrong with keys, values and spans.

use floe_suggest::edits;

use crate::lookup::{attribute, attributes, is_reserved};
use crate::problem::{Problem, is_key, member};
use crate::row::{Kind, Row};
use crate::table;

/// What the spans of a kind lack: a span that has attributes of a type's namespace has those that the type requires.
///
/// ```
/// let problems = floe_semconv::check_span("client", &["http.request.method", "url.full", "server.port"]);
/// assert_eq!(
///     problems[0].to_string(),
///     "a client span with attributes of `http` has `server.address`, which this one lacks",
/// );
/// ```
pub fn check_span(kind: &str, keys: &[&str]) -> Vec<Problem<'static>> {
    let types = table::SPANS.iter().filter(|it| {
        let is_in =
            |key: &&str| attribute(key).is_some() && key.split('.').next() == Some(it.namespace());
        it.kind == kind && keys.iter().any(is_in)
    });
    let lacking = types.map(|it| {
        let missing = it.required.iter().filter(|key| !keys.contains(key));
        let missing =
            missing.map(|key| Problem::Missing { kind: it.kind, namespace: it.namespace(), key });
        missing.collect::<Vec<_>>()
    });
    let lacking: Vec<_> = lacking.collect();
    // A call of a database over HTTP is one of the database.
    if lacking.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    lacking.concat()
}

/// What follows the first word of many keys of programs.
const ANYONES: [&str; 6] = ["id", "name", "size", "state", "type", "version"];

/// The key of the conventions that is most like another one, if any is. Where the first word is theirs, it has the same
/// one, and at most two edits lie between them; otherwise, as where the mistake is in that word, one. A word of two
/// letters is like too many others, as `db` is like `dbt`.
fn nearest(key: &str) -> Option<&'static str> {
    let (namespace, _) = key.split_once('.')?;
    let begins = |key: &str| key.split('.').next() == Some(namespace);
    let is_known = attributes().iter().any(|row| begins(row.key));
    let most = if is_reserved(key) { 2 } else { 1 };
    let near = attributes().iter().filter_map(|row| {
        let to = row.successor();
        let is_meant = if is_known {
            begins(to)
        } else {
            // `post.id` is no misspelled `host.id`.
            let parts = row.key.split_once('.');
            parts.is_some_and(|(word, rest)| word.len() > 2 && !ANYONES.contains(&rest))
        };
        let edits = is_meant.then(|| edits(key, row.key))??;
        (edits <= most).then_some((edits, row.deprecation.is_some(), to))
    });
    near.min_by_key(|(edits, is_deprecated, _)| (*edits, *is_deprecated)).map(|(_, _, to)| to)
}

/// What is wrong with a key, if anything is.
///
/// ```
/// let problem = floe_semconv::check("http.method").unwrap();
/// assert_eq!(
///     problem.to_string(),
///     "the semantic conventions renamed `http.method` to `http.request.method`",
/// );
/// assert!(floe_semconv::check("http.request.method").is_none());
/// assert!(floe_semconv::check("acme.method").is_none());
/// assert!(floe_semconv::check("htp.request.method").is_some());
/// ```
pub fn check(key: &str) -> Option<Problem<'_>> {
    if let Some(row) = checked(key) {
        return row.deprecation.map(|deprecation| Problem::Deprecated { key, deprecation });
    }
    if !is_key(key) {
        return Some(Problem::NoKey { key });
    }
    let nearest = nearest(key);
    (nearest.is_some() || is_reserved(key)).then_some(Problem::Unknown { key, nearest })
}

/// What is wrong with a text as the value of a key, if anything is. Values of unknown keys are not checked, and where the
/// conventions list values, a program may have others: only one that is like a value of the list is a problem.
///
/// ```
/// let problem = floe_semconv::check_text("db.system.name", "postgres").unwrap();
/// assert!(problem.to_string().ends_with("did you mean `postgresql`?"));
/// assert!(floe_semconv::check_text("db.system.name", "duckdb").is_none());
/// ```
pub fn check_text<'a>(key: &'a str, value: &'a str) -> Option<Problem<'a>> {
    let row = checked(key)?;
    match row.kind {
        Kind::Text | Kind::Any => None,
        // `mssql` is no misspelled `mysql`: it was a value of the key's former name.
        Kind::TextOf(members) if members.contains(&value) || is_former(key, value) => None,
        Kind::TextOf(members) => {
            let nearest = member(value, members)?;
            Some(Problem::NoMember { key, value, nearest })
        }
        expected => Some(Problem::OtherKind { key, expected, found: Kind::Text }),
    }
}

/// The attribute with a key, unless it is a word alone, which is anyone's, also where it once was a key.
fn checked(key: &str) -> Option<&'static Row> {
    attribute(key).filter(|_| key.contains('.'))
}

/// Whether a key that was renamed to this one had the value.
fn is_former(key: &str, value: &str) -> bool {
    attributes().iter().any(|row| {
        row.successor() == key
            && matches!(row.kind, Kind::TextOf(members) if members.contains(&value))
    })
}

/// What is wrong with a kind of values for a key, if anything is. Values of unknown keys are not checked.
pub fn check_kind(key: &str, found: Kind) -> Option<Problem<'_>> {
    let expected = checked(key)?.kind;
    let is_same = match expected {
        Kind::Any => true,
        Kind::TextOf(_) => found == Kind::Text,
        Kind::IntOf(_) => found == Kind::Int,
        expected => found == expected,
    };
    (!is_same).then_some(Problem::OtherKind { key, expected, found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup::VERSION;
    use crate::row::Deprecation;

    #[test]
    fn each_key_is_known() {
        for row in attributes().iter().filter(|row| row.key.contains('.')) {
            let problem = check(row.key);
            match row.deprecation {
                None => assert_eq!(problem, None),
                Some(Deprecation::RenamedTo(to)) => {
                    let text = problem.unwrap().to_string();
                    assert!(text.ends_with(&format!("to `{to}`")), "{text}");
                }
                Some(Deprecation::Because(_)) => assert!(problem.is_some(), "{}", row.key),
            }
        }
        let header = attribute("http.request.header.content-type").unwrap();
        assert_eq!((header.key, header.kind), ("http.request.header", Kind::Texts));
        assert!(attributes().is_sorted_by_key(|row| row.key));
    }

    #[test]
    fn each_renamed_key_has_a_successor() {
        for row in attributes() {
            if let Some(Deprecation::RenamedTo(to)) = row.deprecation {
                assert!(attribute(to).is_some(), "{} -> {to}", row.key);
            }
        }
    }

    /// At each place of each key, in turn: a character left out, doubled, replaced, or swapped with the next one.
    #[test]
    fn a_key_with_one_edit_suggests_itself() {
        let (mut count, mut foreign, mut short, mut anyones, mut missed) = (0, 0, 0, 0, Vec::new());
        for row in attributes().iter().filter(|row| row.deprecation.is_none()) {
            for place in 0..row.key.len() {
                let (head, tail) = row.key.split_at(place);
                let letter = &tail[..1];
                let next = tail.get(1..2).unwrap_or("");
                let rest = tail.get(2..).unwrap_or("");
                let edited = match (place + row.key.len()) % 4 {
                    0 => format!("{head}{next}{rest}"),
                    1 => format!("{head}{letter}{letter}{next}{rest}"),
                    2 => format!("{head}x{next}{rest}"),
                    _ => format!("{head}{next}{letter}{rest}"),
                };
                // Another key, or no key at all. A word alone is a name of the program's own.
                if attribute(&edited).is_some() || !is_key(&edited) || !edited.contains('.') {
                    continue;
                }
                count += 1;
                match check(&edited) {
                    Some(Problem::Unknown { nearest: Some(found), .. }) => {
                        let is_near = attributes().iter().any(|other| {
                            other.successor() == found
                                && edits(&edited, other.key).is_some_and(|edits| edits < 2)
                        });
                        assert!(is_near, "{edited}: {found}");
                    }
                    // `geo.postal_code` is `go.postal_code`, whose first word is right.
                    Some(_) => foreign += 1,
                    // `dbb.namespace`
                    None if row.key.find('.') == Some(2) => short += 1,
                    // `hst.name`
                    None if row.key.split_once('.').is_some_and(|it| ANYONES.contains(&it.1)) => {
                        anyones += 1;
                    }
                    None => missed.push(edited),
                }
            }
        }
        assert!(missed.is_empty(), "{} of {count}: {missed:?}", missed.len());
        assert_eq!((count, foreign, short, anyones), (15_953, 3, 130, 250));
    }

    #[test]
    fn a_suggestion_has_the_same_first_word() {
        for key in [
            "app.version",
            "aws.operation",
            "db.response.affected_rows",
            "deployment.type",
            "graphql.operation.kind",
            "http.client_id",
            "ios.version",
            "messaging.partition",
            "network.name",
            "test.name",
        ] {
            assert_eq!(check(key), Some(Problem::Unknown { key, nearest: None }));
        }
        // Words that are nobody's.
        for key in [
            "job.name",
            "acme.port",
            "dbt.namespace",
            "dbt.operation",
            "post.id",
            "tile.size",
            "users.id",
            "threat.id",
            "state",
            "hostname",
            "userid",
        ] {
            assert_eq!(check(key), None);
        }
        assert_eq!(nearest("htp.scheme"), Some("url.scheme"));
        assert_eq!(nearest("http.metod"), Some("http.request.method"));
    }

    /// Their definitions moved to another repository, which has more of them.
    #[test]
    fn keys_of_generative_ai_are_alive() {
        let keys = attributes().iter().map(|row| (row.key, row.deprecation.is_none()));
        let is_moved =
            |name: &str| ["gen_ai.", "mcp.", "openai."].iter().any(|it| name.starts_with(it));
        let alive = keys.filter(|(name, is_alive)| *is_alive && is_moved(name));
        assert_eq!(alive.count(), 58);
        assert_eq!(check("gen_ai.request.model"), None);
        assert_eq!(check("gen_ai.newer.key"), None);
        assert!(check("gen_ai.request.modle").is_some());
    }

    #[test]
    fn values_are_checked() {
        for (key, values) in [
            ("messaging.system", &["kafka", "redis", "nats", "mqtt", "sqs"][..]),
            ("db.system.name", &["postgresql", "duckdb", "scylladb", "valkey", "tidb", "mssql"]),
            ("rpc.system.name", &["grpc", "tarpc", "trpc", "twirp"]),
            ("cloud.provider", &["aws", "hetzner", "on_premises"]),
            ("network.transport", &["tcp", "sctp", "carrier pigeon"]),
            ("error.type", &["timeout", "acme::Error"]),
            ("os.type", &["linux", "macos", "ios"]),
            ("acme.system", &["x"]),
        ] {
            for value in values {
                assert_eq!(check_text(key, value), None);
            }
        }
        for (key, value, nearest) in [
            ("db.system.name", "postgres", "postgresql"),
            ("db.system.name", "SQLite", "sqlite"),
            ("http.request.method", "get", "GET"),
            ("messaging.system", "rabitmq", "rabbitmq"),
            ("network.transport", "tpc", "tcp"),
        ] {
            assert_eq!(
                check_text(key, value).unwrap().to_string(),
                format!("`{value}` is not a known value of `{key}`; did you mean `{nearest}`?")
            );
        }
        let problem = check_kind("http.response.status_code", Kind::Text).unwrap();
        assert_eq!(problem.to_string(), "`http.response.status_code` is an integer, found text");
        assert_eq!(check_kind("db.system.name", Kind::Text), None);
    }

    #[test]
    fn a_database_behind_http_is_one() {
        let search = ["db.system.name", "db.operation.name", "http.request.method", "url.full"];
        assert_eq!(check_span("client", &search), []);
        assert_eq!(check_span("client", &search[1..]).len(), 3);
    }

    #[test]
    fn other_namespaces_are_free() {
        for key in ["acme.rows", "rows", "user", "Rows.total"] {
            let is_free = check(key).is_none_or(|problem| matches!(problem, Problem::NoKey { .. }));
            assert!(is_free, "{key}");
        }
        assert_eq!(
            check("db.sytem.name").unwrap().to_string(),
            "`db.sytem.name` is not in the semantic conventions 1.44.0; did you mean `db.system.name`?"
        );
        assert_eq!(
            check("Rows total").unwrap().to_string(),
            "`Rows total` is not a key, expected words in lower case with dots between them, as in \
             `alert.channel`"
        );
    }

    #[test]
    fn the_version_is_that_of_the_schema() {
        assert!(VERSION.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
    }
}
