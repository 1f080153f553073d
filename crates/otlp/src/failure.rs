//! Explains why a receiver did not answer a request, and how the user can fix it.

use std::error::Error as StdError;
use std::iter;

use http::Uri;

use super::proxy::Proxy;
use super::response::Outcome;
use floe_telemetry_sdk::config::OtlpProtocol;

const VERIFIES_CLIENTS: &str = "that verifies its clients needs a client certificate of an authority that it \
    trusts: `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE` (`client_certificate`)";

/// The advice if a receiver refuses the sender of a request. It is appended to the receiver's answer.
pub(super) const CREDENTIAL_ADVICE: &str =
    "; set a valid credential in `OTEL_EXPORTER_OTLP_HEADERS` (`authentication`)";

/// Words in the errors of tonic and ureq if the receiver ended the connection. They do not report this in another way.
const CLOSED: [&str; 5] = ["closed", "reset", "broken pipe", "Broken pipe", "disconnected"];

pub(super) struct Peer {
    pub(super) endpoint: Uri,
    pub(super) proxy: Option<Proxy>,
    pub(super) protocol: OtlpProtocol,
    pub(super) has_answered: bool,
}

impl Peer {
    /// Returns the outcome of a request without a valid answer. `is_invalid` means that there was an answer, which does
    /// not follow the protocol or exceeds a limit, for example endless headers. A retry would then get the same answer.
    pub(super) fn failure(&self, error: &(dyn StdError + 'static), is_invalid: bool) -> Outcome {
        let proxy = self.proxy.as_ref().map(|proxy| format!("the proxy `{}`: ", proxy.address));
        let (proxy, text) = (proxy.unwrap_or_default(), error_chain(error));
        let advice = self.advice(&text, is_invalid);
        let reason = format!("the connection failed: {proxy}{text}{advice}");
        if is_invalid { Outcome::Rejected(reason) } else { Outcome::Unanswered(reason) }
    }

    /// Returns advice if the receiver probably uses no TLS or another protocol, or if one side does not trust the
    /// other. The port does not reveal the protocol, because each protocol may use any port. Another protocol is likely
    /// if an answer does not follow the protocol, or if the receiver has never answered and ends each connection.
    fn advice(&self, text: &str, is_invalid: bool) -> String {
        if text.contains("received corrupt message") {
            return "; the receiver does not use TLS: expected an endpoint with `http://`"
                .to_owned();
        }
        if text.contains("UnknownIssuer") {
            return "; the authority of the receiver's certificate is expected in `OTEL_EXPORTER_OTLP_CERTIFICATE` (`certificate`)"
                .to_owned();
        }
        let is_other_protocol = is_invalid
            || text.contains("HTTP/2 was not negotiated")
            || text.contains("NoApplicationProtocol");
        if !is_other_protocol && text.contains("received fatal alert") {
            return format!("; a receiver {VERIFIES_CLIENTS}");
        }
        let is_closed = !self.has_answered && CLOSED.iter().any(|it| text.contains(it));
        if !is_closed && !is_other_protocol {
            return String::new();
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
    let causes = iter::successors(Some(error), |error| (*error).source());
    let mut causes: Vec<_> = causes.map(ToString::to_string).collect();
    causes.dedup();
    causes.join(": ")
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

        let texts = ["refused", "connect error", "connect error", "transport error"];
        let error = texts.into_iter().fold(None, |cause, text| Some(Box::new(Cause(cause, text))));
        let error = error.map(|error| error_chain(&*error));
        assert_eq!(error.as_deref(), Some("transport error: connect error: refused"));
    }
}
