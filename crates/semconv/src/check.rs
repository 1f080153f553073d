//! Checks keys and values against the semantic conventions.

use strsim::osa_distance;

use crate::lookup::{attribute, attributes, below, ending, has_namespace};
use crate::problem::{Problem, is_key, member};
use crate::row::{Kind, Row};

/// Second words so common that an unknown first word before them is no misspelling: `post.id` does not mean `host.id`.
const ANYONES: [&str; 6] = ["id", "name", "size", "state", "type", "version"];

/// Returns the key that `key` misspells by one edit, or by two in a long key with the right first word, unless several
/// are equally near. `db` is not suggested for `dbt`, because words of two letters resemble too many others.
fn nearest(key: &str) -> Option<&'static str> {
    let (word, rest) = key.split_once('.')?;
    let is_known = has_namespace(word);
    let (keys, most) = if is_known {
        (below(word), (rest.len() / 6).clamp(1, 2))
    } else if !ANYONES.contains(&rest) {
        (ending(rest), 1)
    } else {
        return None;
    };

    let is_meant = |known: &str| is_known || known.find('.') > Some(2);
    let candidates = keys.iter().filter(|known| is_meant(known) && !is_below(key, known));

    let mut near: Vec<_> = candidates.map(|known| (osa_distance(key, known), *known)).collect();
    near.retain(|(edits, _)| *edits <= most);
    near.sort_unstable();
    match near[..] {
        [(edits, _), (others, _), ..] if edits == others => None,
        [(_, known), ..] => Some(known),
        [] => None,
    }
}

/// Whether `key` is `known` with some `_` replaced by dots. Newer versions of the conventions rename keys in this way.
fn is_below(key: &str, known: &str) -> bool {
    key.len() == known.len()
        && key.bytes().zip(known.bytes()).all(|it| it.0 == it.1 || it == (b'.', b'_'))
}

/// Returns the problem of a key, if any. An unlisted key may belong to newer conventions, so it is accepted unless it
/// is malformed or seems misspelled.
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

    nearest(key).map(|nearest| Problem::Unknown { key, nearest })
}

/// Returns the problem of a key's text value, if any. Values of unknown keys are not checked. Programs may use unlisted
/// values, so an unlisted value is a problem only if it resembles a listed one.
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
        // `mssql` does not misspell `mysql`: the conventions list it for the key's former name.
        Kind::TextOf(members) if members.contains(&value) || is_former(key, value) => None,
        Kind::TextOf(members) => {
            let nearest = member(value, members)?;
            Some(Problem::NoMember { key, value, nearest })
        }
        expected => Some(Problem::OtherKind { key, expected, found: Kind::Text }),
    }
}

/// Returns the attribute of a key; `None` for a key of one word, because such a key may belong to any program.
fn checked(key: &str) -> Option<&'static Row> {
    attribute(key).filter(|_| key.contains('.'))
}

/// Whether `value` is listed for `key`, or for an older key that was renamed to `key`.
fn is_former(key: &str, value: &str) -> bool {
    attributes().iter().any(|row| {
        row.successor() == key
            && matches!(row.kind, Kind::TextOf(members) if members.contains(&value))
    })
}

/// Returns a problem if the conventions require another kind of value for the key. Unknown keys are not checked.
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

    /// At each position of each key, one character is omitted, doubled, replaced, or swapped with the next one.
    #[test]
    fn a_key_with_one_edit_suggests_itself() {
        let mut count = 0;
        let mut missed = Vec::new();

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

                // Skips an edit that makes another listed key, a malformed key, or a single word, which is not checked.
                if attribute(&edited).is_some() || !is_key(&edited) || !edited.contains('.') {
                    continue;
                }

                count += 1;
                match check(&edited) {
                    Some(Problem::Unknown { nearest, .. }) => {
                        assert!(osa_distance(&edited, nearest) < 2, "{edited}");
                    }
                    _ => missed.push(edited),
                }
            }
        }

        assert!(count > 15_000, "{count}");
        assert!(missed.len() * 12 < count, "{} of {count}: {missed:?}", missed.len());
    }

    #[test]
    fn a_misspelled_key_is_one_of_the_same_first_word() {
        for key in [
            "app.version",
            "aws.operation",
            "db.response.affected_rows",
            "deployment.type",
            "http.client_id",
            "http.request.colour",
            "messaging.partition",
            "network.name",
            "user.age",
            // The conventions have no keys with these first words.
            "job.name",
            "acme.port",
            "dbt.namespace",
            "dbt.operation",
            "post.id",
            "tile.size",
            "users.id",
            "state",
            "hostname",
        ] {
            assert_eq!(check(key), None);
        }

        assert_eq!(nearest("htp.request.method"), Some("http.request.method"));
        assert_eq!(nearest("db.sytem.name"), Some("db.system.name"));
        assert_eq!(nearest("http.request.metohd_orignal"), Some("http.request.method_original"));
        // `host.id` and `host.ip` are equally near.
        assert_eq!(nearest("host.ix"), None);
    }

    /// Keys that version 1.45.0 of the conventions adds are no problem, although the table lacks them.
    #[test]
    fn keys_of_a_newer_version_are_silent() {
        for (prefix, keys) in NEWER {
            for key in keys.split(' ') {
                let key = format!("{prefix}.{key}");
                assert!(attribute(&key).is_none(), "{key} is in the table");
                assert_eq!(check(&key), None);
            }
        }
    }

    const NEWER: [(&str, &str); 17] = [
        (
            "azure",
            "eventhubs.message.enqueued_time servicebus.disposition_status servicebus.message.delivery_count servicebus.message.enqueued_time",
        ),
        ("client", "as.number as.organization mac.address prefix service.name service.namespace"),
        ("destination", "as.number as.organization mac.address prefix"),
        ("faas", "invocation.id invocation.start_time"),
        (
            "gcp",
            "pubsub.message.ack_deadline pubsub.message.ack_id pubsub.message.delivery_attempt pubsub.message.ordering_key",
        ),
        ("http", "request.body.content response.body.content"),
        ("jvm", "executor.name executor.owner.name executor.thread.state executor.type"),
        ("kafka", "cluster.id message.key message.tombstone offset"),
        ("messaging", "system.name"),
        (
            "network",
            "local.as.number local.as.organization local.mac.address local.prefix peer.as.number peer.as.organization peer.mac.address peer.prefix",
        ),
        ("rabbitmq", "destination.routing_key message.delivery_tag"),
        (
            "rocketmq",
            "consumption_model message.delay_time_level message.delivery_timestamp message.group message.keys message.tag message.type namespace",
        ),
        ("rpc", "status_code"),
        ("server", "as.number as.organization mac.address prefix service.name service.namespace"),
        ("service", "instance.cost_center.id instance.cost_center.name"),
        ("source", "as.number as.organization mac.address prefix"),
        ("system", "device.name"),
    ];

    /// The conventions mark these keys as deprecated only because another repository now defines them.
    #[test]
    fn keys_of_generative_ai_are_not_deprecated() {
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
    fn the_version_consists_of_digits_and_dots() {
        assert!(VERSION.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
    }
}
