//! Names, labels and addresses in the form that Kubernetes accepts.

use floe_plugin::security::Workload;
use floe_plugin::{Error, ErrorKind};
use ipnet::IpNet;
use serde_json::{Value, json};

const LONGEST_LABEL: usize = 63;

const LONGEST_NAME: usize = 253;

pub(crate) fn check(workload: &Workload<'_>) -> Result<(), Error> {
    for (what, name) in [("name", workload.name), ("namespace", workload.namespace)] {
        if !is_label(name) {
            let accepted = format!(
                "at most {LONGEST_LABEL} lower-case letters, digits and hyphens, with a letter or a digit at both ends"
            );
            return Err(refused(what, name, &accepted));
        }
    }
    Ok(())
}

/// Checks the name of a Kubernetes object, which consists of labels with dots between them.
pub(crate) fn check_name(what: &str, name: &str) -> Result<(), Error> {
    if is_name(name) {
        return Ok(());
    }
    let accepted = format!(
        "labels with dots between them, at most {LONGEST_NAME} characters; each label has at most {LONGEST_LABEL} lower-case letters, digits and hyphens, with a letter or a digit at both ends"
    );
    Err(refused(what, name, &accepted))
}

pub(crate) fn is_name(text: &str) -> bool {
    text.len() <= LONGEST_NAME && text.split('.').all(is_label)
}

/// Whether a text is a label of DNS, such as the name of a namespace.
pub(crate) fn is_label(text: &str) -> bool {
    let is_edge = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let bytes = text.as_bytes();
    bytes.len() <= LONGEST_LABEL
        && is_edge(bytes.first())
        && is_edge(bytes.last())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
}

/// Checks that a range of addresses is written with its first address, for example `10.0.0.0/8`, as newer versions of
/// Kubernetes require.
pub(crate) fn check_range(what: &str, range: &str) -> Result<(), Error> {
    if range.parse().is_ok_and(|parsed: IpNet| parsed.trunc().to_string() == range) {
        return Ok(());
    }
    let accepted = "a range of addresses, written with its first address, for example `10.0.0.0/8`";
    Err(refused(what, range, accepted))
}

pub(crate) fn refused(what: &str, found: &str, accepted: &str) -> Error {
    let found: String = found.chars().take(80).collect();
    let message = format!("{what}: expected {accepted}, found `{found}`");
    Error::new(ErrorKind::InvalidInput, message)
}

/// Returns labels of a workload's objects that Kubernetes recommends.
pub(crate) fn labels(workload: &Workload<'_>) -> Value {
    json!({
        "app.kubernetes.io/name": workload.name,
        "app.kubernetes.io/managed-by": "floe",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_begin_with_their_first_address() {
        for range in
            ["10.0.0.0/8", "0.0.0.0/0", "192.168.1.7/32", "::/0", "2001:db8::/32", "::1/128"]
        {
            check_range("range", range).unwrap();
        }
        for range in [
            "10.0.0.1/8",
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0.0/08",
            "2001:db8::1/32",
            "example.org/8",
            "",
        ] {
            let error = check_range("range", range).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{range}");
            assert!(error.to_string().contains(&format!("found `{range}`")), "{error}");
        }
    }

    #[test]
    fn names_are_labels_of_dns() {
        let of = |name, namespace| Workload { name, namespace, ..Workload::default() };
        let longest = "a".repeat(63);
        check(&of("a", "team-1")).unwrap();
        check(&of(&longest, "1")).unwrap();
        for name in ["", "-a", "a-", "A", "a.b", "a_b", "ä", &"a".repeat(64)] {
            check(&of(name, "team")).unwrap_err();
            check(&of("a", name)).unwrap_err();
        }
        check_name("secret", "db.primary").unwrap();
        for name in ["", ".", "a..b", "a.", "A", &"a.".repeat(127)] {
            check_name("secret", name).unwrap_err();
        }
    }
}
