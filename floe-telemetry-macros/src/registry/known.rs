//! The registries of the crates that this process compiles.

use std::{
    collections::HashMap,
    env,
    sync::{LazyLock, Mutex, PoisonError},
};

use floe_suggest::{did_you_mean, nearest};

use super::read::{Attribute, Deprecation, Registry};
use crate::finding::{Finding, What};

type Registries = HashMap<String, HashMap<String, Registry>>;

/// By the crate and the path.
static REGISTRIES: LazyLock<Mutex<Registries>> = LazyLock::new(Mutex::default);

fn this_crate() -> String {
    let variable = |name| env::var(name).unwrap_or_default();
    format!("{} {}", variable("CARGO_MANIFEST_DIR"), variable("CARGO_CRATE_NAME"))
}

pub(super) fn remember(path: &str, registry: Registry) {
    let mut registries = REGISTRIES.lock().unwrap_or_else(PoisonError::into_inner);
    let of_crate = registries.entry(this_crate()).or_default();
    of_crate.insert(path.to_owned(), registry);
}

/// What the registries of this crate say of a key.
pub(crate) enum Verdict {
    Known,
    Wrong(Finding),
    /// It is not in their namespaces.
    Unsaid,
}

/// What the registries of this crate say of a key.
pub(crate) fn check(key: &str) -> Verdict {
    let registries = REGISTRIES.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(of_crate) = registries.get(&this_crate()) else {
        return Verdict::Unsaid;
    };
    let attributes = || of_crate.values().flat_map(|registry| &registry.attributes);
    if let Some(known) = attributes().find(|known| known.is(key)) {
        return known.deprecation.as_ref().map_or(Verdict::Known, |deprecation| {
            Verdict::Wrong(Finding {
                what: What::DeprecatedKey,
                message: match deprecation {
                    Deprecation::RenamedTo(to) => {
                        format!("the registry renamed `{key}` to `{to}`")
                    }
                    Deprecation::Because(reason) => {
                        let reason = reason.trim().trim_end_matches('.');
                        format!("`{key}` is deprecated in the registry: {reason}")
                    }
                },
            })
        });
    }
    let (namespace, _) = key.split_once('.').unwrap_or_default();
    let is_in = |known: &&Attribute| known.is_own && known.key.split('.').next() == Some(namespace);
    let closing = attributes().filter(is_in).map(|known| known.key.as_str());
    let closing: Vec<_> = closing.collect();
    let is_incomplete = of_crate.values().any(|registry| registry.is_incomplete);
    if closing.is_empty() || is_incomplete || floe_semconv::is_reserved(key) {
        return Verdict::Unsaid;
    }
    let path =
        of_crate.iter().find(|(_, registry)| registry.attributes.iter().any(|it| is_in(&it)));
    let path = path.map_or("", |(path, _)| path);
    let near = did_you_mean(nearest(key, &closing));
    Verdict::Wrong(Finding {
        what: What::UnknownKey,
        message: format!("`{key}` is not in `{path}`{near}"),
    })
}

/// What the registries of this crate say of a text as the value of a key.
pub(crate) fn check_text(key: &str, value: &str) -> Option<Finding> {
    let registries = REGISTRIES.lock().unwrap_or_else(PoisonError::into_inner);
    let mut attributes =
        registries.get(&this_crate())?.values().flat_map(|registry| &registry.attributes);
    let known = attributes.find(|known| known.is(key))?;
    if known.members.is_empty() || known.members.iter().any(|member| member == value) {
        return None;
    }
    let members: Vec<_> = known.members.iter().map(String::as_str).collect();
    let near = did_you_mean(nearest(value, &members));
    let members = crate::words::one_of(&members);
    Some(Finding {
        what: What::UnknownValue,
        message: format!("`{value}` is not a value of `{key}`, expected {members}{near}"),
    })
}

impl Attribute {
    fn is(&self, key: &str) -> bool {
        key == self.key
            || self.is_template
                && key.strip_prefix(&self.key).is_some_and(|rest| rest.starts_with('.'))
    }
}
