//! The public interface.

use std::borrow::Cow;
use std::io::Write;

use floe_redact::{Evidence, Level, RedactValue, Redactor, rules};

const SECRET: &str = "Zq7xWv93Lmt2";

#[test]
fn a_clean_text_is_borrowed() {
    let redactor = Redactor::new();
    for text in [
        "",
        "no secret here",
        "task 4711 failed after 12034 rows",
        "password: ${DB_PASSWORD}",
    ] {
        assert!(matches!(redactor.redact(text), Cow::Borrowed(same) if same == text));
        assert!(redactor.findings(text).is_empty());
    }
}

#[test]
fn findings_are_what_is_replaced() {
    let redactor = Redactor::new();
    let text = format!("GET https://bob:{SECRET}@h.example.com/?token={SECRET}&page=2 -> 500");
    let findings = redactor.findings(&text);
    let rules: Vec<_> = findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["url-userinfo", "token"]);
    assert_eq!(&text[findings[0].range.clone()], format!("bob:{SECRET}"));
    assert_eq!(&text[findings[1].range.clone()], SECRET);
    assert_eq!(findings[0].evidence, Evidence::Structure);
    assert!(matches!(findings[1].evidence, Evidence::Score(score) if score.is_secret()));
    let mut safe = text.clone();
    for finding in findings.iter().rev() {
        safe.replace_range(finding.range.clone(), "<REDACTED>");
    }
    assert_eq!(redactor.redact(&text), safe);
}

#[test]
fn redact_with_reports_each_finding() {
    let mut found = Vec::new();
    let text = format!("password={SECRET} and 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");
    let safe = Redactor::new().redact_with(&text, |finding| {
        found.push((finding.rule, finding.evidence));
    });
    assert_eq!(safe, "password=<REDACTED> and <REDACTED>");
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].0, "password");
    assert_eq!(found[1].1, Evidence::Checksum);
}

#[test]
fn an_explanation_has_the_reasons_but_no_secret() {
    let text = format!("password={SECRET} token: expected");
    let explanation = Redactor::new().explain(&text);
    assert_eq!(
        explanation,
        "9..21 redacted by password: 8 points, and random characters needs 3\n\
         29..37 kept \"expected\", a candidate of token: 6 points, and a word of a sentence needs 9\n"
    );
    assert_eq!(Redactor::new().explain("nothing"), "no candidate\n");
}

#[test]
fn levels_decide_about_personal_data_and_doubtful_keys() {
    let text = "mail jane.doe@example.com session=nightly";
    let of = |level| {
        Redactor::builder()
            .level(level)
            .build()
            .redact(text)
            .into_owned()
    };
    assert_eq!(of(Level::Credentials), text);
    assert_eq!(
        of(Level::CredentialsAndPersonalData),
        "mail <REDACTED>@example.com session=nightly"
    );
    assert_eq!(
        of(Level::Strict),
        "mail <REDACTED>@example.com session=<REDACTED>"
    );
}

#[test]
fn configured_keys_are_found_in_every_spelling() {
    let redactor = Redactor::builder()
        .key("customer_ref")
        .key("iq")
        .key("badge")
        .build();
    for (text, wanted) in [
        ("customer_ref=ab 1", "customer_ref=<REDACTED> 1"),
        ("customerRef: \"a b\"", "customerRef: \"<REDACTED>\""),
        (
            "{\"x-customer-ref\": \"ab\"}",
            "{\"x-customer-ref\": \"<REDACTED>\"}",
        ),
        ("iq=13077x badge='7a'", "iq=<REDACTED> badge='<REDACTED>'"),
        ("badger=1 uniq=2", "badger=1 uniq=2"),
    ] {
        assert_eq!(redactor.redact(text), wanted);
        assert_eq!(Redactor::new().redact(text), text);
    }
}

#[test]
fn an_allowed_key_keeps_its_value_unless_it_is_a_known_token() {
    let redactor = Redactor::builder().allowed_key("sort-token").build();
    assert_eq!(
        redactor.redact(&format!("sortToken={SECRET} otherToken={SECRET}x")),
        format!("sortToken={SECRET} otherToken=<REDACTED>")
    );
    assert_eq!(
        redactor.redact("sortToken=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"),
        "sortToken=<REDACTED>"
    );
}

#[test]
fn configured_patterns_are_redacted_once() {
    let redactor = Redactor::builder()
        .pattern(|text, from| {
            let start = text.get(from..)?.find("EMP-")? + from;
            Some(start..(start + 8).min(text.len()))
        })
        .build();
    let safe = redactor.redact("EMP-1234 and EMP-5678 left");
    assert_eq!(safe, "<REDACTED> and <REDACTED> left");
    assert_eq!(redactor.redact(&safe), safe);
}

#[test]
fn a_text_is_cut_after_it_was_redacted() {
    let redactor = Redactor::builder().max_chars(40).build();
    let text = format!("{} postgres://bob:{SECRET}@h.example.com/x", "é".repeat(24));
    let safe = redactor.redact(&text);
    assert!(
        safe.chars().count() <= 40 && !safe.contains("Zq7"),
        "{safe}"
    );
    assert_eq!(redactor.redact(&safe), safe);
}

#[test]
fn a_value_that_comes_apart_from_its_key() {
    let redactor = Redactor::new();
    assert_eq!(redactor.key("db.password"), RedactValue::Always("password"));
    assert_eq!(redactor.key("table"), RedactValue::Text);
    for (key, value, wanted) in [
        ("db.password", "winter", "<REDACTED>"),
        ("http.request.header.cookie", "session=abc", "<REDACTED>"),
        ("table", "orders", "orders"),
        ("token.count", "12", "12"),
        ("session", "nightly", "nightly"),
        ("session", "f3a9c81e77b24d0f9e6a5b1c2d3e4f50", "<REDACTED>"),
        (
            "url",
            "postgres://u:p4ssw0rd@h/d",
            "postgres://<REDACTED>@h/d",
        ),
    ] {
        assert_eq!(redactor.redact_value(key, value), wanted, "{key}");
    }
}

#[test]
fn a_writer_redacts_lines_whatever_the_pieces_they_come_in() {
    let text = format!("a\npassword={SECRET}\r\nurl postgres://bob:{SECRET}@h/x end");
    let wanted = "a\npassword=<REDACTED>\r\nurl postgres://<REDACTED>@h/x end";
    for size in [1, 3, 7, 1000] {
        let mut safe = Vec::new();
        let mut writer = Redactor::new().writer(&mut safe);
        for piece in text.as_bytes().chunks(size) {
            writer.write_all(piece).unwrap();
        }
        drop(writer);
        assert_eq!(String::from_utf8(safe).unwrap(), wanted);
    }
}

#[test]
fn a_writer_passes_on_a_line_that_never_ends_in_pieces() {
    let mut safe = Vec::new();
    let mut writer = Redactor::new().writer(&mut safe);
    writer.write_all("x".repeat(300_000).as_bytes()).unwrap();
    writer.flush().unwrap();
    drop(writer);
    assert_eq!(safe.len(), 300_000);
}

#[test]
fn there_are_over_two_hundred_rules() {
    let mut ids: Vec<_> = rules().map(|rule| rule.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert!(ids.len() > 200, "{}", ids.len());
}
