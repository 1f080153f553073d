//! Alerts by e-mail, over SMTP.

use std::error::Error as _;
use std::fmt::Write as _;
use std::io;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use floe_plugin::alert::{AlertChannel, Message};
use floe_plugin::{Credential, Destination, Endpoint, Error, ErrorKind, Lifecycle, LocalPath};
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{SmtpTransport, Transport as _};
use serde::Deserialize;

use crate::files::input_file;
use crate::quote::without_credentials;
use crate::time_limit::TimeLimit;

floe_plugin::plugin! {
    kind: AlertChannel,
    plugin: Email,
    name: "email",
    tracer: "floe.alert.email",
    api: "1.0",
    description: "sends alerts by e-mail",
}

/// Alerts by e-mail, over SMTP. If the server refuses one recipient, the message is sent to none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Email {
    /// The host of the server, for example `smtp.example.org`.
    host: String,
    /// The port. Default: the usual port of the encryption.
    port: Option<u16>,
    /// The encryption of the connection. Default: `starttls`.
    #[serde(default)]
    encryption: Encryption,
    /// A PEM file with certificate authorities, one of which issued the server's certificate. Default: the authorities
    /// that the system trusts.
    ca_certificate: Option<LocalPath>,
    /// The login to the server. Default: none.
    login: Option<Login>,
    /// The sender, for example `floe <floe@example.org>`.
    from: Address,
    /// The recipients, at least one.
    to: Recipients,
    /// The time limit of each step of the protocol, in seconds. Default: 10.
    #[serde(default)]
    timeout: TimeLimit,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Encryption {
    /// TLS from the beginning of the connection; port 465.
    Tls,
    /// TLS after the command `STARTTLS`; port 587. A message is never sent without TLS.
    #[default]
    Starttls,
    /// No encryption; port 25. A login is then accepted only for a server on this host.
    None,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    username: String,
    password: Credential,
}

/// An e-mail address, with or without a name.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Address(Mailbox);

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| {
            format!("expected `ada@example.org` or `Ada <ada@example.org>`, found `{text}`")
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "Vec<Address>")]
struct Recipients {
    all: Vec<Address>,
    /// The addresses, separated by commas.
    text: String,
}

impl TryFrom<Vec<Address>> for Recipients {
    type Error = &'static str;

    fn try_from(all: Vec<Address>) -> Result<Self, &'static str> {
        if all.is_empty() {
            return Err("expected at least one recipient, found none");
        }
        let addresses: Vec<String> = all.iter().map(|it| it.0.email.to_string()).collect();
        let text = addresses.join(", ");
        Ok(Self { all, text })
    }
}

impl Email {
    fn transport(&self) -> Result<SmtpTransport, Error> {
        let tls = match self.encryption {
            Encryption::Tls => Tls::Wrapper(self.tls()?),
            Encryption::Starttls => Tls::Required(self.tls()?),
            Encryption::None => Tls::None,
        };
        let mut builder = SmtpTransport::builder_dangerous(&self.host)
            .tls(tls)
            .port(self.port())
            .timeout(Some(self.timeout.0));
        if let Some(login) = &self.login {
            if self.encryption == Encryption::None && !is_this_host(&self.host) {
                let message = "a login on another host needs encryption: expected `encryption: tls` or `encryption: starttls`, found `none`";
                return Err(Error::new(ErrorKind::InvalidInput, message));
            }
            let password = login.password.expose()?.to_owned();
            builder = builder.credentials(Credentials::new(login.username.clone(), password));
        }
        Ok(builder.build())
    }

    fn port(&self) -> u16 {
        self.port.unwrap_or(match self.encryption {
            Encryption::Tls => 465,
            Encryption::Starttls => 587,
            Encryption::None => 25,
        })
    }

