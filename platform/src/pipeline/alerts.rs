//! The alerts of a run.

use floe_plugin::PluginType;
use floe_plugin::alert::{Severity, Violation};
use floe_plugins::error::Error;

use super::report::Report;
use crate::identity::Identity;
use crate::manifest::selection::Selected;
use crate::plugins::active::{self, Active, CHECK_FAILED, RUN_FAILED};

/// Sends the alert of a failed run, with its unusual findings. Returns the failure of the alert, which does not replace
/// the error of the run.
pub(super) fn alert(
    plugins: &Active,
    identity: &Identity,
    report: &Report,
    summary: &str,
) -> Option<String> {
    let ids = active::current_ids();
    let unusual = report.unusual.join("\n");
    let mut message = active::message(identity, report.run_id().as_str(), RUN_FAILED, summary);
    message.severity = Severity::Critical;
    message.description = Some(&*unusual).filter(|text| !text.is_empty());
    message.trace_id = ids.as_ref().map(|(trace, _)| &**trace);
    let error = plugins.alert(&message).err()?;
    tracing::warn!(%error, "the alert was not sent");
    Some(error.redacted())
}

/// Sends the alert of a failed check.
pub(super) fn check_failed(
    plugins: &Active,
    identity: &Identity,
    run_id: &str,
    asset: &str,
    summary: &str,
) -> Result<(), Error> {
    let ids = active::current_ids();
    let mut message = active::message(identity, run_id, CHECK_FAILED, summary);
    message.severity = Severity::Error;
    message.violation = Some(Violation::Quality);
    message.asset = Some(asset);
    message.trace_id = ids.as_ref().map(|(trace, _)| &**trace);
    plugins.alert(&message)
}

/// Sends the alert of a run whose plugins cannot be used, to the channels that can. Without a selected channel nothing
/// is sent, and the program prints the error.
pub(super) fn alert_without_plugins(
    mut selected: Vec<Selected>,
    identity: &Identity,
    report: &Report,
    summary: &str,
) -> Option<String> {
    // A mistake in another plugin's configuration may be what the alert is about.
    selected.retain(|it| matches!(it.kind, PluginType::AlertChannel | PluginType::Secrets));
    let (channels, stores): (Vec<_>, Vec<_>) =
        selected.into_iter().partition(|it| it.kind == PluginType::AlertChannel);
    let mut lost = None;
    for channel in channels {
        let mut selected = stores.clone();
        selected.push(channel);
        let started = Active::configure(selected, identity).and_then(|plugins| {
            plugins.start(|kind| kind == PluginType::AlertChannel)?;
            Ok(plugins)
        });
        match started {
            Ok(plugins) => {
                let failed = alert(&plugins, identity, report, summary);
                lost = failed.or(plugins.warnings().pop()).or(lost);
            }
            Err(error) => {
                tracing::warn!(%error, "the alert was not sent");
                lost = Some(error.redacted());
            }
        }
    }
    lost
}
