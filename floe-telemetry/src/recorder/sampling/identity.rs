//! Whose a span is, if the baggage around it says so.

use std::sync::Arc;

use opentelemetry::baggage::BaggageExt;
use opentelemetry::{Context, KeyValue};

use crate::keys;

/// The identity that baggage in `cx` carries, if any.
#[inline]
pub(super) fn identity(cx: &Context) -> Option<Arc<[KeyValue]>> {
    let baggage = cx.baggage();
    if baggage.is_empty() {
        return None;
    }
    let found: Vec<KeyValue> = keys::IDENTITY
        .iter()
        .filter_map(|key| Some(KeyValue::new(*key, baggage.get(key)?.clone())))
        .collect();
    (!found.is_empty()).then(|| found.into())
}
