//! One line about a started provider: the destinations of each signal, and the features that limit them.

use opentelemetry::Context;

use super::targets::{OtlpTargets, signal_targets};
use crate::config::{ExporterKind, Signal, TelemetryConfig};
use crate::internal_log::{is_debugged, write_line};
use crate::parts;
use crate::redaction::sanitize_error;

/// The names of the exporters that were added to the builder.
#[derive(Debug, Default)]
pub(super) struct Added {
    pub(super) traces: Vec<String>,
    pub(super) metrics: Vec<String>,
    pub(super) logs: Vec<String>,
}

pub(super) fn line(
    config: &TelemetryConfig,
    added: Added,
    otlp: &OtlpTargets,
    has_console: bool,
    has_sampler: bool,
) -> String {
    let mut traces = added.traces;
    traces.extend(otlp.routes(&otlp.spans, Signal::Traces));
    let console =
        |is_printed: bool| (is_printed && parts::has_console()).then(|| "console".to_owned());
    traces.extend(console(has_console));
    let of = |signal, mut names: Vec<String>| {
        let chosen = config.exporters.of(signal);
        let is_printed = chosen.is_some_and(|chosen| chosen.contains(&ExporterKind::Console));
        names.extend(console(is_printed));
        names.extend(otlp.routes(&signal_targets(signal, chosen, config, otlp), signal));
        joined(&names)
    };
    let of_linked =
        |is_linked, signal, names| if is_linked { of(signal, names) } else { joined(&[]) };
    let metrics = of_linked(parts::has_metrics(), Signal::Metrics, added.metrics);
    let logs = of_linked(parts::has_logs(), Signal::Logs, added.logs);
    let sampler = match config.sampling.sampler {
        _ if has_sampler => "of the program".to_owned(),
        Some(sampler) if sampler.has_ratio() => {
            format!("{} with the ratio {}", sampler.as_str(), config.sampling_ratio())
        }
        Some(sampler) => sampler.as_str().to_owned(),
        None => format!("parent-based with the ratio {}", config.sampling_ratio()),
    };
    let service = &config.resource_attributes.service_name;
    let traces = joined(&traces);
    let line = format!(
        "telemetry of `{service}`: traces → {traces}; metrics → {metrics}; logs → {logs}; sampler {sampler}; features {}",
        joined(&features())
    );
    sanitize_error(&line).into_owned()
}

/// Writes the line if debug messages are requested.
pub(super) fn write(line: &str) {
    // The line is not exported.
    let _quiet = Context::enter_telemetry_suppressed_scope();
    if tracing::enabled!(tracing::Level::DEBUG) {
        tracing::debug!("{line}");
    } else if is_debugged() {
        write_line("debug", line);
    }
}

/// The features of `floe-telemetry` that limit a configuration.
fn features() -> Vec<String> {
    let all = [
        ("console", parts::has_console()),
        ("logs", parts::has_logs()),
        ("metrics", parts::has_metrics()),
        ("otlp-grpc", parts::otlp_has(|it| it.grpc)),
        ("otlp-http", parts::otlp_has(|it| it.http)),
        ("otlp-tls", parts::otlp_has(|it| it.tls)),
        ("otlp-zstd", parts::otlp_has(|it| it.zstd)),
        ("patterns", cfg!(feature = "patterns")),
        ("signals", cfg!(feature = "signals")),
        ("tracing", cfg!(feature = "tracing")),
        ("yaml", cfg!(feature = "yaml")),
    ];
    let linked = all.into_iter().filter(|(_, is_linked)| *is_linked);
    linked.map(|(name, _)| name.to_owned()).collect()
}

fn joined(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}
