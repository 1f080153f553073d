//! The macros and redaction agree on the names of secrets.

use floe_telemetry::{create_span, testing};

#[allow(unreachable_pub, dead_code, reason = "a module of another crate")]
#[path = "../../../floe-telemetry-macros/src/secret.rs"]
mod secret;

/// A value that looks random, so it is also redacted where the key is ambiguous.
const RANDOM: &str = "f3a9c81e77b24d0f9e6a5b1c2d3e4f50";

const SECRET: &str = "
    access_key account_key accountKey api_key apiKey apikey auth authToken authorization
    aws_secret_access_key bearer connection_string cookie cookies credentials creds cvv
    database_url db_password dbpassword dsn db_url encryption_key id_token jwt master_key otp
    pass passcode passphrase passwd password password2 password_hash passwords private_key psk
    pw pwd APIKey refreshToken refresh_token secret secret_bytes secret_key secrets session_id sessionId shared_key
    signing_key ssh_key token token_str token_value tokens user_pass";

const HARMLESS: &str = "
    author base_url bytes cache_key compass content_hash dagster.asset_key key max_tokens parent_hash partition_key password_age
    password_min_length primary_key secret_name secretary secrets.key_name secrets.provider
    session_count table token_count token_type";

/// The lists of the macros, which begin with a blank.
const LISTS: &str = include_str!("../../../floe-telemetry-macros/src/secret.rs");

/// Redaction's table of names.
const KEYS: &str = include_str!("../../../crates/redact/src/rules/keys.rs");

/// Names of secrets that are also ordinary names of parameters and fields.
const ORDINARY: [&str; 18] = [
    "assertion",
    "client key",
    "crumb",
    "function key",
    "functions key",
    "insert key",
    "integration key",
    "machine key",
    "mnemonic",
    "pat",
    "server key",
    "service key",
    "session key",
    "storage key",
    "string data",
    "validation key",
    "wpa",
    "write key",
];

/// Whether a value is redacted at run time.
fn is_hidden(key: &'static str, value: &str) -> bool {
    let spans = testing::capture(|| create_span("stage").set_attribute(key, value.to_owned()));
    let text = format!("{:?}", spans.single("stage").data());
    !text.contains(value)
}

/// Whether the macros refuse the last word of a key.
fn is_refused(key: &str) -> bool {
    secret::is_named_by(key.rsplit('.').next().unwrap())
}

#[test]
fn macros_and_redaction_agree_on_the_names_of_secrets() {
    for key in SECRET.split_whitespace() {
        assert!(is_refused(key), "not refused: {key}");
        assert!(is_hidden(key, RANDOM), "shown: {key}");
    }

    // Only the macros know that these are booleans.
    assert!(!is_refused("has_token"));
    assert!(!is_refused("isSecret"));
    // Only a value in PEM form is a secret here, because a file may have the same name.
    let key = "private_key_pem";
    let pem = ["-----BEGIN ", "PRIVATE KEY-----\n", RANDOM].concat();
    assert!(is_refused(key));
    assert!(is_hidden(key, &pem));
    for key in HARMLESS.split_whitespace() {
        assert!(!is_refused(key), "refused: {key}");
        assert!(!is_hidden(key, "orders"), "hidden: {key}");
    }
}

#[test]
fn the_macros_refuse_each_name_whose_values_are_usually_secrets() {
    let rows = KEYS.split("keys! {").nth(1).unwrap().replace("\\\n", "");
    let mut names = 0;
    for row in rows.lines().map(|row| row.split('"').collect::<Vec<_>>()) {
        let [_, _, kind, row, ..] = row[..] else { continue };
        if !["Password", "Secret", "Named"].iter().any(|strong| kind.trim().starts_with(strong)) {
            continue;
        }
        for name in row.split(',').map(|name| name.trim().trim_start_matches('*')) {
            names += 1;
            let is_expected = name.is_ascii() && !ORDINARY.contains(&name);
            assert_eq!(secret::is_named_by(name), is_expected, "{name}");
        }
    }
    assert!(names > 100, "{names}");
}

#[test]
fn redaction_knows_each_name_that_the_macros_refuse() {
    let redactor = floe_redact::Redactor::new();
    let texts = LISTS.split('"').skip(1).step_by(2);
    let names = texts.filter(|text| text.starts_with(' ')).flat_map(str::split_whitespace);
    let unknown = names.filter(|name| redactor.meaning_of(name) == floe_redact::KeyMeaning::Text);
    // As `ssh_key`, its last word decides.
    assert_eq!(unknown.collect::<Vec<_>>(), ["sshkey"]);
}
