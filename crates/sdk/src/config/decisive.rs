//! The variables that decide where, to whom, with what trust or how much telemetry is sent, and that cannot be obeyed.
//!
//! Their signals are left out, because the default could send telemetry and credentials to a receiver that the operator
//! excluded, or more than the operator asked for. A value that code sets later replaces the one of the variable.

use super::env::names;
use super::otlp::Signal;
use super::refusals::{Decisive, Refusal};
use super::source::Values;
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
        let held = self.held(setting, signal);
        match self.refusals.0.iter_mut().find(|known| known.reason == reason) {
            // The variable is read again, after code may have set the field.
            Some(known) => known.held = held,
            None => self.refusals.0.push(Refusal { setting, signal, reason, held }),
        }
    }

    /// Returns why a signal cannot have one of these settings; `None` if it can.
    pub(crate) fn refusal(&self, signal: Signal, settings: &[Decisive]) -> Option<String> {
        let applies = |it: &&Refusal| {
            let is_of_signal = match it.signal {
                Some(of) => of == signal,
                None => self.held(it.setting, Some(signal)).is_empty(),
            };
            settings.contains(&it.setting) && is_of_signal && self.is_refused(it)
        };
        let refused = self.refusals.0.iter().filter(applies);
        let reasons: Vec<_> = refused.map(|it| &*it.reason).collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }

    /// Whether no code has set the field of the variable since it was read.
    pub(super) fn is_refused(&self, refusal: &Refusal) -> bool {
        self.held(refusal.setting, refusal.signal) == refusal.held
    }

    /// Returns the values of a setting.
    fn held(&self, setting: Decisive, signal: Option<Signal>) -> Values {
        let paths = setting.paths(signal);
        let is_of = |path: &String| {
            paths.iter().any(|it| {
                path.strip_prefix(&**it)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        self.values().into_iter().filter(|(path, _)| is_of(path)).collect()
    }
}
