//! Explains why a receiver did not answer a request, and how the user can fix it.

use std::error::Error as StdError;
use std::iter;

use http::Uri;

use super::proxy::{IS_EXPLAINED, Proxy};
use super::response::Outcome;
use floe_telemetry_sdk::config::{OtlpProtocol, Signal};

const VERIFIES_CLIENTS: &str = "that verifies its clients needs a client certificate of an authority that it \
    trusts: `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE` (`client_certificate`)";

/// Returns the advice if a receiver finds a request too large.
pub(super) const fn size_advice(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => {
            "; to send fewer spans in a request, lower `OTEL_BSP_MAX_EXPORT_BATCH_SIZE` \
             (`batch_processor.max_export_batch_size`)"
        }
        Signal::Logs => {
            "; to send fewer records in a request, lower `OTEL_BLRP_MAX_EXPORT_BATCH_SIZE` \
             (`log_batch_processor.max_export_batch_size`)"
        }
        _ => "",
    }
}

/// The advice if there is no receiver of OTLP at the address.
pub(super) const ADDRESS_ADVICE: &str = "; expected the address of a running receiver in `OTEL_EXPORTER_OTLP_ENDPOINT` (`otlp_endpoint`)";

/// The advice if a receiver refuses the sender of a request. It is appended to the receiver's answer.
pub(super) const CREDENTIAL_ADVICE: &str =
    "; set a valid credential in `OTEL_EXPORTER_OTLP_HEADERS` (`authentication`)";

/// Words of errors whose cause is neither the address nor the protocol, and the remedy.
const REMEDIES: [(&str, &str); 11] = [
    (
        "received corrupt message",
        "the receiver does not use TLS: expected an endpoint with `http://`",
    ),
    (
        "UnknownIssuer",
        "expected the authority of the receiver's certificate in `OTEL_EXPORTER_OTLP_CERTIFICATE` (`certificate`)",
    ),
    (
        "CaUsedAsEndEntity",
        "the certificate has signed itself: expected exactly this certificate in `OTEL_EXPORTER_OTLP_CERTIFICATE` (`certificate`)",
    ),
    ("certificate expired", "the receiver needs a new one, or this machine's clock is wrong"),
    ("not valid for name", "the certificate must name the host of the endpoint"),
    ("UnsupportedCertVersion", "expected a certificate of version 3 with alternative names"),
    (
        "alert: HandshakeFailure",
        "the receiver has no version or cipher suite of TLS in common with this program, or needs a client certificate: `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE` (`client_certificate`)",
    ),
    ("alert: ProtocolVersion", "the receiver needs TLS 1.2 or 1.3"),
    ("alert: UnrecognisedName", "the receiver has no certificate for the host of the endpoint"),
    ("(os error 24)", "raise the limit of open files (`ulimit -n`) of this process"),
    ("(os error 23)", "raise the limit of open files of this machine"),
];

/// Words of the errors that a receiver without TLS causes. Such a receiver may also wait for more bytes, or close the
/// connection.
const PERHAPS_PLAIN: [&str; 2] = ["TLS handshake", "tls handshake eof"];

/// Words of errors if the name service does not answer. The C library also reports the second one on a machine without a
/// network, or for a wrong address.
const NO_NAME_SERVICE: [&str; 2] = ["has not returned", "Temporary failure in name resolution"];

/// Words in the alerts of a receiver that refuses the certificate of its client, or expects one.
const ALERTS_ABOUT_CLIENTS: [&str; 3] = ["Certificate", "UnknownCA", "AccessDenied"];

/// Words in the errors of tonic and ureq if the receiver ended the connection. Their errors have no type for such an
/// end.
const CLOSED: [&str; 5] = ["closed", "reset", "broken pipe", "Broken pipe", "disconnected"];

pub(super) struct Peer {
    pub(super) endpoint: Uri,
    pub(super) proxy: Option<Proxy>,
    pub(super) protocol: OtlpProtocol,
    pub(super) has_answered: bool,
}

