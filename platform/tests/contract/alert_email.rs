//! The contract of the plugin `email` (alert channel).

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use floe_plugin::alert::AlertChannel;
use floe_plugin::{Error, ErrorKind};
use floe_tests::ReservedPort;
use serde_json::{Value, json};

use crate::smtp::Server;
use crate::{CANARY, Contract, alerts, assert_failed, changed, credential, refused};

const NAME: &str = "email";

fn config(port: u16) -> Value {
    json!({
        "host": "127.0.0.1", "port": port, "encryption": "none", "timeout": 30,
        "from": "floe <floe@example.org>", "to": ["Ada <ada@example.org>", "ops@example.net"],
    })
}

fn send(port: u16, change: &Value) -> Result<(), Error> {
    let (_file, password) = credential(CANARY);
    let login = json!({ "login": { "username": "floe", "password": password } });
    alerts::send_one(NAME, changed(changed(config(port), &login), change))
}

/// Sends an alert to a server with this `reply` to `command`. Returns the error and the number of accepted messages.
fn against(command: &'static str, reply: &'static str, timeout: u32) -> (Error, usize) {
    let server = Server::start(move |it| it.starts_with(command).then(|| reply.to_owned()));
    let error = send(server.port, &json!({ "timeout": timeout })).unwrap_err();
    assert!(!error.to_string().contains(CANARY), "{error}");
    (error, server.accepted().len())
}

pub(crate) fn contract() -> Contract {
    let service = "stand-in; in `.ci/services plugins` aiosmtpd, with a login and STARTTLS";
    Contract::new::<dyn AlertChannel>(NAME, service).operation(
        "send_alert",
        &[
            "alert.channel=email",
            "alert.destination=example.org*",
            "alert.severity=critical",
            "alert.delivery_status=delivered",
        ],
        || {
            let server = Server::start(|_| None);
            send(server.port, &json!({}))?;
            let accepted = server.accepted();
            assert_eq!(accepted.len(), 1, "{accepted:?}");
            let mail = &accepted[0];
            let login = STANDARD.encode(format!("\0floe\0{CANARY}"));
            assert_eq!(mail.login.as_ref(), Some(&login));
            assert_eq!(mail.from, "FROM:<floe@example.org>");
            assert_eq!(mail.to, ["TO:<ada@example.org>", "TO:<ops@example.net>"]);
            Ok(())
        },
        || {
            let reply = "535 5.7.8 c4n4ry-Zm9vYmFyYmF6cXV4 is not the password";
            Err(against("AUTH", reply, 30).0)
        },
    )
}

#[test]
fn a_reply_of_the_server_is_a_clear_error_and_no_message() {
    use ErrorKind::{InvalidResponse, Rejected, TimedOut, Unauthorized, Unavailable};

    for (command, reply, kind, text) in [
        ("CONNECT", "421 4.3.2 shutting down", Unavailable, "421"),
        ("CONNECT", "554 5.7.1 blocked", Rejected, "554"),
        ("AUTH", "535 5.7.8 no", Unauthorized, "535"),
        ("MAIL", "530 5.7.0 log in", Unauthorized, "530"),
        ("MAIL", "451 4.7.1 later", Unavailable, "451"),
        ("RCPT TO:<ops@example.net>", "550 5.1.1 unknown", Rejected, "550"),
        ("END", "552 5.3.4 too long", Rejected, "552"),
        ("EHLO", "\u{16}\u{3}\u{1} not SMTP", InvalidResponse, "127.0.0.1"),
        ("MAIL", "", TimedOut, "127.0.0.1"),
    ] {
        let (error, accepted) = against(command, reply, if reply.is_empty() { 1 } else { 30 });
        assert_failed(&error, kind, text);
        assert_eq!(accepted, 0, "{error}");
    }
}

#[test]
fn a_login_that_the_server_quotes_is_hidden_also_as_it_is_sent() {
    let login = STANDARD.encode(format!("\0floe\0{CANARY}"));
    assert_eq!(login, "AGZsb2UAYzRuNHJ5LVptOXZZbUZ5WW1GNmNYVjQ=");
    let reply = "535 5.7.8 AGZsb2UAYzRuNHJ5LVptOXZZbUZ5WW1GNmNYVjQ= is wrong";
    let (error, _) = against("AUTH", reply, 30);
    assert!(error.to_string().ends_with(" <REDACTED> is wrong"), "{error}");
}

#[test]
fn a_server_that_is_away_is_unavailable() {
    let port = ReservedPort::new();
    let error = send(port.number(), &json!({})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.to_string().starts_with("SMTP 127.0.0.1: "), "{error}");
}

#[test]
fn a_server_without_starttls_gets_neither_the_login_nor_the_message() {
    let server = Server::start(|_| None);
    let error = send(server.port, &json!({ "encryption": "starttls" })).unwrap_err();
    assert_failed(&error, ErrorKind::Rejected, "STARTTLS");
    assert_eq!(server.accepted().len(), 0);
}

#[test]
fn a_configuration_that_cannot_work_is_an_error_with_what_is_accepted() {
    for (change, expected) in [
        (json!({ "to": [] }), "to: expected at least one recipient, found none"),
        (
            json!({ "to": ["ada"] }),
            "to.0: expected `ada@example.org` or `Ada <ada@example.org>`, found `ada`",
        ),
        (json!({ "timeout": 0 }), "timeout: expected more than 0 and at most 300 seconds, found 0"),
        (json!({ "encryption": "ssl" }), "encryption: unknown variant `ssl`, expected "),
        (
            json!({ "host": "mail.example", "login": { "username": "a", "password": "${env:PATH}" } }),
            "a login on another host needs encryption: expected `encryption: tls` or `encryption: starttls`, found `none`",
        ),
        (
            json!({ "encryption": "tls", "ca_certificate": concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml") }),
            "found no certificate, expected one or several certificates in PEM",
        ),
        (
            // Reading `/dev/zero` would never end.
            json!({ "encryption": "tls", "ca_certificate": "/dev/zero" }),
            "`ca_certificate` is /dev/zero: it is a device",
        ),
    ] {
        let error = refused::<dyn AlertChannel>(Path::new(""), NAME, changed(config(25), &change));
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_line_feed_in_an_alert_adds_no_header() {
    let server = Server::start(|_| None);
    let message =
        floe_plugin::alert::Message::new("Name", "one\r\nBcc: eve@example.org\r\n\r\nbody");
    alerts::send(NAME, config(server.port), &message).unwrap();
    let data = &server.accepted()[0].data;
    let (head, _) = data.split_once("\n\n").unwrap();
    assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
    assert_eq!(server.accepted()[0].to.len(), 2);
}
