//! Tests properties that hold for every message, with generated secrets in several grammars and with arbitrary bytes.

use std::sync::LazyLock;

use floe_redact::{Level, Redactor};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| Redactor::builder().max_chars(500).build());

fn redacted(text: &str) -> String {
    REDACTOR.redact(text).into_owned()
}

/// Generates a secret that does not look like a word.
fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z]{3,8}[0-9]{1,4}[a-zA-Z]{3,8}",
        "[A-Za-z0-9]{10}[0-9][a-z][A-Z][0-9][A-Za-z0-9]{4,20}",
        "[a-f]{2}[0-9a-f]{28}[0-9]{2}",
        "[A-Z][a-z]{4,8}[!$^*~][0-9]{2,4}[a-z]{2}",
    ]
}

fn key() -> impl Strategy<Value = String> {
    let owner = select(vec!["", "db", "smtp", "broker", "admin", "warehouse"]);
    let name = select(vec![
        "password",
        "passwd",
        "secret",
        "api_key",
        "access_token",
        "client_secret",
        "token",
        "private_key",
        "passphrase",
        "secret_access_key",
    ]);
    let style = select(vec!['_', '-', '.', 'U']);
    (owner, name, style).prop_map(|(owner, name, style)| {
        let words = [owner, name].join("_");
        let words = words.trim_start_matches('_');
        match style {
            'U' => words.to_uppercase(),
            style => words.replace('_', &style.to_string()),
        }
    })
}

/// Generates a text with a key and its value, as programs write them outside of the languages of `carriers`.
fn pair() -> impl Strategy<Value = (String, String)> {
    let grammar = select(vec![
        "KEY => \"VALUE\"",
        "<KEY>VALUE</KEY>",
        "https://db.example.com/?KEY=VALUE&page=2",
        "postgres://loader:VALUE@db.example.com/orders",
        "[\"KEY\", \"VALUE\"]",
        "Authorization: Bearer VALUE",
        "KEY := \"VALUE\"",
        "export KEY='VALUE'",
        "- name: KEY\n  value: VALUE",
        "KEY -> VALUE",
    ]);
    (grammar, key(), secret()).prop_map(|(grammar, key, secret)| {
        let text = grammar.replace("KEY", &key).replace("VALUE", &secret);
        (text, secret)
    })
}

/// Generates a value in Rust's `Debug`, with a secret in each of its texts.
fn constructor() -> impl Strategy<Value = String> {
    let name =
        select(vec!["Value", "String", "Field", "Owned", "Spanned", "Some", "Text", "Secret"]);
    let form = select(vec![
        "NAME(VALUE)",
        "NAME(Str, VALUE)",
        "NAME(Tag(Default, 1), VALUE)",
        "NAME(\"SECRET\", VALUE)",
        "NAME { value: VALUE }",
        "NAME { span: 3..8, origin: Some(\"SECRET\"), inner: VALUE }",
        "NAME { kind: String(VALUE) }",
        "NAME {\n    raw: [\n        VALUE,\n    ],\n}",
    ]);
    vec((form, name), 0..6).prop_map(|forms| {
        let nested = |inner: String, (form, name): (&str, &str)| {
            form.replace("VALUE", &inner).replace("NAME", name)
        };
        forms.into_iter().fold("\"SECRET\"".to_owned(), nested)
    })
}

/// Generates a slot with two to five secrets: a list, a comparison, a call, a pair or an alternation, each in quotes of
/// one language or in none.
fn slot() -> impl Strategy<Value = (String, Vec<String>)> {
    let form = select(vec![
        ("KEYs = [ITEMS]", ", "),
        ("KEYs: ITEMS", ", "),
        ("KEY in (ITEMS)", ", "),
        ("check_KEY(ITEMS)", ", "),
        ("set_KEY(7, ITEMS, null)", ", "),
        ("KEY mismatch: ITEMS", " != "),
        ("assertion failed: KEY ITEMS", " == "),
        ("KEY ITEMS differ", " and "),
        ("KEY: expected ITEMS", ", got "),
        ("KEY: left: ITEMS", ", right: "),
        ("expected ITEMS for field KEY", " but got "),
        ("KEY changed from ITEMS", " to "),
        ("KEY = ITEMS", " || "),
        ("KEY: ITEMS", " | "),
        ("KEY is ITEMS", " or "),
        ("KEYs = [\n    ITEMS,\n]", ",\n    "),
        ("KEY: Some(ITEMS)", ") != Some("),
    ]);
    let quote = select(vec![("\"", "\""), ("'", "'"), ("`", "`"), ("\\\"", "\\\""), ("«", "»")]);
    let key = select(vec!["password", "api_key", "client_secret"]);
    (form, quote, key, vec(secret(), 2..6)).prop_map(
        |((form, joint), (open, close), key, secrets)| {
            let quoted: Vec<_> = secrets.iter().map(|it| format!("{open}{it}{close}")).collect();
            (form.replace("ITEMS", &quoted.join(joint)).replace("KEY", key), secrets)
        },
    )
}

