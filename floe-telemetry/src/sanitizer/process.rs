//! What leaves the process by no pipeline follows the redaction of the provider, too: errors of ours
//! and baggage.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

use super::field::{meaning_with, sanitize_value_with};
use super::policy::DEFAULT;
use super::{Policy, sanitize_with};

/// The policies for error text and for attributes.
type Both = Arc<(Policy, Policy)>;

/// Those of the provider that was initialized last.
static CURRENT: RwLock<Option<Both>> = RwLock::new(None);

/// From now on these hold.
#[cfg(feature = "provider")]
pub(crate) fn set_policies(text: Policy, attribute: Policy) {
    let mut current = CURRENT.write().unwrap_or_else(PoisonError::into_inner);
    *current = Some(Arc::new((text, attribute)));
}

fn with<T>(run: impl FnOnce(&Policy, &Policy) -> T) -> T {
    let current = CURRENT
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    match current {
        Some(both) => run(&both.0, &both.1),
        None => run(&DEFAULT, &DEFAULT),
    }
}

/// Text of an error of ours.
pub(crate) fn sanitize_error(text: &str) -> Cow<'_, str> {
    with(|policy, _| sanitize_with(policy, text, &mut |_| {}))
}

/// A text that is sent along with a request.
pub(crate) fn sanitize_sent(text: &str) -> Cow<'_, str> {
    with(|_, policy| sanitize_with(policy, text, &mut |_| {}))
}

/// The value of a key that is sent along with a request.
pub(crate) fn sanitize_sent_value<'v>(key: &str, value: &'v str) -> Cow<'v, str> {
    with(|_, policy| {
        let meaning = meaning_with(policy, key);
        sanitize_value_with(policy, key, meaning, value, &mut |_| {})
    })
}
