//! Tests the public interface.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::borrow::Cow;
use std::io::Write;

use floe_redact::{Evidence, KeyMeaning, Level, Redactor, rule_ids};

const SECRET: &str = "Zq7xWv93Lmt2";

const GITHUB_TOKEN: &str = concat!("ghp_", "cCtkLFUCMZsmqWC3r9N1dIkjzVhFtX09MJfm");

#[test]
fn a_clean_text_is_borrowed() {
    let redactor = Redactor::new();
    for text in
        ["", "no secret here", "task 4711 failed after 12034 rows", "password: ${DB_PASSWORD}"]
    {
        assert!(matches!(redactor.redact(text), Cow::Borrowed(same) if same == text));
        assert!(redactor.findings(text).is_empty());
    }
}

#[test]
fn findings_are_the_replaced_ranges() {
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

/// A quote that another line closes does not hide the keys between the two lines.
#[test]
fn a_long_value_that_stays_does_not_hide_what_follows_its_line() {
    let words = "the rows of ".repeat(60);
    let quotes = "'hunter ".repeat(12);
    for text in [
        format!("{{password, \"{words}\ndb_password={SECRET}\n{words}\"}}"),
        format!("auth=('bob', 'hunter\ndb_password={SECRET}\n{quotes}2X')"),
    ] {
        let safe = Redactor::new().redact(&text).into_owned();
        assert!(!safe.contains(SECRET), "{safe}");
    }
}

#[test]
fn an_explanation_has_the_reasons_but_no_secret() {
    let text = format!("password={SECRET} token: expected");
    let explanation = Redactor::new().explain(&text);
    assert_eq!(
        explanation,
        "9..21 redacted by password of \"password\": 8 points, 3 needed for random characters\n\
         29..37 kept \"expected\", a candidate of token of \"token\": 6 points, 10 needed for a word of a sentence\n"
    );
    assert_eq!(Redactor::new().explain("nothing"), "no candidate\n");
}

#[test]
fn an_explanation_has_what_was_refused_before_it_was_judged() {
    for (text, wanted) in [
        (
            "password = get(config, 'x')",
            "11..21 kept \"get(config\", a candidate of password of \"password\": a call\n",
        ),
        (
            "token_type=bearer",
            "0..10 kept \"token_type\", a candidate of token: a name with another meaning\n",
        ),
        (
            "primary key=a1B2c3D4 next_token=a1B2c3D4e5f6",
            "0..11 kept \"primary key\", a candidate of key: a name with another meaning\n\
             21..31 kept \"next_token\", a candidate of token: a name with another meaning\n",
        ),
        (
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "0..40 kept \"ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\", a candidate of github-personal-access-token: \
             it looks like a name or a placeholder, not like such a token\n",
        ),
        (
            "PWD=/home/app",
            "4..13 kept \"/home/app\", a candidate of password of \"PWD\": the name means the working directory here\n",
        ),
        (
            "key=db_password",
            "4..15 kept \"db_password\", a candidate of key of \"key\": it is itself the name of a secret\n",
        ),
        (
            "ssh://git@example.com/a",
            "6..9 kept \"git\", a candidate of url-userinfo: a user without a password\n",
        ),
        (
            "postgres://bob:${PASSWORD}@db.example.com/x",
            "11..26 kept \"bob:${PASSWORD}\", a candidate of url-userinfo: a placeholder\n",
        ),
        (
            "curl -u 10:1000 host",
            "11..15 kept \"1000\", a candidate of option-user-password: the option has no password here\n",
        ),
    ] {
        assert_eq!(Redactor::new().explain(text), wanted);
    }
    let allowed = Redactor::builder().allowed_key("token").build();
    let wanted = "0..5 kept \"token\", a candidate of token: an allowed key\n";
    assert_eq!(allowed.explain("token=abc123def"), wanted);
}

/// Ordinary words with the prefix of some vendor's tokens are no candidates.
#[test]
fn an_explanation_is_silent_about_words_with_a_known_prefix() {
    for text in [
        "api-server-1 test_connection live_migration pat_matching",
        "nova-api.log.1.2017-05-16_13:53:08 on 10.11.10.1",
        "glpat-… ghp_ sk-learn",
    ] {
        assert_eq!(Redactor::new().explain(text), "no candidate\n");
    }
}

#[test]
fn an_explanation_names_the_key_unless_it_is_a_part_of_a_secret() {
    let text = format!("db_password={SECRET} and mail: https://bob:{SECRET}@h/?token={SECRET}");
    let redactor = Redactor::new();
    let keys: Vec<_> = redactor.findings(&text).into_iter().map(|finding| finding.key).collect();
    let names: Vec<_> = keys.into_iter().map(|key| key.map(|key| &text[key])).collect();
    assert_eq!(names, [Some("db_password"), None, Some("token")]);
    let explanation = redactor.explain(&text);
    assert!(explanation.contains("redacted by password of \"db_password\": "), "{explanation}");
    assert!(!explanation.contains(SECRET), "{explanation}");
}

/// Formats change, so a token with a known prefix may have another length or other characters.
#[test]
fn a_known_prefix_and_random_characters_are_a_token() {
    for token in [
        concat!("ghp_", "9fK2-mQx7_Vb3Zr8Lw1Td6"),
        concat!("glpat-", "Q7x_9Zr2Kv-4Tm8Lb3Wd"),
        concat!("xoxb-", "7Kq2Zx9Lm4Vb8Tr1Wd6Ny3"),
        concat!("sk-", "9fK2mQx7_Vb3Zr8Lw1Td6-Yp4Hs5"),
    ] {
        for text in [token.to_owned(), format!("the key {token} does not work")] {
            let safe = text.replace(token, "<REDACTED>");
            assert_eq!(Redactor::new().redact(&text), safe);
        }
    }
    for text in [
        "sk-learn-contrib-tools",
        "api-gateway-service-7f9c6b5d4-x2kq9",
        "test_orders_2024_01_02_v3",
    ] {
        assert_eq!(Redactor::new().redact(text), text);
    }
}

#[test]
fn a_token_that_is_longer_than_documented_is_redacted_after_a_dot_or_a_dash() {
    let body = "q7Xp5i7spr6z5fl3trzf697";
    for prefix in [["gl", "pat-"], ["gh", "p_k3Vb8Lq0Zr5Tn2Wd"]] {
        for before in ["", "orders.", "orders-"] {
            let text = [before, prefix[0], prefix[1], body, body].concat();
            let safe = Redactor::new().redact(&text).into_owned();
            assert_eq!(safe, format!("{before}<REDACTED>"), "{text}");
        }
    }
}

/// The most common passwords are redacted, although none of them looks like a secret.
#[test]
fn a_common_password_is_a_secret_after_its_key_and_in_a_url() {
    let words = "123456 password 12345678 qwerty 123456789 12345 1234 111111 1234567 dragon 123123 baseball abc123 \
        football monkey letmein 696969 shadow master 666666 qwertyuiop 123321 mustang 1234567890 michael 654321 \
        superman 1qaz2wsx 7777777 121212 000000 qazwsx 123qwe killer trustno1 jordan jennifer zxcvbnm asdfgh hunter \
        buster soccer harley batman andrew tigger sunshine iloveyou 2000 charlie robert thomas hockey ranger daniel \
        starwars 112233 george computer michelle jessica pepper 1111 zxcvbn 555555 11111111 131313 freedom 777777 \
        pass maggie 159753 aaaaaa ginger princess joshua cheese amanda summer love ashley nicole chelsea matthew \
        access yankees 987654321 dallas austin thunder taylor matrix admin root toor test guest welcome changeme \
        default secret password1 passw0rd p@ssw0rd rootpassword mysecretpassword testpass userpass dbpassword login \
        server internal private public user postgres mysql redis oracle administrator Password1 Password123 Admin123 \
        secret123 123abc a1b2c3 qwerty123 1q2w3e4r zaq12wsx solo flower hello whatever donald bailey biteme";
    let mut kept = Vec::new();
    for word in words.split_whitespace() {
        for (text, safe) in [
            (format!("password={word}"), "password=<REDACTED>"),
            (format!("password={word} host=db"), "password=<REDACTED> host=db"),
            (format!("{{\"password\": \"{word}\"}}"), "{\"password\": \"<REDACTED>\"}"),
            (format!("postgres://user:{word}@db/x"), "postgres://<REDACTED>@db/x"),
        ] {
            if Redactor::new().redact(&text) != safe {
                kept.push(text);
            }
        }
    }
    assert!(kept.is_empty(), "{kept:#?}");
}

/// Only some of the nested values are examined, but a nested value never hides a key on another line.
#[test]
fn a_repeated_key_does_not_hide_the_next_line() {
    for piece in ["auth(", "password ", "tokens: [", "secret(\"", "{\"password\":"] {
        let text = format!("{}\ndb_password={SECRET}\n", piece.repeat(400));
        let safe = Redactor::new().redact(&text).into_owned();
        assert!(!safe.contains(SECRET), "{piece}");
    }
}

#[test]
fn levels_decide_about_personal_data() {
    let text = "mail jane.doe@example.com session=nightly";
    let of = |level| Redactor::builder().level(level).build().redact(text).into_owned();
    assert_eq!(of(Level::Credentials), text);
    assert_eq!(of(Level::CredentialsAndPii), "mail <REDACTED>@example.com session=nightly");
    assert_eq!(of(Level::Strict), "mail <REDACTED>@example.com session=nightly");
}

#[test]
fn every_value_of_a_configured_key_is_redacted_in_every_spelling() {
    let keys = ["customer_ref", "iq", "badge", "customer", "patient id"];
    let builder = keys.iter().try_fold(Redactor::builder(), |builder, key| builder.key(key));
    let redactor = builder.unwrap().build();
    for (text, wanted) in [
        ("customer_ref=ab 1", "customer_ref=<REDACTED> 1"),
        ("customerRef: \"a b\"", "customerRef: \"<REDACTED>\""),
        ("{\"x-customer-ref\": \"ab\"}", "{\"x-customer-ref\": \"<REDACTED>\"}"),
        ("iq=13077x badge='7a'", "iq=<REDACTED> badge='<REDACTED>'"),
        ("badger=1 uniq=2", "badger=1 uniq=2"),
        ("customer: pending x", "customer: <REDACTED> x"),
        ("customer=new x", "customer=<REDACTED> x"),
        ("customer=true", "customer=<REDACTED>"),
        ("{\"customer\":true}", "{\"customer\":\"<REDACTED>\"}"),
        ("customer=/a/b", "customer=<REDACTED>"),
        ("customer: user=bob", "customer: <REDACTED>"),
        ("patient_id: 12345", "patient_id: <REDACTED>"),
        ("patient_id -> 7", "patient_id -> <REDACTED>"),
        ("{\"customer\": \"Open\"}", "{\"customer\": \"<REDACTED>\"}"),
        ("/x?customer=12&y=1", "/x?customer=<REDACTED>&y=1"),
        ("run --customer acme", "run --customer <REDACTED>"),
        ("the customer is pending", "the customer is pending"),
        ("customer=<REDACTED>", "customer=<REDACTED>"),
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
    assert_eq!(redactor.redact(&format!("sortToken={GITHUB_TOKEN}")), "sortToken=<REDACTED>");
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
fn a_key_that_cannot_be_found_is_an_error() {
    for key in ["", "x", "user_i", "größe", &"long".repeat(17)] {
        let error = Redactor::builder().key(key).unwrap_err();
        assert!(error.to_string().starts_with("not a key, expected "));
    }
}

#[test]
fn the_range_of_a_pattern_is_widened_to_characters_and_may_be_in_the_word_of_a_mark() {
    let redactor = |range: std::ops::Range<usize>| {
        let find = move |text: &str, from| (from == 0 && text.len() > 2).then(|| range.clone());
        Redactor::builder().pattern(find).build()
    };
    assert_eq!(redactor(1..2).redact("aéb"), "a<REDACTED>b");
    assert_eq!(redactor(9..12).redact("aéb"), "aéb");
    let word = Redactor::builder()
        .pattern(|text, from| Some(text.get(from..)?.find("ED")? + from).map(|at| at..at + 2))
        .build();
    let safe = word.redact("ED 7 RED").into_owned();
    assert_eq!(safe, "<REDACTED> 7 R<REDACTED>");
    assert_eq!(word.redact(&safe), safe);
}

/// The findings are equal even if a later pass reads a text with marks, or a truncated text is read again.
#[test]
fn redact_with_reports_what_findings_returns() {
    for max in [20, 500] {
        let redactor = Redactor::builder().max_chars(max).build();
        for text in [
            format!("password={SECRET} token={SECRET}x and more of it"),
            format!("a\"password={SECRET}\"password='{SECRET}\"token={SECRET}x"),
            format!("x=password={SECRET}&password=\"{SECRET}y {SECRET}'"),
        ] {
            let mut found = Vec::new();
            let _ = redactor.redact_with(&text, |finding| found.push(finding.clone()));
            assert_eq!(found, redactor.findings(&text));
            assert!(found.windows(2).all(|two| two[0].range.end < two[1].range.start));
        }
    }
}

#[test]
fn a_value_belongs_to_the_name_of_a_secret_in_another_field_with_its_prefix() {
    let long = format!("{}password", "x".repeat(256));
    for (fields, wanted) in [
        (
            [("config.key", "password"), ("config.value", "x"), ("value", "x")],
            Some((1, "password")),
        ),
        ([("new_value", "x"), ("rows", "5"), ("paramName", "api key")], Some((0, "api key"))),
        ([("key", "session"), ("value", "x"), ("rows", "5")], Some((1, "session"))),
        // A name that is certainly one of a secret counts more, in either order.
        ([("name", "password"), ("key", "session"), ("value", "x")], Some((2, "password"))),
        ([("key", "session"), ("name", "password"), ("value", "x")], Some((2, "password"))),
        // The key of the value hides more than the name, unless the name hides everything.
        ([("key", "session"), ("secret_value", "x"), ("rows", "5")], None),
        ([("key", "password"), ("secret_value", "x"), ("rows", "5")], Some((1, "password"))),
        ([("title", "Forgot your password"), ("content", "x"), ("rows", "5")], None),
        ([("key", &long), ("value", "x"), ("rows", "5")], None),
        ([("path", "/oauth/token"), ("from", "x"), ("rows", "5")], None),
        ([("field", "token"), ("from", "x"), ("rows", "5")], Some((1, "token"))),
        ([("key", "color"), ("value", "red"), ("password", "x")], None),
    ] {
        assert_eq!(Redactor::new().named(&fields), Vec::from_iter(wanted), "{fields:?}");
    }
}

#[test]
fn a_value_is_redacted_by_a_separate_key() {
    let redactor = Redactor::new();
    assert_eq!(redactor.meaning_of("db.password"), KeyMeaning::Always("password"));
    assert_eq!(redactor.meaning_of("table"), KeyMeaning::Text);
    for (key, value, wanted) in [
        ("db.password", "winter", "<REDACTED>"),
        ("db.password", "", ""),
        ("http.request.header.cookie", "session=abc", "<REDACTED>"),
        ("table", "orders", "orders"),
        ("token.count", "12", "12"),
        ("session", "nightly", "nightly"),
        ("session", "f3a9c81e77b24d0f9e6a5b1c2d3e4f50", "<REDACTED>"),
        ("url", "postgres://u:p4ssw0rd@h/d", "postgres://<REDACTED>@h/d"),
        ("databaseUrl", "postgres://u:p4ssw0rd@h/d", "postgres://<REDACTED>@h/d"),
        (
            "connection_string",
            "Server=db;Database=orders;Password=p4ssw0rd;",
            "Server=db;Database=orders;Password=<REDACTED>;",
        ),
        ("db.dsn", "host=db dbname=orders", "host=db dbname=orders"),
        ("db.dsn", "f3a9c81e77b24d0f9e6a5b1c2d3e4f50", "<REDACTED>"),
        ("pin", "4815", "<REDACTED>"),
        ("tokens", "17", "17"),
        ("has_password", "true", "true"),
        ("key of postgres://u:p4ssw0rd@h/d", "orders", "orders"),
    ] {
        assert_eq!(redactor.redact_value(key, value), wanted, "{key}");
    }
}

#[test]
fn a_writer_redacts_lines_whatever_the_pieces_they_come_in() {
    let text = format!("a\npassword={SECRET}\r\nurl postgres://bob:{SECRET}@h/x end");
    let wanted = "a\npassword=<REDACTED>\r\nurl postgres://<REDACTED>@h/x end";
    for size in [1, 3, 7, 1000] {
        assert_eq!(written(&text, size), wanted);
    }
}

fn written(text: &str, size: usize) -> String {
    let mut safe = Vec::new();
    let mut writer = Redactor::new().writer(&mut safe);
    for piece in text.as_bytes().chunks(size) {
        writer.write_all(piece).unwrap();
    }
    drop(writer);
    String::from_utf8(safe).unwrap()
}

#[test]
fn a_writer_redacts_the_lines_of_one_write_as_one_text() {
    for text in [
        format!("INFO Config {{\n    password: Some(\n        \"{SECRET}\",\n    ),\n}}\n"),
        format!("INFO read:\npassword: |\n  {SECRET}\nhost: db\n"),
        format!("{{\n  \"value\": \"{SECRET}\",\n  \"name\": \"DB_PASSWORD\"\n}}\n"),
        format!("INSERT INTO users (name, password)\nVALUES ('bob', '{SECRET}')\n"),
        format!("- name: DB_PASSWORD\n  value: {SECRET}\n"),
    ] {
        let safe = written(&text, 1000);
        assert_eq!(safe, text.replace(SECRET, "<REDACTED>"));
    }
}

#[test]
fn a_writer_passes_on_a_line_that_never_ends_in_parts() {
    let mut safe = Vec::new();
    let mut writer = Redactor::new().writer(&mut safe);
    writer.write_all("x".repeat(300_000).as_bytes()).unwrap();
    // At most two parts are pending.
    let pending = 300_000 - writer.get_mut().len();
    assert!(pending <= 2 * 64 * 1024, "{pending}");
    writer.flush().unwrap();
    drop(writer);
    assert_eq!(safe.len(), 300_000);
}

#[test]
fn a_part_of_a_long_line_ends_neither_in_a_secret_nor_in_a_character() {
    for len in 65_520..65_540 {
        let words = "word ".repeat(len / 5) + &"y".repeat(len % 5);
        let text = format!("{words} password={SECRET} {words}");
        assert_eq!(written(&text, 1 << 20), format!("{words} password=<REDACTED> {words}"));
        let text = "x".repeat(len % 3) + &"€".repeat(len);
        assert_eq!(written(&text, 1 << 20), text);
    }
}

#[test]
fn a_writer_redacts_a_private_key_of_several_lines() {
    let line = "MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEAq7BFUpkGp3";
    let head = ["-----BEGIN RSA ", "PRIVATE KEY-----"].concat();
    let foot = ["-----END RSA ", "PRIVATE KEY-----"].concat();
    for prefix in ["", "web-1  | "] {
        let key = format!("{head}\n{prefix}{line}\n{prefix}{line}\n{prefix}{foot}");
        let text = format!("a\n{prefix}{key}\nb\n");
        for size in [7, 1000] {
            assert_eq!(written(&text, size), format!("a\n{prefix}<REDACTED>\nb\n"));
        }
    }
    // A key without an end delays the lines after it only for a short time.
    let mut safe = Vec::new();
    let mut writer = Redactor::new().writer(&mut safe);
    writer.write_all(format!("{head}\n{line}\n").as_bytes()).unwrap();
    assert_eq!(writer.get_ref().len(), 0);
    writer.write_all("a line\n".repeat(5000).as_bytes()).unwrap();
    drop(writer);
    assert_eq!(
        String::from_utf8(safe).unwrap(),
        format!("<REDACTED>\n{}", "a line\n".repeat(5000))
    );
}

/// The lines of a key are read from its first line on, and a line of another form ends the key.
#[test]
fn a_private_key_ends_with_its_last_line() {
    let begin = ["-----BEGIN ", "PRIVATE KEY-----"].concat();
    let end = ["-----END ", "PRIVATE KEY-----"].concat();
    let line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    let log = "12:00 line one ok\n12:01 user bob logged in\n";
    for (text, wanted) in [
        // Two keys have no end.
        (
            format!("{begin}\n{line}\nabcd\n{begin}\n{line}\n{log}"),
            format!("<REDACTED>\n<REDACTED>\n{log}"),
        ),
        // The last lines are short.
        (format!("  {begin}\n  {line}\n  abcdefg\n{log}"), format!("  <REDACTED>\n{log}")),
        (format!("{begin}\r\n{line}\r\nAwEHoUQ"), "<REDACTED>".to_owned()),
        // The end belongs to another key or certificate.
        (
            format!("{begin}\n{line}\n{log}{begin}\n{line}\n{end}\n"),
            format!("<REDACTED>\n{log}<REDACTED>\n"),
        ),
        (
            format!("{begin}\n{line}\n{log}-----END CERTIFICATE-----\n"),
            format!("<REDACTED>\n{log}-----END CERTIFICATE-----\n"),
        ),
        // The key is on one line.
        (format!("{begin} {line} {line} abcd== {end} x"), "<REDACTED> x".to_owned()),
        (
            format!("{{\"k\":\"{begin}\\nabcdABCD1234\\n\",\"username1\":\"bob\"}}"),
            "{\"k\":\"<REDACTED>\\n\",\"username1\":\"bob\"}".to_owned(),
        ),
        (
            format!(
                "k={}%0A{line}%0Aabcd%3D%3D%0A{}&x=1",
                begin.replace(' ', "%20"),
                end.replace(' ', "%20")
            ),
            "k=<REDACTED>&x=1".to_owned(),
        ),
        // The beginning of the key was cut.
        (format!("{log}{line}\n{line}\nabcd\n{end}\n{log}"), format!("{log}<REDACTED>\n{log}")),
        // A sentence mentions the first line of a key.
        (
            format!("expected '{begin}' at line 1, user=bob host=db"),
            format!("expected '{begin}' at line 1, user=bob host=db"),
        ),
    ] {
        assert_eq!(Redactor::new().redact(&text), wanted);
    }
}

#[test]
fn a_writer_does_not_delay_a_line_after_a_private_key() {
    let begin = ["-----BEGIN ", "PRIVATE KEY-----"].concat();
    let mut safe = Vec::new();
    let mut writer = Redactor::new().writer(&mut safe);
    let line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    write!(writer, "{begin}\n{line}\n").unwrap();
    assert!(writer.get_mut().is_empty());
    writeln!(writer, "12:00 user bob logged in").unwrap();
    let wanted = "<REDACTED>\n12:00 user bob logged in\n";
    assert_eq!(writer.get_mut().as_slice(), wanted.as_bytes());
}

#[test]
fn a_list_is_redacted_as_its_json_and_as_a_command() {
    let list = |line: &str| line.split('|').map(str::to_owned).collect::<Vec<_>>();
    for line in [
        "mysql|-pWORD|orders",
        "sshpass|-p|WORD|ssh|bob@h",
        "redis-cli|-a|WORD|ping",
        "sqlcmd|-S|db|-U|sa|-P|WORD",
        "docker|login|-u|bob|-p|WORD|r.example.com",
        "docker|login|-p|WORD",
        "az|login|--service-principal|-p|WORD",
        "curl|-u|bob:WORD|https://h",
        "curl|-H|X-Api-Key: WORD|https://h",
        "net|user|bob|WORD",
        "mysqladmin|password|WORD",
        "rabbitmqctl|change_password|bob|WORD",
        "openssl|rsa|-passin|pass:WORD",
        "password|WORD",
        "X-Api-Key|WORD",
        "host|db|password|WORD",
        "it's|--password|WORD",
        "{\"a\": 1}|--password|WORD",
        "--password|WORD and more",
    ] {
        let items = list(&line.replace("WORD", SECRET));
        let safe = Redactor::new().redact_list(&items);
        assert_eq!(safe.len(), 1, "{safe:?} in {items:?}");
        assert!(!safe[0].1.contains(SECRET), "{safe:?} in {items:?}");
    }
    for line in ["mysql|-h|db|-P|3306", "password|username", "docker|run|-p|8080:80|app", "", "|"] {
        assert_eq!(Redactor::new().redact_list(&list(line)), []);
    }
    let line = "MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEAq7BFUpkGp3";
    let head = ["-----BEGIN RSA ", "PRIVATE KEY-----"].concat();
    assert_eq!(Redactor::new().redact_list(&[&head, line, line]).len(), 3);
}

#[test]
fn there_are_over_two_hundred_rules() {
    let mut ids: Vec<_> = rule_ids().collect();
    ids.sort_unstable();
    ids.dedup();
    assert!(ids.len() > 200, "{}", ids.len());
}

/// The first row with the prefix, which is for tokens of 20 characters, does not win against the longer match.
#[test]
fn of_the_formats_of_a_prefix_the_longest_match_is_redacted() {
    for token in [
        concat!("glpat-", "7FmLXFu8eAP737IcTx_K_tT_8PoUPrMb.01.0w06hox19"),
        concat!("glpat-", "26Li3ESnoDiGyp4n3Hef-DwAB7f.0r0hpdvp1"),
    ] {
        let found = Redactor::new().findings(token);
        assert_eq!(found[0].range, 0..token.len(), "{token}");
    }
}

/// Colours are no part of a word, because `tracing_subscriber` writes names, signs and values in colours of their own.
#[test]
fn a_terminals_colour_is_no_part_of_a_word() {
    for secret in [
        GITHUB_TOKEN,
        concat!("AKIA", "J7Q2XW5RT3YB6KLM"),
        "4111111111111111",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.D--VSa9lPTozgwU",
        "DE89370400440532013000",
        "215-38-1979",
        "+49 170 1234567",
    ] {
        for colour in ["\u{1b}[0m", "\u{1b}[33m", "\u{1b}[1;31m", "\u{1b}[m"] {
            let text = format!("\u{1b}[3mx\u{1b}[0m\u{1b}[2m={colour}{secret}\u{1b}[0m end");
            let wanted = text.replace(secret, "<REDACTED>");
            assert_eq!(Redactor::new().redact(&text), wanted);
        }
    }
    for (text, wanted) in [
        ("\u{1b}[33mjane.doe@example.com\u{1b}[0m", "\u{1b}[33m<REDACTED>@example.com\u{1b}[0m"),
        (
            "\u{1b}[3mapi_key\u{1b}[0m\u{1b}[2m=\u{1b}[0ma1B2c3D4e5 \u{1b}[3mx\u{1b}[0m",
            "\u{1b}[3mapi_key\u{1b}[0m\u{1b}[2m=\u{1b}[0m<REDACTED> \u{1b}[3mx\u{1b}[0m",
        ),
        ("\u{1b}[32mBearer a1B2c3D4e5f6\u{1b}[0m", "\u{1b}[32mBearer <REDACTED>\u{1b}[0m"),
        (
            "{\"\u{1b}[34mpassword\u{1b}[0m\": \"winter copper\"}",
            "{\"\u{1b}[34mpassword\u{1b}[0m\": \"<REDACTED>\"}",
        ),
    ] {
        assert_eq!(Redactor::new().redact(text), wanted);
    }
}

/// One pass finds adjacent secrets, because the end of one is a boundary for the next.
#[test]
fn adjacent_secrets_are_found_in_the_same_pass() {
    let redactor = Redactor::new();
    for text in ["+49 170 1234567".repeat(100), "215-38-1979+".repeat(150)] {
        let safe = redactor.redact(&text);
        assert_eq!(redactor.redact(&safe), safe);
    }
}

#[test]
fn the_rest_of_a_text_that_takes_too_long_is_dropped_and_counted() {
    let redactor = Redactor::new();
    let slow = "KEY,db{".repeat(10_000);
    let text = format!("{slow} password={SECRET}");
    let found = redactor.findings(&text);
    let last = found.last().unwrap();
    assert_eq!((last.rule, last.evidence), ("unread", Evidence::Unread));
    assert_eq!(last.range.end, text.len());
    let safe = redactor.redact(&text);
    assert_eq!(safe, format!("{}<REDACTED>", &slow[..last.range.start]));
}

#[test]
fn both_values_of_a_change_are_redacted() {
    let redactor = Redactor::new();
    for text in [
        "password changed from 'OLD' to 'NEW'",
        "/User[bob]/password: changed 'OLD' to 'NEW'",
        "password: \"OLD\" -> \"NEW\"",
    ] {
        let changed = text.replace("OLD", "winter77").replace("NEW", "copper88");
        let safe = text.replace("OLD", "<REDACTED>").replace("NEW", "<REDACTED>");
        assert_eq!(redactor.redact(&changed), safe);
    }
}

#[test]
fn the_siblings_of_a_secret_are_redacted_and_its_surroundings_stay() {
    let redactor = Redactor::new();
    for (text, wanted) in [
        (
            "check_password(\"harbor86\", \"mango71\", 3, null, \"eu-west-1\")",
            "check_password(\"<REDACTED>\", \"<REDACTED>\", 3, null, \"eu-west-1\")",
        ),
        (
            "expected \"harbor86\" got \"mango71\" for field password",
            "expected \"<REDACTED>\" got \"<REDACTED>\" for field password",
        ),
        (
            "ALTER USER app IDENTIFIED BY harbor86 REPLACE mango71",
            "ALTER USER app IDENTIFIED BY <REDACTED> REPLACE <REDACTED>",
        ),
        (
            "SERVER_TRAFFIC_SECRET_0 4b1f8a2c9d3e5f60718293a4b5c6d7e8 9f8e7d6c5b4a39281706f5e4d3c2b1a0",
            "SERVER_TRAFFIC_SECRET_0 <REDACTED> <REDACTED>",
        ),
        (
            "passwords = harbor86, mango71\nworker-3f7a9c21 stopped",
            "passwords = <REDACTED>, <REDACTED>\nworker-3f7a9c21 stopped",
        ),
        (
            "password=harbor86, host=db7x9q12, trace 3f7a9c21d4e5",
            "password=<REDACTED>, host=db7x9q12, trace 3f7a9c21d4e5",
        ),
    ] {
        assert_eq!(redactor.redact(text), wanted);
    }
}

#[test]
fn a_value_is_found_beside_a_comma_or_words_between_it_and_its_name() {
    let redactor = Redactor::new();
    for (text, wanted) in [
        ("Token(\n    \"harbor86\",\n)", "Token(\n    \"<REDACTED>\",\n)"),
        ("BearerToken(\n    \"harbor86mango\",\n)", "BearerToken(\n    \"<REDACTED>\",\n)"),
        ("Token('NAME', 'harbor86', 1)", "Token('NAME', 'harbor86', 1)"),
        (
            "parsing value 'harbor86' provided by DB_PASSWORD",
            "parsing value '<REDACTED>' provided by DB_PASSWORD",
        ),
        ("incorrect password (given: harbor86)", "incorrect password (given: <REDACTED>)"),
        ("wrong password (got harbor86)", "wrong password (got <REDACTED>)"),
        ("PIN is 4821", "PIN is <REDACTED>"),
        ("2fa=482915", "2fa=<REDACTED>"),
        ("pepper=harbor86", "pepper=<REDACTED>"),
        ("RABBITMQ_ERLANG_COOKIE: harbor86", "RABBITMQ_ERLANG_COOKIE: <REDACTED>"),
        ("mdp=harbor86", "mdp=<REDACTED>"),
        ("clave=harbor86", "clave=<REDACTED>"),
    ] {
        assert_eq!(redactor.redact(text), wanted);
    }
}

/// The text is redacted once more by another version or another program.
#[test]
fn a_text_with_marks_of_other_programs_does_not_change_beside_them() {
    let redactor = Redactor::new();
    for text in
        ["password '***' != 'x'", "password=[Filtered], retried", "password <REDACTED>, retried"]
    {
        assert_eq!(redactor.redact(text), text);
    }
}