/// Generates the identifier of a secret and the secret, which are one pair.
fn identified() -> impl Strategy<Value = (String, Vec<String>)> {
    let form = select(vec![
        "ID / SECRET",
        "ID:SECRET",
        "s3('https://b.example.com/x.csv', 'ID', 'SECRET', 'CSV')",
        "[\"ID\", \"SECRET\"]",
        "keys ID, SECRET",
    ]);
    let id = prop_oneof!["AKIA[A-Z2-7]{16}", "rzp_live_[a-zA-Z0-9]{14}"];
    (form, id, secret()).prop_map(|(form, id, secret)| {
        (form.replace("ID", &id).replace("SECRET", &secret), vec![secret])
    })
}

/// Generates bytes with a meaning in the grammars, between arbitrary bytes.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        vec(any::<u8>(), 0..12),
        select(vec![
            "=",
            ": ",
            "\"",
            "'",
            "\\\"",
            "://",
            "@",
            "%3A%2F%2F",
            "%40",
            "password",
            "key=",
            "<REDACTED>",
            "\n",
            "Some(",
            "[",
            "{",
            ")",
            " -p ",
            " -u a:b",
            "Bearer ",
            "eyJ",
            "-----BEGIN ",
            "123-45-6789",
            "4111 1111 1111 1111",
            "Cookie: a=b; ",
            "密码：",
            "«",
        ])
        .prop_map(|piece| piece.as_bytes().to_vec()),
    ];
    vec(piece, 0..120).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn findings_are_sorted_apart_and_what_is_replaced(bytes in bytes()) {
        let text = String::from_utf8_lossy(&bytes);
        for level in [Level::default(), Level::Strict] {
            let redactor = Redactor::builder().level(level).build();
            let mut safe = String::new();
            let mut kept = 0;
            for finding in redactor.findings(&text) {
                prop_assert!(kept <= finding.range.start);
                prop_assert!(finding.range.start < finding.range.end);
                safe.push_str(&text[kept..finding.range.start]);
                safe.push_str(&finding.mark);
                kept = finding.range.end;
            }
            safe.push_str(&text[kept..]);
            prop_assert_eq!(redactor.redact(&text), safe);
        }
    }

    /// Each text in the constructors of a value is redacted.
    #[test]
    fn no_text_in_a_constructor_leaks(
        value in constructor(),
        form in select(vec!["KEY: VALUE", "\"KEY\": VALUE", "Key(Static(\"KEY\")): VALUE", "Pair { key: Static(\"KEY\"), value: VALUE }", "(Text(\"KEY\"), VALUE)"]),
        key in key(),
        secret in secret(),
    ) {
        let text = form.replace("VALUE", &value).replace("SECRET", &secret).replace("KEY", &key);
        let safe = Redactor::new().redact(&text).into_owned();
        prop_assert!(!safe.contains(&secret), "{text} became {safe}");
    }

    /// Where one text of a slot is redacted, no other text of the slot stays.
    #[test]
    fn a_mark_and_a_sibling_never_stand_together(
        (text, secrets) in prop_oneof![3 => slot(), 1 => identified()],
        frame in select(vec!["TEXT", "2026-11-30 ERROR worker-3: TEXT", "TEXT\nretrying in 3 s", "  -> TEXT (attempt 2)"]),
    ) {
        let text = frame.replace("TEXT", &text);
        let safe = Redactor::new().redact(&text).into_owned();
        let has_mark = safe.contains("<REDACTED>");
        let stays = secrets.iter().any(|secret| safe.contains(secret));
        prop_assert!(!(has_mark && stays), "{text} became {safe}");
        prop_assert_eq!(Redactor::new().redact(&safe), safe.as_str());
    }

    /// A secret does not leak, even if the message is truncated within or near the secret.
    #[test]
    fn a_secret_is_redacted_before_a_long_message_is_truncated(before in 0_usize..130, (text, secret) in pair()) {
        let message = format!("{}{text} {}", "rows ".repeat(before), "rows ".repeat(100));
        let safe = redacted(&message);
        prop_assert!(safe.chars().count() <= 500);
        prop_assert!(!safe.contains(&secret), "{message:?} became {safe:?}");
        prop_assert!(!safe.contains(&secret[..6]), "{message:?} became {safe:?}");
        prop_assert_eq!(&redacted(&safe), &safe);
    }
}
