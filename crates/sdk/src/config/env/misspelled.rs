//! Variables with a name that resembles one of ours. Nobody else would notice a misspelled name: it has no effect.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::environment;
use crate::error::Error;

/// The names that have been read, which are all known ones once a configuration has been.
static READ: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// A name with more differences may be that of another component.
const MAX_DIFFERENCES: usize = 2;

/// The most names that are compared.
const MAX_NAMES: usize = 1000;

/// Notes that a variable with this name is known.
pub(super) fn know(name: &str) {
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if !read.contains(name) {
        read.insert(name.to_owned());
    }
}

/// Warns about each variable with one of these prefixes whose name is almost a known one.
pub(super) fn warn(prefixes: &[&str]) {
    if cfg!(feature = "subscriber") {
        know("RUST_LOG");
    }
    let read = READ.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for name in environment::names(prefixes).iter().take(MAX_NAMES) {
        if read.contains(name) {
            continue;
        }
        let near = read.iter().map(|known| (differences(name, known), known));
        let near = near
            .filter(|(differences, _)| *differences <= MAX_DIFFERENCES)
            .min();
        if let Some((_, known)) = near {
            let message = format!("{name}: unknown variable; did you mean `{known}`?");
            super::warn(&Error::config(message).to_string());
        }
    }
}

/// The number of characters in which two names differ. The order of their words does not count, and a word that is
/// missing, or all words before the rest, are one difference.
fn differences(name: &str, known: &str) -> usize {
    if lacks_words(name, known) {
        return 1;
    }
    if name.len().abs_diff(known.len()) > MAX_DIFFERENCES || !is_same_prefix(name, known) {
        return usize::MAX;
    }
    let sorted = |name: &str| {
        let mut words: Vec<_> = name.split('_').collect();
        words.sort_unstable();
        words.join("_")
    };
    let ordered = strsim::osa_distance(name, known);
    ordered.min(strsim::osa_distance(&sorted(name), &sorted(known)))
}

/// Whether a name lacks one word of a known one, or its first words.
fn lacks_words(name: &str, known: &str) -> bool {
    let (of_name, of_known): (Vec<_>, Vec<_>) =
        (name.split('_').collect(), known.split('_').collect());
    if of_name.len() < 2 || of_name.len() >= of_known.len() {
        return false;
    }
    let before = of_name.iter().zip(&of_known).take_while(|(a, b)| a == b);
    let missing = of_known.len() - of_name.len();
    let rest = &of_name[before.count().min(of_name.len())..];
    (missing == 1 || rest.len() == of_name.len()) && of_known.ends_with(rest)
}

fn is_same_prefix(name: &str, known: &str) -> bool {
    name.split('_').next() == known.split('_').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_misspelled_if_it_is_almost_a_known_one() {
        for (name, known, expected) in [
            ("OTEL_SERVICE_NAMES", "OTEL_SERVICE_NAME", true),
            (
                "OTEL_EXPORTER_OTLP_ENDPIONT",
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                true,
            ),
            (
                "OTEL_OTLP_EXPORTER_ENDPOINT",
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                true,
            ),
            ("OTEL_TRACE_EXPORTER", "OTEL_TRACES_EXPORTER", true),
            ("FLOE_LOGLEVEL", "FLOE_LOG_LEVEL", true),
            ("OTEL_LOG_LEVEL", "FLOE_LOG_LEVEL", false),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BLRP_MAX_QUEUE_SIZE", true),
            ("OTEL_PYTHON_LOG_LEVEL", "OTEL_LOGS_EXPORTER", false),
            ("OTEL_SDK_ENABLED", "OTEL_SDK_DISABLED", false),
            ("FLOE_CONFIG", "FLOE_CONFIG_FILE", true),
            (
                "OTEL_EXPORTER_ENDPOINT",
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                true,
            ),
            ("OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT", true),
            ("RUST_LOGS", "RUST_LOG", true),
            ("RUST_LOG_STYLE", "RUST_LOG", false),
            // Kubernetes sets these for a service with the name `otel`.
            ("OTEL_PORT", "OTEL_EXPORTER_PROMETHEUS_PORT", false),
            ("OTEL_SERVICE_HOST", "OTEL_SERVICE_NAME", false),
        ] {
            let is_near = differences(name, known) <= MAX_DIFFERENCES;
            assert_eq!(is_near, expected, "{name}");
        }
    }
}
