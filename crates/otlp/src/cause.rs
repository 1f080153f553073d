//! The causes of failed requests, each with its remedy.

use std::error::Error as StdError;
use std::fmt::Display;
use std::io::{self, ErrorKind};
use std::iter;

use super::settings::Setting;
use floe_telemetry_sdk::config::OtlpProtocol;

/// The words of rustls for an alert. Of one after the handshake, which may refuse or expect the certificate of the client,
/// HTTP/2 keeps only the text.
const ALERT: &str = "received fatal alert: ";
const ALERTS_ABOUT_CLIENTS: [&str; 4] =
    ["Certificate", "UnknownCA", "AccessDenied", "DecryptError"];

const HTTP: Option<Setting> = Some(Setting::Protocol(OtlpProtocol::Http));

/// The cause of a failed request, from the place that knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(all(feature = "grpc", feature = "http", feature = "tls")),
    allow(dead_code, reason = "TLS and the protocols tell most of them")
)]
pub(super) enum Cause {
    /// The text alone tells it.
    Unknown,
    /// There is no receiver of OTLP at the address.
    Address,
    NameService,
    DescriptorsOfProcess,
    DescriptorsOfMachine,
    /// The other side has closed the connection.
    Closed,
    /// The answer is one of another protocol.
    OtherProtocol,
    /// The receiver speaks HTTP, and not gRPC.
    SpeaksHttp,
    /// The receiver, or a gateway before it, has answered without gRPC.
    PerhapsHttp,
    /// The proxy has refused the connection or the request.
    RefusedByProxy,
    /// The proxy does not work.
    Proxy,
    /// The receiver has answered a handshake of TLS with something else.
    Plain,
    /// The receiver has not answered a handshake of TLS.
    PerhapsPlain,
    UnknownAuthority,
    SelfSigned,
    Dates,
    OtherName,
    CertificateVersion,
    /// An alert of TLS that tells no cause.
    Alert,
    NothingInCommon,
    TlsVersion,
    UnknownHost,
    UntrustedClient,
    Credential,
    TooLarge,
    /// The receiver has answered before, and now not in time.
    Slow,
}

impl Cause {
    /// Returns the remedy, and the setting that follows it. The causes without one depend on the receiver and the proxy.
    pub(super) const fn remedy(self) -> (&'static str, Option<Setting>) {
        match self {
            Self::Unknown
            | Self::Alert
            | Self::Closed
            | Self::OtherProtocol
            | Self::Proxy
            | Self::RefusedByProxy => ("", None),
            Self::Address => {
                ("expected the address of a running receiver in", Some(Setting::Endpoint))
            }
            Self::SpeaksHttp => ("this receiver speaks OTLP over HTTP, which needs", HTTP),
            Self::PerhapsHttp => ("a receiver that speaks OTLP over HTTP needs", HTTP),
            Self::NameService => ("the name service of this machine does not answer", None),
            Self::DescriptorsOfProcess => {
                ("raise the limit of open files (`ulimit -n`) of this process", None)
            }
            Self::DescriptorsOfMachine => ("raise the limit of open files of this machine", None),
            Self::Plain => {
                ("the receiver does not use TLS: expected an endpoint with `http://`", None)
            }
            Self::PerhapsPlain => {
                ("the receiver perhaps does not use TLS: expected an endpoint with `http://`", None)
            }
            Self::UnknownAuthority => (
                "expected the authority of the receiver's certificate in",
                Some(Setting::Certificate),
            ),
            Self::SelfSigned => (
                "the certificate has signed itself: expected exactly this certificate in",
                Some(Setting::Certificate),
            ),
            Self::Dates => ("the receiver needs a new one, or this machine's clock is wrong", None),
            Self::OtherName => ("the certificate must name the host of the endpoint", None),
            Self::CertificateVersion => {
                ("expected a certificate of version 3 with alternative names", None)
            }
            Self::NothingInCommon => (
                "the receiver has no version or cipher suite of TLS in common with this program, or needs a client certificate:",
                Some(Setting::ClientCertificate),
            ),
            Self::TlsVersion => ("the receiver needs TLS 1.2 or 1.3", None),
            Self::UnknownHost => {
                ("the receiver has no certificate for the host of the endpoint", None)
            }
            Self::UntrustedClient => (
                "a receiver that verifies its clients needs a client certificate of an authority that it trusts:",
                Some(Setting::ClientCertificate),
            ),
            Self::Credential => ("set a valid credential in", Some(Setting::Headers)),
            Self::TooLarge => ("to send fewer items in a request, lower", Some(Setting::BatchSize)),
            Self::Slow => ("a slow receiver needs a longer", Some(Setting::Timeout)),
        }
    }

