//! Text types that are validated when a file is parsed.

use std::fmt;
use std::ops::Deref;
use std::path::{Component, Path};

use floe_plugins::address::host_and_port;
use floe_telemetry::sanitize_url;
use serde::{Deserialize, Serialize};

/// The maximum length of a name, in characters, that telemetry backends accept.
const LONGEST_NAME: usize = 128;

macro_rules! word {
    ($(#[$doc:meta])* $name:ident, $target:ty, $is_valid:path, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                if $is_valid(&text) {
                    return Ok(Self(text));
                }
                if text.is_empty() {
                    return Err(concat!("expected ", $expected, ", found an empty text").to_owned());
                }
                Err(format!(concat!("expected ", $expected, ", found `{}`"), text))
            }
        }

        impl Deref for $name {
            type Target = $target;

            fn deref(&self) -> &$target {
                self.0.as_ref()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

word! {
    /// A name of lower-case letters, digits and hyphens, for example of a product or a namespace.
    Name, str, is_name,
    "1 to 128 lower-case letters, digits and hyphens, starting with a letter"
}
word! {
    /// The name of a table or of a column. It needs no quotes in SQL unless it is a keyword.
    Identifier, str, is_identifier,
    "lower-case letters, digits and underscores, starting with a letter and not with `sqlite_`"
}
word! {
    /// A version of the form `major.minor.patch`, where a suffix may follow.
    Version, str, is_version,
    "major.minor.patch, such as 1.0.0"
}
word! {
    /// The path of a file in the product's folder.
    InnerPath, Path, is_inner,
    "a path inside the product's folder, such as data/customers.csv"
}
word! {
    /// The HTTP address of a service, for example of a collector.
    Endpoint, str, is_endpoint,
    "http://host:port or https://host:port without a credential"
}
word! {
    /// The address of a trace in a telemetry backend, with `{trace_id}` in place of the trace's id.
    TraceUrl, str, is_trace_url,
    "an http or https URL with `trace_id` in braces after the host, and without a credential"
}

const TRACE_ID: &str = "{trace_id}";

impl TraceUrl {
    pub(crate) fn of(&self, trace_id: &str) -> String {
        self.replace(TRACE_ID, trace_id)
    }
}

fn is_trace_url(text: &str) -> bool {
    let (authority, _) = text.split_once(TRACE_ID).unwrap_or_default();
    // The id must be in the path, the query or the fragment, where it cannot change the host.
    authority.matches('/').count() >= 3 && is_endpoint(&text.replace(TRACE_ID, "trace"))
}

fn is_name(text: &str) -> bool {
    is_word(text, '-') && text.len() <= LONGEST_NAME
}

fn is_identifier(text: &str) -> bool {
    is_word(text, '_') && !text.starts_with("sqlite_")
}

/// Whether the text is a lower-case letter, and then lower-case letters, digits and `separator`.
fn is_word(text: &str, separator: char) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|it| matches!(it, 'a'..='z' | '0'..='9') || it == separator)
}

fn is_version(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    // ASCII signs other than spaces may follow the first digit of the patch version: `1.0.0-rc.1+build`.
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return false;
    }
    match text.splitn(3, '.').collect::<Vec<_>>()[..] {
        [major, minor, patch] => {
            is_number(major)
                && is_number(minor)
                && patch.starts_with(|first: char| first.is_ascii_digit())
        }
        _ => false,
    }
}

fn is_inner(text: &str) -> bool {
    let is_normal = |part| matches!(part, Component::Normal(_));
    !text.is_empty() && Path::new(text).components().all(is_normal)
}

fn is_endpoint(text: &str) -> bool {
    host_and_port(text).is_some()
        && !text.contains(|sign: char| sign.is_whitespace() || sign.is_control())
        && sanitize_url(text) == text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(is_valid: fn(&str) -> bool, accepted: &[&str], refused: &[&str]) {
        for text in accepted {
            assert!(is_valid(text), "`{text}` must be accepted");
        }
        for text in refused {
            assert!(!is_valid(text), "`{text}` must be refused");
        }
    }

    #[test]
    fn names() {
        check(is_name, &["a", "customer-360"], &["", "3a", "A", "a b", "a_b", &"a".repeat(129)]);
        check(is_identifier, &["a", "stg_1"], &["", "_a", "a-b", "a\"", "sqlite_a"]);
    }

    #[test]
    fn versions() {
        check(
            is_version,
            &["1.0.0", "10.2.3-rc.1"],
            &["", "1", "1.0", "1..0", "v1.0.0", "1.x.0", "1.0.0\n", "1.0.0 a"],
        );
    }

    #[test]
    fn paths_stay_inside_the_folder() {
        check(is_inner, &["a.csv", "data/a.csv"], &["", "/a", "../a", "a/../../b", "./a"]);
    }

    #[test]
    fn addresses_of_traces() {
        check(
            is_trace_url,
            &[
                "http://jaeger:16686/trace/{trace_id}",
                "https://grafana.example.com/explore?trace={trace_id}&org=1",
            ],
            &[
                "",
                "http://jaeger/trace",
                "{trace_id}",
                "http://{trace_id}/trace",
                "ftp://jaeger/{trace_id}",
                "http://user:word@jaeger/{trace_id}",
                "http://jaeger/{trace_id}?token=abcdef123456",
            ],
        );
        let url = TraceUrl::try_from("http://jaeger/{trace_id}".to_owned()).unwrap();
        assert_eq!(url.of("0af7"), "http://jaeger/0af7");
    }
}
