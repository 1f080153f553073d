//! Warns about variables with a misspelled name, which would otherwise have no effect without any message.

use std::sync::Mutex;

use crate::lock::lock;
use crate::suggest::{misspelled, one_of};

use super::names::OTLP;
use super::{DOCUMENT, OTEL_SERVICE_NAME, TelemetryConfig, default_service_name, is_set, warnings};
use crate::config::Signal;
use crate::environment;

/// The names that have been read, sorted. After a configuration is loaded, these are all known names.
static READ: Mutex<Vec<&str>> = Mutex::new(Vec::new());

const MAX_NAMES: usize = 1000;

/// The words by which users name a setting of the OTLP exporter.
const MEANT: [(&str, &[&str]); 3] = [
    ("CERTIFICATE", &["TLS", "SSL", "CA", "CERT"]),
    ("ENDPOINT", &["HOST", "HOSTNAME", "URL", "URI", "ADDRESS", "SERVER"]),
    (
        "HEADERS",
        &["KEY", "APIKEY", "TOKEN", "AUTH", "AUTHORIZATION", "BEARER", "CREDENTIALS", "PASSWORD"],
    ),
];

pub(super) fn know(name: &'static str) {
    let mut read = lock(&READ);
    if let Err(place) = read.binary_search(&name) {
        read.insert(place, name);
    }
}

/// Warns about each variable with one of these prefixes and a name similar to a known one.
pub(super) fn warn(prefixes: &[&str], config: &TelemetryConfig) {
    know(DOCUMENT);
    if cfg!(feature = "subscriber") {
        know("RUST_LOG");
    }
    let is_named = config.resource_attributes.service_name != default_service_name();
    // If a setting has a value, the variable may belong to the program.
    let is_held = |name: &str| is_set(name) || name == OTEL_SERVICE_NAME && is_named;
    let known = lock(&READ).clone();
    for name in environment::names(prefixes).iter().take(MAX_NAMES) {
        if known.binary_search(&name.as_str()).is_ok() {
            continue;
        }
        // A name that only begins like a known name may belong to another component.
        let meant = misspelled(name, &known).map_or_else(
            || {
                let meant = longer(name, &known).or_else(|| of_otlp(name).map(|it| vec![it]));
                meant.filter(|it| !it.iter().any(|it| is_held(it)))
            },
            |known| Some(vec![known]),
        );
        if let Some(meant) = meant {
            let message = format!("{name}: unknown variable; did you mean {}?", one_of(&meant));
            warnings::hold(message, meant.iter().any(|it| it.ends_with("_ENDPOINT")));
        }
    }
}

/// Returns the names that have all words of this one in their order, and the fewest others: `OTEL_TRACES_SAMPLER` for
/// `OTEL_SAMPLER`.
fn longer<'k>(name: &str, known: &[&'k str]) -> Option<Vec<&'k str>> {
    let found = known.iter().copied().filter(|known| has_words(known, name));
    // Kubernetes and Docker set `OTEL_PORT` for a service with the name `otel`.
    let found = found.filter(|_| name.contains('_') && !name.ends_with("_PORT"));
    let words = |name: &str| name.matches('_').count();
    let fewest = found.clone().map(words).min()?;
    Some(found.filter(|it| words(it) == fewest).collect())
}

/// Returns the setting that a longer or another name stands for: `OTEL_EXPORTER_OTLP_CERTIFICATE` for
/// `OTEL_EXPORTER_OTLP_TLS_CERTIFICATE`, `OTEL_EXPORTER_OTLP_HEADERS` for `OTEL_EXPORTER_OTLP_API_KEY`.
fn of_otlp(name: &str) -> Option<&'static str> {
    let rest = name.strip_prefix("OTEL_EXPORTER_OTLP_")?;
    // Kubernetes sets such variables for a service with the name `otel-exporter-otlp`.
    if rest.starts_with("SERVICE_") || rest.starts_with("PORT") {
        return None;
    }
    let within = OTLP.iter().filter(|(setting, _)| has_words(rest, setting));
    let (_, names) = within.max_by_key(|(setting, _)| setting.len()).or_else(|| {
        let is_meant = |words: &[&str]| rest.split('_').any(|word| words.contains(&word));
        let (meant, _) = MEANT.iter().find(|(_, words)| is_meant(words))?;
        OTLP.iter().find(|(setting, _)| setting == meant)
    })?;
    let signal = Signal::ALL.into_iter().find(|it| {
        rest.split('_').next().is_some_and(|word| word.eq_ignore_ascii_case(it.as_str()))
    });
    Some(names[signal.map_or(0, |signal| signal as usize + 1)])
}

/// Whether a name has all words of another one in their order.
fn has_words(name: &str, other: &str) -> bool {
    let mut words = name.split('_');
    other.split('_').all(|word| words.any(|it| it == word))
}
