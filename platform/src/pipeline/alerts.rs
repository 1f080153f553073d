//! The alert of a run that failed.

use floe_plugin::PluginType;
use floe_plugin::alert::Severity;
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;
use floe_plugins::runs::run_id::RunId;

use super::Prepared;
use super::report::Report;
use crate::identity::Identity;
use crate::manifest::Manifest;
use crate::manifest::selection::Selected;
use crate::plugins::active::{self, Active, RUN_FAILED};

/// Sends the alert of a run that failed, unless a signal has stopped it. The failure of the run is the error, and not that
/// of its alert: returns why an alert was not sent.
pub(super) fn alert(
    prepared: &Prepared<'_>,
    plugins: Option<&Active>,
    report: &Report,
    summary: &str,
) -> Option<String> {
    if interrupt::is_requested() {
        return None;
    }
    let Prepared {
        identity,
        run_id,
        artifacts,
        ..
    } = prepared;
    let lost = match plugins {
        Some(plugins) => {
            let sent = alert_failed(
                plugins,
                identity,
                run_id,
                summary,
                &report.unusual.join("\n"),
            );
            sent.err().map(|error| error.redacted())
        }
        None => alert_without_plugins(artifacts.selected(), identity, run_id, summary),
    };
    // The channel may be what has failed the run.
    lost.filter(|lost| lost != summary)
}

/// Sends the alert of a run that failed, with what was unusual about it.
fn alert_failed(
    plugins: &Active,
    identity: &Identity,
    run_id: &RunId,
    summary: &str,
    unusual: &str,
) -> Result<(), Error> {
    let ids = active::current_ids();
    let mut message = active::message(identity, run_id.as_str(), RUN_FAILED, summary);
    message.severity = Severity::Critical;
    message.description = Some(unusual).filter(|text| !text.is_empty());
    message.trace_id = ids.as_ref().map(|(trace, _)| &**trace);
    plugins.alert(&message)
}

/// Sends the alert of a run whose product could not be compiled, if the manifest can be read.
pub(super) fn alert_not_compiled(
    identity: &Identity,
    run_id: &RunId,
    error: &Error,
) -> Option<String> {
    if interrupt::is_requested() {
        return None;
    }
    let selected = Manifest::read(&identity.manifest)
        .and_then(|manifest| manifest.plugins.selected(&identity.manifest));
    alert_without_plugins(selected.ok()?, identity, run_id, &error.redacted())
}

/// Sends the alert of a run whose plugins cannot be used, to the channels that can. Without a selected channel
/// there is nothing to send: the program prints the error. Returns why an alert was not sent.
fn alert_without_plugins(
    mut selected: Vec<Selected>,
    identity: &Identity,
    run_id: &RunId,
    summary: &str,
) -> Option<String> {
    // A mistake in another plugin's configuration may be what the alert is about.
    selected.retain(|it| matches!(it.kind, PluginType::AlertChannel | PluginType::Secrets));
    let (channels, stores): (Vec<_>, Vec<_>) = selected
        .into_iter()
        .partition(|it| it.kind == PluginType::AlertChannel);
    let mut lost = None;
    for channel in channels {
        let mut selected = stores.clone();
        selected.push(channel);
        let send = || {
            let plugins = Active::configure(selected, identity)?;
            plugins.start(|kind| kind == PluginType::AlertChannel)?;
            alert_failed(&plugins, identity, run_id, summary, "")?;
            Ok(plugins.warnings().pop())
        };
        let outcome: Result<Option<String>, Error> = send();
        match outcome {
            Ok(failed) => lost = failed.or(lost),
            Err(error) => {
                tracing::warn!(%error, "the alert was not sent");
                lost = Some(error.redacted());
            }
        }
    }
    lost
}
