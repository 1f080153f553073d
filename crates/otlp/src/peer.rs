//! The receiver, for messages: why it did not answer a request, and how the user can fix it.

use super::cause::{Cause, Problem};
use super::proxy::{Proxy, receiver};
use super::response::Outcome;
use super::settings::{OtlpSettings, Setting};
use floe_telemetry_sdk::config::OtlpProtocol;

pub(super) struct Peer {
    pub(super) settings: OtlpSettings,
    proxy: Option<Proxy>,
    pub(super) has_answered: bool,
}

impl Peer {
    pub(super) fn new(settings: &OtlpSettings, proxy: Option<Proxy>) -> Self {
        Self { settings: settings.clone(), proxy, has_answered: false }
    }

    /// Returns the proxy that forwards requests.
    pub(super) fn forwarder(&self) -> Option<&Proxy> {
        self.proxy.as_ref().filter(|proxy| proxy.is_forwarding)
    }

    /// Returns the outcome of a request without an answer.
    pub(super) fn unanswered(&self, problem: &Problem) -> Outcome {
        let Problem { cause, text } = problem;
        let remedy = self.remedy(*cause);
        Outcome::Unanswered(format!("the connection failed: {}{text}{remedy}", self.by_proxy()))
    }

    /// Returns the outcome of a request without an answer in time.
    pub(super) fn silent(&self) -> Outcome {
        let is_slow = self.has_answered;
        let is_short = self.settings.has_short_timeout();
        let cause = if is_slow || is_short { Cause::Slow } else { Cause::Unknown };
        Outcome::TimedOut { advice: self.remedy(cause), is_slow: is_slow && !is_short }
    }

    /// Returns the outcome of a request whose answer does not follow the protocol or exceeds a limit, for example with
    /// endless headers. A retry would get the same answer.
    pub(super) fn invalid(&self, problem: &str, is_other_protocol: bool) -> Outcome {
        let cause = if is_other_protocol { Cause::OtherProtocol } else { Cause::Alert };
        let remedy = self.remedy(cause);
        let protocol = self.settings.protocol.name();
        Outcome::Rejected(format!(
            "{}the receiver's answer does not follow `{protocol}`: {problem}{remedy}",
            self.by_proxy()
        ))
    }

    /// Returns the beginning of a message about a connection that leads through a proxy.
    fn by_proxy(&self) -> String {
        let proxy = self.proxy.as_ref();
        proxy.map_or_else(String::new, |proxy| format!("the proxy `{}`: ", proxy.address()))
    }

    /// Returns the remedy of a request that has failed, for the end of its message. Of a receiver that has answered, neither
    /// the address nor the protocol is the cause. The port does not reveal the protocol, because each protocol may use
    /// any port, so another protocol is likely if a receiver that has never answered ends each connection. The
    /// connection of a proxy tells nothing about the protocol of the receiver.
    pub(super) fn remedy(&self, cause: Cause) -> String {
        let is_forwarded = self.forwarder().is_some();
        match cause {
            Cause::Unknown | Cause::Closed | Cause::PerhapsPlain if self.has_answered => {
                String::new()
            }
            Cause::Unknown => {
                self.row(self.proxy.as_ref().map_or(Cause::Address, |_| Cause::Proxy))
            }
            Cause::Closed | Cause::OtherProtocol if is_forwarded => self.remedy(Cause::Unknown),
            // The receiver has agreed on TLS, so no protocol is a guess.
            Cause::Closed if self.is_secure() => String::new(),
            Cause::Closed | Cause::OtherProtocol => self.other_protocol(),
            Cause::NameService => self.row(cause) + &self.remedy(Cause::Unknown),
            cause => self.row(cause),
        }
    }

    /// Returns the row of a cause with the names of its settings; nothing if there is no such setting.
    pub(super) fn row(&self, cause: Cause) -> String {
        let (words, setting) = cause.remedy();
        let words = match (cause, self.proxy.as_ref()) {
            (Cause::Proxy, Some(proxy)) => proxy.choice(),
            (Cause::RefusedByProxy, Some(proxy)) => self.refusal(proxy),
            _ => words.to_owned(),
        };
        match setting.map(|setting| self.settings.name_of(setting)) {
            _ if words.is_empty() => words,
            None => format!("; {words}"),
            Some(Some(name)) => format!("; {words} {name}"),
            Some(None) => String::new(),
        }
    }

    fn refusal(&self, proxy: &Proxy) -> String {
        let method = if self.forwarder().is_some() { "POST" } else { "CONNECT" };
        proxy.refusal(method, &receiver(&self.settings.endpoint))
    }

    fn is_secure(&self) -> bool {
        self.settings.endpoint.scheme_str() == Some("https")
    }

    fn other_protocol(&self) -> String {
        let (other, port) = match self.settings.protocol {
            OtlpProtocol::Grpc => (OtlpProtocol::Http, 4318),
            _ => (OtlpProtocol::Grpc, 4317),
        };
        let setting = self.settings.name_of(Setting::Protocol(other)).unwrap_or_default();
        let tls = if self.is_secure() {
            ""
        } else {
            ", and a receiver with TLS needs an endpoint with `https://`"
        };
        let other = other.as_str();
        format!("; a receiver of {other}, usually at port {port}, needs {setting}{tls}")
    }
}
