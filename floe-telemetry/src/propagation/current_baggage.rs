//! Baggage of the current context: the floe identity, and single values.

use opentelemetry::Context;
use opentelemetry::baggage::{Baggage, BaggageExt};

use super::current;
use crate::attributes::FloeSpanAttributes;
use crate::keys;

/// The current context with the floe identity in its baggage. Spans below it carry this identity, here
/// and in every process that it is propagated to, where the configuration lists the four keys in
/// `baggage_attributes` (`TelemetryConfig::with_identity` does so).
///
/// ```
/// use floe_telemetry::{FloeSpanAttributes, Mode, propagation};
///
/// let identity = FloeSpanAttributes::new("sales", "orders", "1.2.0", Mode::Prod);
/// let _attached = propagation::set_floe_baggage(&identity).attach();
/// assert_eq!(propagation::get_baggage_value("floe.mode").as_deref(), Some("prod"));
/// ```
#[must_use = "the context has to be attached or handed on"]
pub fn set_floe_baggage(identity: &FloeSpanAttributes) -> Context {
    with_values(&[
        (keys::FLOE_NAMESPACE, &identity.namespace),
        (keys::FLOE_PRODUCT_NAME, &identity.product_name),
        (keys::FLOE_PRODUCT_VERSION, &identity.product_version),
        (keys::FLOE_MODE, identity.mode.as_str()),
    ])
}

/// The current context with one more value in its baggage.
///
/// The value is not added if there is no room (64 keys, 8192 bytes), or if the key is invalid: accepted
/// is printable ASCII without spaces and without `(),/:;<=>?@[\]{}"`. A value may be any text; a secret
/// in it is redacted before it leaves the process.
///
/// ```
/// use floe_telemetry::propagation;
///
/// let _attached = propagation::set_baggage_value("tenant", "acme, inc.").attach();
/// assert_eq!(propagation::get_baggage_value("tenant").as_deref(), Some("acme, inc."));
/// assert_eq!(propagation::inject_headers()["baggage"], "tenant=acme%2C%20inc.");
/// ```
#[must_use = "the context has to be attached or handed on"]
pub fn set_baggage_value(key: &str, value: &str) -> Context {
    with_values(&[(key, value)])
}

/// The value of a key in the baggage of the current context.
#[must_use]
pub fn get_baggage_value(key: &str) -> Option<String> {
    let cx = current();
    cx.baggage().get(key).map(|value| value.as_str().to_owned())
}

/// The new values go first: if there is no room for all, others are dropped.
fn with_values(values: &[(&str, &str)]) -> Context {
    let cx = current();
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
