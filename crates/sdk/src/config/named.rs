//! Values of a configuration that are chosen by name, and that other crates can add.

use std::fmt;

use floe_telemetry_core::__sdk::link_list::LinkList;
use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer};

use crate::callsite::SourceLocation;
use crate::suggest::expected;

/// A value that a crate registers under a name. Values of the same name are equal.
#[derive(Clone, Copy)]
pub struct Registered<T> {
    pub(crate) name: &'static str,
    pub(crate) value: T,
    location: SourceLocation,
}

impl<T: Copy> Registered<T> {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(name: &'static str, value: T, location: SourceLocation) -> Self {
        Self { name, value, location }
    }
}

impl<T> fmt::Debug for Registered<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl<T> PartialEq for Registered<T> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl<T> Eq for Registered<T> {}

/// Sorts registered values, so that messages do not depend on the linker's order.
///
/// They are few, and the code of the standard library's sorts is large.
pub(crate) fn sorted<T: Copy, K: Ord>(all: &[T], key: fn(&T) -> K) -> Vec<T> {
    let mut sorted: Vec<T> = Vec::new();
    for value in all {
        let at = sorted.partition_point(|other| key(other) <= key(value));
        sorted.insert(at, *value);
    }
    sorted
}

/// Returns the values registered under other names than `known`, one for each name, sorted.
pub(super) fn others<T: Copy + Sync>(
    list: &LinkList<Registered<T>>,
    known: &[&str],
) -> Vec<Registered<T>> {
    let others = list.iter().filter(|linked| !known.contains(&linked.name));
    let mut others = sorted(&others.copied().collect::<Vec<_>>(), |linked| linked.name);
    others.dedup_by_key(|linked| linked.name);
    others
}

/// Returns the value registered under a name.
///
/// # Errors
///
/// The registering crate `package` is not linked, or several crates register the name.
pub(super) fn find<T: Copy + Sync>(
    list: &LinkList<Registered<T>>,
    name: &str,
    package: Option<&str>,
) -> Result<T, String> {
    let found = list.iter().filter(|linked| linked.name == name);
    let found = sorted(&found.copied().collect::<Vec<_>>(), |linked| linked.location);
    match (&*found, package) {
        ([one], _) => Ok(one.value),
        ([one, other, ..], _) => {
            let (one, other) = (one.location, other.location);
            Err(format!(
                "expected one of each name, found two of the name `{name}`, at {one} and {other}"
            ))
        }
        ([], None) => Err(format!("found `{name}`, which no crate registers")),
        ([], Some(package)) => {
            let path = package.replace('-', "_");
            Err(format!(
                "found `{name}`, which needs the crate `{package}` and the line `use {path} as _;`"
            ))
        }
    }
}

pub(super) fn parse<T: Copy>(
    name: &str,
    all: &[T],
    as_str: fn(T) -> &'static str,
) -> Result<T, String> {
    let found = all.iter().find(|one| as_str(**one) == name);
    found.copied().ok_or_else(|| {
        let names: Vec<_> = all.iter().copied().map(as_str).collect();
        expected(&names, name)
    })
}

pub(super) fn deserialize<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    parse: fn(&str) -> Result<T, String>,
) -> Result<T, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// Implements traits of a value that is written as its name: `Display` and serde's traits.
macro_rules! written_as_name {
    ($type:ident) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::config::named::deserialize(deserializer, Self::parse)
            }
        }
    };
}
pub(super) use written_as_name;
