//! The variables that decide where, to whom, with what trust or how much telemetry is sent, and that cannot be obeyed.
//!
//! Their signals are left out, because the default could send telemetry and credentials to a receiver that the operator
//! excluded, or more than the operator asked for. A value that code sets later replaces the one of the variable.

use super::env::names;
use super::otlp::Signal;
use super::refusals::{Decisive, Refusal};
use super::telemetry::TelemetryConfig;
use crate::error::Error;

impl Decisive {
    /// Returns the paths of the fields, for one signal or for all.
    fn paths(self, signal: Option<Signal>) -> Vec<String> {
        let of_otlp = |field| names::path(signal, field);
        match self {
            Self::Exporters => {
                signal.map(|it| format!("exporters.{}", it.as_str())).into_iter().collect()
            }
            Self::Sampler => vec!["sampling.sampler".to_owned(), "sampling.sampler_arg".to_owned()],
            Self::Filter => Vec::new(),
            Self::Endpoint => vec![of_otlp("endpoint")],
            Self::Protocol => vec![of_otlp("protocol")],
            Self::Headers => vec![of_otlp("headers")],
            Self::Records => vec!["logging.export".to_owned()],
            Self::Client => vec![of_otlp("client_certificate"), of_otlp("client_key")],
        }
    }
}

impl TelemetryConfig {
    /// Notes that a variable cannot be obeyed, for one signal or for all.
    pub(super) fn refuse(
        &mut self,
        (setting, signal): (Decisive, Option<Signal>),
        name: &str,
        message: &str,
    ) {
        // `Error` redacts the message, which may quote a credential.
        let reason = Error::config(format!("{name}: {message}")).to_string();
        let order = self.sources.count;
        let refusals = &mut self.sources.refusals;
        match refusals.iter_mut().find(|known| known.reason == reason) {
            // The variable is read again, after code may have set the field.
            Some(known) => known.order = order,
            None => refusals.push(Refusal { setting, signal, reason, order }),
        }
    }

    /// Returns the reasons for which a signal must do without one of these settings; `None` if there are none. A setting
    /// that code has changed is obeyed, if the change was noted before the call.
    pub(crate) fn refusal(&self, signal: Signal, settings: &[Decisive]) -> Option<String> {
        let applies = |it: &&Refusal| {
            let is_of_signal = match it.signal {
                Some(of) => of == signal,
                None => self.last_order(it.setting, Some(signal)) == 0,
            };
            settings.contains(&it.setting) && is_of_signal && self.is_refused(it)
        };
        let refused = self.sources.refusals.iter().filter(applies);
        let reasons: Vec<_> = refused.map(|it| &*it.reason).collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }

    /// Whether nobody has set the field of the variable since it was read.
    pub(super) fn is_refused(&self, refusal: &Refusal) -> bool {
        self.last_order(refusal.setting, refusal.signal) <= refusal.order
    }

    /// Returns when a setting was set last; 0 if nobody has set it.
    fn last_order(&self, setting: Decisive, signal: Option<Signal>) -> usize {
        let paths = setting.paths(signal);
        paths.iter().map(|path| self.sources.last_order(path)).max().unwrap_or(0)
    }
}
