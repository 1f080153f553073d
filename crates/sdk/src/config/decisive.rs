//! The variables that decide where, to whom, with what trust or how much telemetry is sent, and that cannot be obeyed.
//!
//! Their signals are left out, because the default could send telemetry and credentials to a receiver that the operator
//! excluded, or more than the operator asked for. A value that code sets later replaces the one of the variable.

use super::otlp::Signal;
use super::refusals::{Decisive, Held, Refusal};
use super::telemetry::TelemetryConfig;
use crate::error::Error;

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
        if !self.refusals.0.iter().any(|known| known.reason == reason) {
            self.refusals.0.push(Refusal { setting, signal, reason, held });
        }
    }

    /// Returns why a signal cannot have one of these settings; `None` if it can.
    pub(crate) fn refusal(&self, signal: Signal, settings: &[Decisive]) -> Option<String> {
        let applies = |it: &&Refusal| {
            let is_of_signal = match it.signal {
                Some(of) => of == signal,
                None => self.held(it.setting, Some(signal)).is_unset(),
            };
            settings.contains(&it.setting)
                && is_of_signal
                && self.held(it.setting, it.signal) == it.held
        };
        let refused = self.refusals.0.iter().filter(applies);
        let reasons: Vec<_> = refused.map(|it| &*it.reason).collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }

    /// Returns the fields of a setting.
    fn held(&self, setting: Decisive, signal: Option<Signal>) -> Held {
        let options = signal.map_or(&self.otlp.all, |signal| self.otlp.signal(signal));
        match setting {
            Decisive::Exporters => {
                let chosen = signal.and_then(|signal| self.exporters.of(signal));
                Held::Exporters(chosen.map(<[_]>::to_vec))
            }
            Decisive::Sampler => Held::Sampler(self.sampling.sampler, self.sampling.sampler_arg),
            Decisive::Filter => Held::Filter,
            Decisive::Endpoint => Held::Endpoint(match signal {
                None => self.otlp_endpoint.clone(),
                Some(_) => options.endpoint.clone(),
            }),
            Decisive::Protocol => Held::Protocol(match signal {
                None => self.otlp_protocol,
                Some(_) => options.protocol,
            }),
            Decisive::Headers => Held::Headers(options.headers.clone()),
            Decisive::Client => {
                Held::Client(options.client_certificate.clone(), options.client_key.clone())
            }
        }
    }
}