impl Peer {
    /// Returns the outcome of a request without an answer.
    pub(super) fn unanswered(&self, error: &(dyn StdError + 'static)) -> Outcome {
        let text = error_chain(error);
        let advice = self.advice(&text, false);
        Outcome::Unanswered(format!("the connection failed: {}{text}{advice}", self.by_proxy()))
    }

    /// Returns the outcome of a request without an answer in time.
    pub(super) fn silent(&self) -> Outcome {
        Outcome::TimedOut(self.address_advice())
    }

    /// Returns the outcome of a request whose answer does not follow the protocol or exceeds a limit, for example with
    /// endless headers. A retry would get the same answer.
    pub(super) fn invalid(&self, problem: &str, is_other_protocol: bool) -> Outcome {
        let advice = if is_other_protocol { self.advice(problem, true) } else { String::new() };
        let protocol = self.protocol.name();
        Outcome::Rejected(format!(
            "{}the receiver's answer does not follow `{protocol}`: {problem}{advice}",
            self.by_proxy()
        ))
    }

    /// Returns the beginning of a message about a connection that leads through a proxy.
    fn by_proxy(&self) -> String {
        let proxy = self.proxy.as_ref();
        proxy.map_or_else(String::new, |proxy| format!("the proxy `{}`: ", proxy.address()))
    }

    /// Returns the proxy that forwards requests. It can read them, and answer them itself.
    pub(super) fn forwarder(&self) -> Option<&Proxy> {
        let is_forwarded =
            self.protocol == OtlpProtocol::Http && self.endpoint.scheme_str() == Some("http");
        self.proxy.as_ref().filter(|_| is_forwarded)
    }

    /// Returns the settings of the address if nothing has ever answered there.
    fn address_advice(&self) -> String {
        match &self.proxy {
            _ if self.has_answered => String::new(),
            Some(proxy) => proxy.choice(),
            None => ADDRESS_ADVICE.to_owned(),
        }
    }

    /// Returns advice if the receiver probably uses no TLS or another protocol, or if one side does not trust the
    /// other. The port does not reveal the protocol, because each protocol may use any port. Another protocol is likely
    /// if an answer does not follow the protocol, or if the receiver has never answered and ends each connection.
    fn advice(&self, text: &str, is_invalid: bool) -> String {
        if text.contains(IS_EXPLAINED) {
            return String::new();
        }
        let has_any = |words: &[&str]| words.iter().any(|it| text.contains(it));
        if let Some((_, remedy)) = REMEDIES.iter().find(|(cause, _)| text.contains(cause)) {
            return format!("; {remedy}");
        }
        // A receiver that has answered uses TLS.
        if !self.has_answered && has_any(&PERHAPS_PLAIN) {
            return "; the receiver perhaps does not use TLS: expected an endpoint with `http://`"
                .to_owned();
        }
        if has_any(&NO_NAME_SERVICE) {
            let address = self.address_advice();
            return format!("; the name service of this machine does not answer{address}");
        }
        if self.forwarder().is_some() {
            return self.address_advice();
        }
        let is_other_protocol = is_invalid
            || text.contains("HTTP/2 was not negotiated")
            || text.contains("NoApplicationProtocol");
        let alert = text.split_once("received fatal alert: ").filter(|_| !is_other_protocol);
        if let Some((_, alert)) = alert {
            if ALERTS_ABOUT_CLIENTS.iter().any(|it| alert.contains(it)) {
                return format!("; a receiver {VERIFIES_CLIENTS}");
            }
            return String::new();
        }
        let is_closed = !self.has_answered && has_any(&CLOSED);
        if !is_closed && !is_other_protocol {
            return self.address_advice();
        }
        let (other, port) = match self.protocol {
            OtlpProtocol::Grpc => (OtlpProtocol::Http, 4318),
            _ => (OtlpProtocol::Grpc, 4317),
        };
        let tls = match self.endpoint.scheme_str() {
            Some("https") if is_other_protocol => "",
            Some("https") => &format!(", and a receiver {VERIFIES_CLIENTS}"),
            _ => ", and a receiver with TLS needs an endpoint with `https://`",
        };
        format!(
            "; a receiver of {}, usually at port {port}, needs `OTEL_EXPORTER_OTLP_PROTOCOL={}` \
             (`otlp_protocol`){tls}",
            other.as_str(),
            other.name(),
        )
    }
}

/// Joins the messages of an error and of its sources, because the outermost message rarely names the cause. Of equal
/// messages in a row, only one is kept, because some errors only wrap others.
pub(super) fn error_chain(error: &(dyn StdError + 'static)) -> String {
    let errors = iter::successors(Some(error), |error| (*error).source());
    let mut causes: Vec<_> = errors.map(cause).collect();
    causes.dedup();
    causes.join(": ")
}

/// Returns the text of an error without the page that rustls appends to the end of a connection that TLS does not announce.
fn cause(error: &(dyn StdError + 'static)) -> String {
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

        impl std::fmt::Display for Cause {
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