    fn tls(&self) -> Result<TlsParameters, Error> {
        let mut builder = TlsParameters::builder(self.host.clone());
        if let Some(path) = &self.ca_certificate {
            let refused = |what: &str| {
                let message = format!(
                    "`ca_certificate` is {}: {what}, expected one or several certificates in PEM",
                    path.display()
                );
                Error::new(ErrorKind::InvalidInput, message)
            };
            let pem = input_file::read(path).map_err(|error| refused(&error.to_string()))?;
            if !pem.contains("-----BEGIN CERTIFICATE-----") {
                return Err(refused("found no certificate"));
            }
            let certificate = Certificate::from_pem(pem.as_bytes())
                .map_err(|error| refused(&error.to_string()))?;
            builder =
                builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
        }
        builder.build().map_err(|error| self.explain(&error))
    }

    fn explain(&self, error: &lettre::transport::smtp::Error) -> Error {
        // Credentials are removed from the error, because a server may quote the text that it refuses.
        let mut credentials = Vec::new();
        if let Some(login) = &self.login
            && let Ok(password) = login.password.expose()
        {
            // The forms of the password in `AUTH PLAIN` and `AUTH LOGIN`.
            let plain = format!("\0{}\0{password}", login.username);
            credentials.extend([plain, password.to_owned()].map(|it| STANDARD.encode(it)));
            credentials.push(password.to_owned());
        }
        let text = error.to_string();
        let text = without_credentials(&text, credentials.iter().map(String::as_str));
        Error::new(kind(error), format!("SMTP {}: {text}", self.host))
    }
}

/// Whether `host` is `localhost` or a loopback address.
fn is_this_host(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn kind(error: &lettre::transport::smtp::Error) -> ErrorKind {
    if let Some(code) = error.status() {
        return match u16::from(code) {
            530 | 534 | 535 | 538 => ErrorKind::Unauthorized,
            400..=499 => ErrorKind::Unavailable,
            _ => ErrorKind::Rejected,
        };
    }
    let mut source = error.source();
    while let Some(cause) = source {
        match cause.downcast_ref().map(io::Error::kind) {
            Some(io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => {
                return ErrorKind::TimedOut;
            }
            // The error comes from TLS, or the response is not text.
            Some(io::ErrorKind::InvalidData) => return ErrorKind::InvalidResponse,
            _ => source = cause.source(),
        }
    }
    if error.is_response() || error.is_tls() {
        ErrorKind::InvalidResponse
    } else if error.is_client() {
        // The server does not support STARTTLS, or supports no login method of the client.
        ErrorKind::Rejected
    } else {
        ErrorKind::Unavailable
    }
}

impl Lifecycle for Email {
    fn start(&self) -> Result<(), Error> {
        self.transport().map(drop)
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        vec![Endpoint::Host(self.host.clone(), self.port())]
    }
}

impl AlertChannel for Email {
    fn destination(&self) -> Destination<'_> {
        Destination::new(&self.to.text)
    }

    fn send_alert(&self, message: &Message<'_>) -> Result<(), Error> {
        let severity = message.severity.as_str();
        let subject = format!("[{severity}] {}: {}", message.product, message.summary);
        let mut mail = lettre::Message::builder()
            .from(self.from.0.clone())
            .subject(subject.replace(char::is_control, " "))
            .date(message.at)
            .message_id(None)
            // Suppresses automatic answers (RFC 3834).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .header(ContentType::TEXT_PLAIN);
        for recipient in &self.to.all {
            mail = mail.to(recipient.0.clone());
        }
        let mail = mail
            .body(text(message))
            .map_err(|error| Error::new(ErrorKind::Rejected, error.to_string()))?;
        match self.transport()?.send(&mail) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.explain(&error)),
        }
    }
}

fn text(message: &Message<'_>) -> String {
    let mut text = format!("{}\n", message.summary);
    if let Some(description) = message.description {
        let _ = write!(text, "\n{description}\n");
    }
    text.push('\n');
    for (name, value) in message.properties().chain(message.ids()) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "{name}: {value}");
    }
    text
}
