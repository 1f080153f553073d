//! One line about a started provider: the destinations of each signal, the sampler and the features.

use std::io;
use std::time::Duration;

use floe_telemetry_core::__sdk::standard_error::write_within;

use crate::collector::Counters;
use crate::config::{Signal, TelemetryConfig, sorted};
use crate::internal_log::write_line;
use crate::parts;
use crate::recorder::{Sampling, take_unrecorded};
use crate::redaction::sanitize_error;

pub(super) fn line(config: &TelemetryConfig, counters: &Counters, has_sampler: bool) -> String {
    let [traces, metrics, logs] = Signal::ALL.map(|signal| counters.exports.routes(signal));
    let sampler = match config.sampling.sampler {
        _ if has_sampler => "of the program".to_owned(),
        Some(sampler) if sampler.has_ratio() => {
            format!("{} with the ratio {}", sampler.as_str(), config.sampling_ratio())
        }
        Some(sampler) => sampler.as_str().to_owned(),
        None if !config.sampling.is_parent_based() => "of `OTEL_CONFIG_FILE`".to_owned(),
        None => format!("parent-based with the ratio {}", config.sampling_ratio()),
    };
    let service = &config.resource_attributes.service_name;
    let features = sorted(&parts::features().collect::<Vec<_>>(), |name| *name);
    let line = format!(
        "telemetry of `{service}`: traces → {traces}; metrics → {metrics}; logs → {logs}; sampler {sampler}; features {}",
        features.join(", ")
    );
    sanitize_error(&line).into_owned()
}

/// The line is no event of `tracing`, which a subscriber without a filter would write at each start of a command.
pub(super) fn write(line: &str) {
    write_line("debug", line);
}

/// Writes each value of the configuration with its source, whatever `OTEL_LOG_LEVEL` says.
pub(super) fn explain(config: &TelemetryConfig) {
    for line in config.explained() {
        write_within(&io::stderr(), format!("info: {line}\n").as_bytes(), Duration::ZERO);
    }
}

/// Warns if the thread has called an annotated function before, for example if the provider is started inside of one.
/// Its call has no span, and the spans below it begin traces of their own.
pub(super) fn warn_of_unrecorded(counters: &Counters) {
    let callsite = take_unrecorded();
    if let Some(callsite) = callsite
        && counters.exports.exporter_count() > 0
    {
        let text = format!(
            "a call of `{}` is not recorded, because it began before the provider: start the provider first in \
             `main`, outside of annotated functions",
            callsite.name()
        );
        write_line("warn", &text);
    }
}

/// Calls `report` at the first span, or at once if a part other than an exporter receives spans.
pub(crate) fn report_missing_exporter(report: fn()) {
    if Sampling::is_awaiting() { report() } else { Sampling::report_first_loss(report) }
}

/// Warns that spans go nowhere, although the program has not chosen `none`.
pub(super) fn warn_of_no_exporter() {
    write_line(
        "warn",
        "traces are not exported: the provider has no exporter of them; call `with_span_exporter`, set \
         `otlp_endpoint`, or set `exporters.traces` to an exporter or to `none`",
    );
}
