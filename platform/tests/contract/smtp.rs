//! A stand-in for a mail server, by RFC 5321, on a port of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use floe_tests::Script;

#[derive(Clone, Debug, Default)]
pub(crate) struct Mail {
    /// The encoded parameter of `AUTH PLAIN`.
    pub(crate) login: Option<String>,
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) data: String,
}

/// Returns a reply in place of the usual one to a command, to a new connection (`CONNECT`) or to the end of a message
/// (`END`). With an empty reply to a command, the server hangs.
type Reply = dyn Fn(&str) -> Option<String> + Send + Sync;

pub(crate) struct Server {
    pub(crate) port: u16,
    accepted: Arc<Mutex<Vec<Mail>>>,
}

impl Server {
    pub(crate) fn start(reply: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        let accepted = Arc::default();
        let stored = Arc::clone(&accepted);
        let server = Script::new(move |_, stream| converse(stream, &reply, &stored));
        Self { port: server.port(), accepted }
    }

    pub(crate) fn accepted(&self) -> Vec<Mail> {
        self.accepted.lock().unwrap().clone()
    }
}

fn converse(
    mut stream: &TcpStream,
    reply: &Reply,
    accepted: &Mutex<Vec<Mail>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let mut mail = Mail::default();
    let mut is_greeted = false;
    let mut command = "CONNECT".to_owned();
    loop {
        let (verb, rest) = command.split_once([' ', ':']).unwrap_or((&command, ""));
        let usual = match verb {
            "CONNECT" => "220 mail.test ESMTP",
            "EHLO" if !rest.is_empty() => {
                is_greeted = true;
                "250-mail.test\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN LOGIN"
            }
            "AUTH" if is_greeted && mail.from.is_empty() => {
                mail.login = rest.strip_prefix("PLAIN ").map(str::to_owned);
                "235 2.7.0 Authentication succeeded"
            }
            "MAIL" if is_greeted && rest.starts_with("FROM:<") => {
                rest.clone_into(&mut mail.from);
                "250 2.1.0 OK"
            }
            "RCPT" if !mail.from.is_empty() && rest.starts_with("TO:<") => {
                mail.to.push(rest.to_owned());
                "250 2.1.5 OK"
            }
            "DATA" if !mail.to.is_empty() => "354 End data with <CR><LF>.<CR><LF>",
            "NOOP" => "250 OK",
            "QUIT" => "221 2.0.0 Bye",
            _ => "503 5.5.1 Bad sequence of commands",
        };
        let answer = reply(&command).unwrap_or_else(|| usual.to_owned());
        if answer.is_empty() {
            // The loop ends when the client closes the connection.
            while lines.next().transpose()?.is_some() {}
            return Ok(());
        }
        stream.write_all(format!("{answer}\r\n").as_bytes())?;
        if answer.starts_with("354") {
            loop {
                let Some(line) = lines.next().transpose()? else {
                    return Ok(());
                };
                if line == "." {
                    break;
                }
                mail.data.push_str(line.strip_prefix('.').unwrap_or(&line));
                mail.data.push('\n');
            }
            let answer = reply("END").unwrap_or_else(|| "250 2.0.0 Ok: queued".to_owned());
            if answer.starts_with("250") {
                accepted.lock().unwrap().push(std::mem::take(&mut mail));
            }
            stream.write_all(format!("{answer}\r\n").as_bytes())?;
        }
        command = match lines.next().transpose()? {
            Some(line) => line,
            None => return Ok(()),
        };
    }
}
