//! The OTLP targets of each signal.

use std::cell::RefCell;
use std::path::Path;

use crate::collector::ExporterId;
use crate::config::{Decisive, ExporterKind, Signal, TelemetryConfig, context, needed};
use crate::error::Error;
use crate::exporter::{OtlpExporters, OtlpTarget};
use crate::internal_log::write_line;
use crate::parts;
use crate::suggest::listed;

/// The settings without which nothing is sent over OTLP. The last one is read for an `https` endpoint only.
const OF_OTLP: [Decisive; 4] =
    [Decisive::Endpoint, Decisive::Protocol, Decisive::Headers, Decisive::Client];

#[derive(Default)]
pub(super) struct OtlpTargets {
    targets: Vec<(Signal, OtlpTarget)>,
    /// The reasons why exporters are left out, and the signals of each reason.
    left_out: RefCell<Vec<(String, Vec<&'static str>)>>,
}

impl OtlpTargets {
    pub(super) fn resolve(config: &TelemetryConfig) -> Self {
        let is_sent = config.uses_otlp() || config.otlp.traces.endpoint.is_some();
        let configured = is_sent.then(|| config.copied().into());
        let mut this = Self::default();
        for signal in Signal::ALL {
            if let Some(reason) = config.refusal(signal, &[Decisive::Exporters]) {
                this.leave_out(signal, reason);
            }
            let is_chosen = config.exporters.chooses(signal, ExporterKind::Otlp);
            if is_chosen == Some(false)
                && let Some(variable) = config.unused_endpoint(signal)
            {
                let signal = signal.as_str();
                write_line(
                    "warn",
                    &format!(
                        "`{variable}` is not used: code sets `exporters.{signal}` without `otlp`"
                    ),
                );
            }
            let has_endpoint = config.otlp.signal(signal).endpoint.is_some()
                || config.refusal(signal, &[Decisive::Endpoint]).is_some();
            let is_explicit = is_chosen == Some(true) || has_endpoint;
            let target = match &configured {
                _ if is_chosen == Some(false) => None,
                Some(target) => (is_explicit || accepts(target, signal)).then(|| target.clone()),
                None => is_explicit.then(|| config.copied().into()),
            };
            let Some(target) = target else {
                continue;
            };
            let is_secure = target.config.otlp_route(signal).1.starts_with("https:");
            let settings = if is_secure { &OF_OTLP[..] } else { &OF_OTLP[..3] };
            if let Some(reason) = config.refusal(signal, settings) {
                if signal == Signal::Traces || parts::has(signal.as_str()) {
                    this.leave_out(signal, reason);
                }
                continue;
            }
            this.targets.push((signal, target));
            this.targets.extend(additional(signal, config).map(|target| (signal, target)));
        }
        this
    }

    pub(super) fn leaves_out(&self, signal: Signal) -> bool {
        let left_out = self.left_out.borrow();
        left_out.iter().any(|(_, signals)| signals.contains(&signal.as_str()))
    }

    pub(super) fn of(&self, signal: Signal) -> impl Iterator<Item = &OtlpTarget> {
        let targets = self.targets.iter().filter(move |(of, _)| *of == signal);
        targets.map(|(_, target)| target)
    }

    /// Calls `start` for each target of a signal.
    pub(super) fn start<T>(
        &self,
        signal: Signal,
        start: impl Fn(&OtlpExporters, ExporterId, &OtlpTarget) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut started = Vec::new();
        for (index, target) in self.of(signal).enumerate() {
            let id = target.exporter(index, signal);
            let otlp = OtlpExporters::of(target, signal);
            let made = otlp.and_then(|otlp| start(otlp, id, target));
            match reason_of_environment(&target.config, signal, made)? {
                Ok(exporter) => started.push(exporter),
                Err(reason) => self.leave_out(signal, reason),
            }
        }
        Ok(started)
    }

    pub(super) fn leave_out(&self, signal: Signal, reason: String) {
        let mut left_out = self.left_out.borrow_mut();
        let bare = Signal::removed_from(&reason);
        match left_out.iter_mut().find(|(known, _)| Signal::removed_from(known) == bare) {
            Some((_, signals)) => signals.push(signal.as_str()),
            None => left_out.push((reason, vec![signal.as_str()])),
        }
    }

    /// Reports the exporters that are left out, in one line for a reason that signals have in common.
    pub(super) fn say_left_out(&self) {
        for (reason, signals) in self.left_out.take() {
            let signals = signals.iter().map(ToString::to_string).collect();
            say_left_out(&listed(signals, "and"), &reason);
        }
    }
}

/// Returns the error of an exporter in a program without this feature.
pub(super) fn not_linked(items: &str, feature: &str) -> Error {
    let needed = needed(&format!("an exporter of {items}"), feature);
    Error::config(format!("{feature}: {needed}"))
}

/// Leaves out an exporter that the environment requests and the program cannot create, because an operator's setting
/// must not stop a program. A line on standard error names the variable to change. Any other error is returned.
pub(super) fn unless_of_environment<T>(
    config: &TelemetryConfig,
    signal: Signal,
    made: Result<T, Error>,
) -> Result<Option<T>, Error> {
    let made = reason_of_environment(config, signal, made)?;
    Ok(made.map_err(|reason| say_left_out(signal.as_str(), &reason)).ok())
}

pub(super) fn say_left_out(signals: &str, reason: &str) {
    write_line("error", &format!("an exporter of {signals} is left out: {reason}"));
}

/// Returns the exporter, or the reason why it is left out.
fn reason_of_environment<T>(
    config: &TelemetryConfig,
    signal: Signal,
    made: Result<T, Error>,
) -> Result<Result<T, String>, Error> {
    match made {
        Err(error) if error.is_config() => {
            let Some(asked) = config.asked_by(signal, &error) else {
                let document = config.document().map(|file| context(Path::new(&*file)));
                return Err(document.map_or_else(|| error.clone(), |it| error.clone().within(&it)));
            };
            Ok(Err(format!("{error}; change {asked}")))
        }
        made => made.map(Ok),
    }
}

fn additional(signal: Signal, config: &TelemetryConfig) -> impl Iterator<Item = OtlpTarget> {
    let additional = config.otlp.additional.iter().filter(move |(of, _)| *of == signal);
    additional.map(move |(_, options)| {
        let mut config = config.copied();
        *config.otlp.signal_mut(signal) = options.clone();
        config.into()
    })
}

/// Whether the target also receives this signal if no endpoint is configured for the signal itself.
fn accepts(target: &OtlpTarget, signal: Signal) -> bool {
    let config = &target.config;
    let is_for_traces = config.otlp.traces.endpoint.is_some() && config.otlp_endpoint.is_none();
    signal == Signal::Traces || !is_for_traces
}
