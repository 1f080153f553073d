//! Reads the baggage of the current context, and creates contexts with further values.

use opentelemetry::Context;
use opentelemetry::baggage::{Baggage, BaggageExt};

use super::current_context;
use crate::attributes::FloeSpanAttributes;
use crate::keys;

/// Returns the current context with the floe identity in its baggage.
///
/// Spans in this context have the identity as attributes, in this process and in processes that receive the context, if
/// the configuration lists the four keys in `baggage_attributes`, as `TelemetryConfig::with_identity` does.
///
/// ```
/// use floe_telemetry::floe::{FloeSpanAttributes, Mode};
/// use floe_telemetry::propagation;
///
/// let identity = FloeSpanAttributes::new("sales", "orders", "1.2.0", Mode::Prod);
/// let _attached = propagation::set_floe_baggage(&identity).attach();
/// assert_eq!(propagation::baggage_value("floe.mode").as_deref(), Some("prod"));
/// ```
#[must_use = "the context must be attached or passed on"]
pub fn set_floe_baggage(identity: &FloeSpanAttributes) -> Context {
    with_values(&[
        (keys::FLOE_NAMESPACE, &identity.namespace),
        (keys::FLOE_PRODUCT_NAME, &identity.product_name),
        (keys::FLOE_PRODUCT_VERSION, &identity.product_version),
        (keys::FLOE_MODE, identity.mode.as_str()),
    ])
}

/// Returns the current context with a value in its baggage.
///
/// If the baggage would exceed 64 keys or 8192 bytes, older values are dropped. The value itself is not added
/// if it exceeds 8192 bytes with its key, or if the key is invalid. A key consists of printable ASCII
/// characters except spaces and `(),/:;<=>?@[\]{}"`. A value may be any text; secrets in it are redacted before
/// it is propagated.
///
/// ```
/// use floe_telemetry::propagation;
///
/// let _attached = propagation::set_baggage_value("tenant", "acme, inc.").attach();
/// assert_eq!(propagation::baggage_value("tenant").as_deref(), Some("acme, inc."));
/// assert_eq!(propagation::inject_headers()["baggage"], "tenant=acme%2C%20inc.");
/// ```
#[must_use = "the context must be attached or passed on"]
pub fn set_baggage_value(key: &str, value: &str) -> Context {
    with_values(&[(key, value)])
}

/// Returns the value of a key in the baggage of the current context.
pub fn baggage_value(key: &str) -> Option<String> {
    let cx = current_context();
    cx.baggage().get(key).map(|value| value.as_str().to_owned())
}

/// Returns the current context with new values in its baggage. New values are inserted first, because older values are
/// dropped at the limits.
fn with_values(values: &[(&str, &str)]) -> Context {
    let cx = current_context();
    let mut baggage = Baggage::new();
    for (key, value) in values {
        baggage.insert((*key).to_owned(), (*value).to_owned());
    }

    for (key, (value, properties)) in cx.baggage() {
        if values.iter().all(|(new, _)| key.as_str() != *new) {
            baggage.insert_with_metadata(key.clone(), value.clone(), properties.clone());
        }
    }

    cx.with_baggage(baggage)
}
