//! The findings of single rules, at places where a rule could be off by one.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::Write as _;

use floe_redact::Redactor;

const SECRET: &str = "Zq7xWv93Lmt2";

/// `§` is a secret, and nothing else changes.
fn assert_redacted(template: &str) {
    let text = template.replace('§', SECRET);
    let safe = Redactor::new().redact(&text).into_owned();
    assert_eq!(safe, template.replace('§', "<REDACTED>"), "{text}");
}

fn assert_stays(text: &str) {
    assert_eq!(Redactor::new().redact(text), text);
}

#[test]
fn a_function_that_asks_for_a_secret_names_it_in_its_argument() {
    assert_stays("get_password(\"Zq7xWv93Lmt2\") has no entry");
    assert_redacted("set_password(\"§\") has no entry");
}

#[test]
fn a_call_has_a_secret_without_quotes_only_behind_the_name_of_a_type() {
    assert_redacted("Error { cause: Password(§) }");
    assert_stays("cannot call password(Zq7xWv93Lmt2) here");
}

#[test]
fn the_name_of_a_resource_or_variable_is_no_key() {
    assert_stays("arn:aws:secretsmanager:eu-west-1:123456789012:secret:Zq7xWv93Lmt2");
    assert_stays("echo ${PASSWORD:-Zq7xWv93Lmt2}");
}

#[test]
fn a_password_is_below_its_name() {
    assert_redacted("Password:\n§\nis wrong");
    assert_redacted("Password:\n\n  §\nis wrong");
}

#[test]
fn a_line_of_a_password_file_ends_in_one() {
    assert_redacted("db.example.org:5432:orders:ada:§");
}

#[test]
fn a_scheme_without_its_header_is_followed_by_credentials() {
    assert_redacted("sent Bearer § to the service");
    assert_redacted("sent Bearer, § to the service");
}

#[test]
fn a_number_after_an_option_may_be_a_port() {
    assert_stays("connect --pass 54321");
    assert_eq!(Redactor::new().redact("connect --pass 543216"), "connect --pass <REDACTED>");
}

/// A second pass finds what the first one has uncovered. Its findings have their place in the text, too.
#[test]
fn findings_of_each_pass_have_their_place_in_the_text() {
    let redactor = Redactor::new();
    for template in [
        "password=§ token=§; user=ada, Authorization: Basic §, api_key=\"§\"",
        "postgresql://ada:§@db.example.org/x?password=§ and password: §",
    ] {
        let text = template.replace('§', SECRET);
        for finding in redactor.findings(&text) {
            let found = &text[finding.range.clone()];
            assert!(found.ends_with(SECRET), "{found} of {finding:?}");
        }
    }
}

/// The product of the lengths of the two pieces exceeds the maximum length of a line.
#[test]
fn a_writer_sees_a_secret_across_two_long_pieces() {
    let mut safe = Vec::new();
    let mut writer = Redactor::new().writer(&mut safe);
    let filler = "rows ".repeat(400);
    write!(writer, "{filler} password=Zq7xWv").unwrap();
    writeln!(writer, "93Lmt2 {filler}").unwrap();
    writer.flush().unwrap();
    drop(writer);
    let safe = String::from_utf8(safe).unwrap();
    assert_eq!(safe, format!("{filler} password=<REDACTED> {filler}\n"));
}
