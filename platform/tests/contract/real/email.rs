//! aiosmtpd: receives messages over SMTP with a login and STARTTLS or TLS, and prints them for the test.

use std::path::Path;
use std::process::Command;

use floe_plugin::alert::Message;
use floe_plugin::{Error, ErrorKind};
use floe_tests::Authority;
use serde_json::{Value, json};

use super::process::{Process, place, script};
use crate::{alerts, assert_failed, credential};

fn start(place: &Path, mode: &str, authority: &Authority) -> Process {
    let (certificate, key) = authority.server();
    let python = place.join("venv/bin/python");
    let mut command = Command::new(python);
    command.arg(script("aiosmtpd_server.py")).arg(mode);
    Process::start(command.arg(certificate).arg(key))
}

fn send(port: u16, mode: &str, authority: &Authority, password: &str) -> Result<(), Error> {
    let (_file, password) = credential(password);
    let config = json!({
        "host": "localhost", "port": port, "encryption": mode,
        "ca_certificate": authority.certificate(),
        "login": { "username": "floe", "password": password },
        "from": "floe <floe@example.org>", "to": ["Ada Löwe <ada@example.org>", "ops@example.net"],
    });
    let message = Message {
        summary: "orders has no \"Zürich\", and this line is longer than a line of a header may be",
        description: Some("a line with a dot follows\n.\nand the end"),
        ..alerts::message()
    };
    alerts::send("email", config, &message)
}

#[test]
fn a_message_goes_through_starttls_and_tls_with_a_login() {
    let place = place();
    for mode in ["starttls", "tls"] {
        let authority = Authority::new();
        let mut server = start(&place, mode, &authority);
        let port = server.port();
        send(port, mode, &authority, "hunter2").unwrap();
        let mail: Value = serde_json::from_str(&server.line()).unwrap();
        assert_eq!(mail["encrypted"], true);
        assert_eq!(mail["authenticated"], true);
        assert_eq!(mail["defects"], json!([]));
        assert_eq!(mail["mail_from"], "floe@example.org");
        assert_eq!(mail["rcpt_tos"], json!(["ada@example.org", "ops@example.net"]));
        let headers = &mail["headers"];
        assert_eq!(headers["from"], "floe <floe@example.org>");
        assert_eq!(headers["to"], "Ada Löwe <ada@example.org>, ops@example.net");
        let subject = "[critical] customer-360: orders has no \"Zürich\", and this line is longer than a line of a header may be";
        assert_eq!(headers["subject"], subject);
        assert_eq!(headers["date"], "Sun, 09 Sep 2001 01:46:40 +0000");
        assert_eq!(headers["auto-submitted"], "auto-generated");
        let body = mail["body"].as_str().unwrap().replace("\r\n", "\n");
        let (summary, rest) = body.split_at(body.find("\n\n").unwrap());
        assert!(summary.starts_with("orders has no \"Zürich\""), "{summary}");
        let expected =
            "\n\na line with a dot follows\n.\nand the end\n\nalertname: FloeCheckFailed\n";
        assert!(rest.starts_with(expected), "{rest}");
        assert!(
            rest.trim_end().ends_with("\ntrace_id: 4bf92f3577b34da6a3ce929d0e0e4736"),
            "{rest}"
        );
    }
}

#[test]
fn a_wrong_password_and_an_unknown_authority_send_nothing() {
    let place = place();
    let authority = Authority::new();
    let mut server = start(&place, "starttls", &authority);
    let port = server.port();
    let error = send(port, "starttls", &authority, "wrong").unwrap_err();
    assert_failed(&error, ErrorKind::Unauthorized, "535");

    let error = send(port, "starttls", &Authority::new(), "hunter2").unwrap_err();
    assert_failed(&error, ErrorKind::InvalidResponse, "certificate");

    let error = send(port, "tls", &authority, "hunter2").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{error}");
    // The next message is the first one that the server accepted.
    send(port, "starttls", &authority, "hunter2").unwrap();
    server.line();
    assert!(!server.has_line());
}
