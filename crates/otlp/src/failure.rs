//! Explains why a receiver did not answer a request, and how the user can fix it.

use std::error::Error as StdError;
use std::iter;

use http::Uri;

use super::proxy::Proxy;
use super::response::Outcome;
use floe_telemetry_sdk::config::OtlpProtocol;

const VERIFIES_CLIENTS: &str = "that verifies its clients needs `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE` \
    (`client_certificate`) of an authority that it trusts";

/// The advice for a receiver that refuses the sender of a request, to be appended to the answer.
pub(super) const CREDENTIAL_ADVICE: &str =
    "; a credential is a header in `OTEL_EXPORTER_OTLP_HEADERS` (`authentication`)";

/// The reason why a request got no answer.
pub(super) struct Failure {
    pub(super) text: String,
    /// Whether there was no connection at all.
    pub(super) is_unconnected: bool,
    /// Whether the answer does not follow the protocol or exceeds a limit, for example headers without an end. A retry
    /// would get the same answer.
    pub(super) is_invalid: bool,
    /// Whether the receiver has answered a TLS handshake without TLS. `None` if TLS has not failed.
    pub(super) is_without_tls: Option<bool>,
}

pub(super) struct Peer<'a> {
    pub(super) endpoint: &'a Uri,
    pub(super) proxy: Option<&'a Proxy>,
    pub(super) protocol: OtlpProtocol,
    pub(super) has_answered: bool,
}

impl Failure {
    /// The outcome of a request without an answer.
    pub(super) fn outcome(self, peer: &Peer<'_>) -> Outcome {
        let proxy = peer.proxy.filter(|_| self.is_unconnected);
        let proxy = proxy.map(|proxy| format!("the proxy `{}`: ", proxy.address));
        let advice = self.advice(peer);
        let reason =
            format!("the connection failed: {}{}{advice}", proxy.unwrap_or_default(), self.text);
        if self.is_invalid { Outcome::Rejected(reason) } else { Outcome::Unanswered(reason) }
    }

    /// The advice if the receiver probably speaks another protocol, or if one side does not trust the other. Every
    /// protocol may use any port, so only the network shows such a mistake: the answer does not follow the protocol, or
    /// a receiver that has never answered ends each connection.
    fn advice(&self, peer: &Peer<'_>) -> String {
        if self.is_without_tls == Some(true) {
            return "; the receiver does not use TLS: expected an endpoint with `http://`"
                .to_owned();
        }
        // Found by its text, because h2 keeps nothing else of a TLS error.
        let text = &self.text;
        if text.contains("UnknownIssuer") {
            return "; the authority that issued it is expected in `OTEL_EXPORTER_OTLP_CERTIFICATE` (`certificate`)"
                .to_owned();
        }
        let is_other_protocol = self.is_invalid
            || text.contains("HTTP/2 was not negotiated")
            || text.contains("NoApplicationProtocol");
        if !is_other_protocol && text.contains("received fatal alert") {
            return format!("; a receiver {VERIFIES_CLIENTS}");
        }
        let is_closed = !peer.has_answered && self.is_without_tls.is_none() && !self.is_unconnected;
        if !is_closed && !is_other_protocol {
            return String::new();
        }
        let (other, port) = match peer.protocol {
            OtlpProtocol::Grpc => (OtlpProtocol::Http, 4318),
            _ => (OtlpProtocol::Grpc, 4317),
        };
        let tls = match peer.endpoint.scheme_str() {
            Some("https") if is_other_protocol => "",
            Some("https") => &format!(", and one {VERIFIES_CLIENTS}"),
            _ => ", and one with TLS an endpoint with `https://`",
        };
        format!(
            "; a receiver of {}, usually at port {port}, needs `OTEL_EXPORTER_OTLP_PROTOCOL={}` \
             (`otlp_protocol`){tls}",
            other.as_str(),
            other.name(),
        )
    }
}

/// Whether the receiver has answered a TLS handshake without TLS. `None` if TLS has not failed.
#[cfg(feature = "tls")]
pub(super) fn is_error_without_tls(error: &(dyn StdError + 'static)) -> Option<bool> {
    causes(error).find_map(|mut cause| {
        // The source of a system error is not the error that it wraps.
        while let Some(wrapped) = cause.downcast_ref().and_then(std::io::Error::get_ref) {
            cause = wrapped;
        }
        let error = cause.downcast_ref()?;
        Some(matches!(error, rustls::Error::InvalidMessage(_)))
    })
}

#[cfg(not(feature = "tls"))]
pub(super) fn is_error_without_tls(_: &(dyn StdError + 'static)) -> Option<bool> {
    None
}

/// An error and its sources.
pub(super) fn causes<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    iter::successors(Some(error), |error| (*error).source())
}

/// The messages of an error and of its sources. The outermost message rarely names the cause, and an error that only
/// wraps another error has the same message.
pub(super) fn error_chain(error: &(dyn StdError + 'static)) -> String {
    let mut causes: Vec<_> = causes(error).map(ToString::to_string).collect();
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