    /// Returns the cause that one error, without its sources, tells by its type.
    fn of_one(error: &(dyn StdError + 'static)) -> Self {
        if let Some(error) = error.downcast_ref() {
            return Self::of_io(error);
        }
        #[cfg(feature = "tls")]
        if let Some(error) = error.downcast_ref() {
            return Self::of_tls(error);
        }
        #[cfg(feature = "grpc")]
        if let Some(error) = error.downcast_ref() {
            return Self::of_connection(error);
        }
        #[cfg(feature = "grpc")]
        if let Some(error) = error.downcast_ref() {
            return Self::of_http2(error);
        }
        Self::Unknown
    }

    pub(super) fn of_io(error: &io::Error) -> Self {
        match (error.raw_os_error(), error.kind()) {
            (Some(24), _) => Self::DescriptorsOfProcess,
            (Some(23), _) => Self::DescriptorsOfMachine,
            (
                _,
                ErrorKind::BrokenPipe
                | ErrorKind::ConnectionAborted
                | ErrorKind::ConnectionReset
                | ErrorKind::NotConnected
                | ErrorKind::UnexpectedEof,
            ) => Self::Closed,
            _ => Self::Unknown,
        }
    }

    #[cfg(feature = "grpc")]
    fn of_connection(error: &hyper::Error) -> Self {
        let is_closed = error.is_canceled() || error.is_closed() || error.is_incomplete_message();
        if is_closed { Self::Closed } else { Self::Unknown }
    }

    #[cfg(feature = "grpc")]
    fn of_http2(error: &h2::Error) -> Self {
        error.get_io().map_or(Self::Unknown, Self::of_io)
    }

    /// Returns the cause that the text of an error tells, if its type does not.
    fn of_text(text: &str) -> Self {
        match text.split_once(ALERT) {
            None => Self::Unknown,
            Some((_, alert)) if ALERTS_ABOUT_CLIENTS.iter().any(|word| alert.contains(word)) => {
                Self::UntrustedClient
            }
            Some(_) => Self::Alert,
        }
    }

    #[cfg(feature = "tls")]
    pub(super) fn of_tls(error: &rustls::Error) -> Self {
        use rustls::{AlertDescription as Alert, CertificateError as Certificate, Error};

        match error {
            Error::InvalidMessage(_) => Self::Plain,
            Error::InvalidCertificate(error) => match error {
                // An authority with the same name and another key has not made the signature.
                Certificate::UnknownIssuer | Certificate::BadSignature => Self::UnknownAuthority,
                Certificate::Expired
                | Certificate::ExpiredContext { .. }
                | Certificate::NotValidYet
                | Certificate::NotValidYetContext { .. } => Self::Dates,
                Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                    Self::OtherName
                }
                // rustls has no variants for these errors of webpki.
                Certificate::Other(error) => match error.0.downcast_ref() {
                    Some(webpki::Error::CaUsedAsEndEntity) => Self::SelfSigned,
                    Some(webpki::Error::UnsupportedCertVersion) => Self::CertificateVersion,
                    _ => Self::Unknown,
                },
                _ => Self::Unknown,
            },
            Error::AlertReceived(alert) => match alert {
                Alert::HandshakeFailure => Self::NothingInCommon,
                Alert::ProtocolVersion => Self::TlsVersion,
                Alert::UnrecognisedName => Self::UnknownHost,
                Alert::NoApplicationProtocol => Self::OtherProtocol,
                Alert::AccessDenied
                | Alert::BadCertificate
                | Alert::BadCertificateHashValue
                | Alert::BadCertificateStatusResponse
                | Alert::CertificateExpired
                | Alert::CertificateRequired
                | Alert::CertificateRevoked
                | Alert::CertificateUnknown
                | Alert::CertificateUnobtainable
                | Alert::DecryptError
                | Alert::UnknownCA
                | Alert::UnsupportedCertificate => Self::UntrustedClient,
                _ => Self::Alert,
            },
            _ => Self::Unknown,
        }
    }
}

/// A request that has failed without an answer.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) cause: Cause,
    pub(super) text: String,
}

impl Problem {
    pub(super) fn new(cause: Cause, text: impl Display) -> Self {
        Self { cause, text: text.to_string() }
    }

    /// Returns the problem that an error and its sources tell.
    pub(super) fn of(error: &(dyn StdError + 'static)) -> Self {
        let known = sources(error).map(Cause::of_one).find(|cause| *cause != Cause::Unknown);
        let text = error_chain(error);
        let told = Cause::of_text(&text);
        // The text may tell why the connection was closed.
        let is_vague = matches!(known, None | Some(Cause::Closed));
        let cause = match known {
            _ if is_vague && told != Cause::Unknown => told,
            Some(known) => known,
            None => Cause::Unknown,
        };
        Self { cause, text }
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::of(&error)
    }
}

/// Returns an error and its sources. The source of an error of the standard library is the one that it contains.
pub(super) fn sources<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(error) => error.get_ref().map(|contained| contained as _),
        None => error.source(),
    })
}

/// Joins the messages of an error and of its sources, because the outermost message rarely names the cause. Of equal
/// messages in a row, only one is kept, because some errors only wrap others.
pub(super) fn error_chain(error: &(dyn StdError + 'static)) -> String {
    let mut texts: Vec<_> = sources(error).map(text).collect();
    texts.dedup();
    texts.join(": ")
}

/// Returns the text of an error without the page that rustls appends to the end of a connection that TLS does not announce.
fn text(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    text.truncate(text.find(": https://docs.rs/rustls/").unwrap_or(text.len()));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_named_once() {
        #[derive(Debug)]
        struct Cause(Option<Box<Cause>>, &'static str);

        impl Display for Cause {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.1)
            }
        }

        impl StdError for Cause {
            fn source(&self) -> Option<&(dyn StdError + 'static)> {
                self.0.as_deref().map(|cause| cause as _)
            }
        }

        let unannounced = "closed without close_notify: https://docs.rs/rustls/latest/manual";
        assert_eq!(error_chain(&Cause(None, unannounced)), "closed without close_notify");

        let texts = ["refused", "connect error", "connect error", "transport error"];
        let outer = texts.into_iter().fold(None, |cause, text| Some(Box::new(Cause(cause, text))));
        let error = outer.map(|error| error_chain(&*error));
        assert_eq!(error.as_deref(), Some("transport error: connect error: refused"));
    }
}
