//! The attributes of the thread on which a span starts.

use std::thread;

use crate::attributes::AttributeList;
use crate::keys;

thread_local! {
    /// The number of the thread, which the standard library only prints.
    static ID: i64 = {
        let id = format!("{:?}", thread::current().id());
        let digits = id.trim_matches(|c: char| !c.is_ascii_digit());
        digits.parse().unwrap_or_default()
    };
}

pub(super) fn describe(attributes: &mut AttributeList) {
    if let Ok(id) = ID.try_with(|id| *id) {
        attributes.set(keys::THREAD_ID, &id);
    }
    if let Some(name) = thread::current().name() {
        attributes.set(keys::THREAD_NAME, name);
    }
}
