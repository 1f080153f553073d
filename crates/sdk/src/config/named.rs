//! Values of a configuration that are chosen by name.

use std::fmt;

use floe_telemetry_core::__sdk::link_list::LinkList;

use crate::callsite::SourceLocation;

/// A value that a crate registers under a name. Values of the same name are equal.
#[derive(Clone, Copy)]
pub struct Registered<T> {
    pub(crate) name: &'static str,
    pub(crate) value: T,
    location: SourceLocation,
}

impl<T: Copy> Registered<T> {
    #[doc(hidden)]
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
/// An insertion sort is enough for a few values, and needs less code than the standard library's sorts.
pub(crate) fn sorted<T: Copy, K: Ord>(all: &[T], key: fn(&T) -> K) -> Vec<T> {
    let mut sorted: Vec<T> = Vec::new();
    for value in all {
        let at = sorted.partition_point(|other| key(other) <= key(value));
        sorted.insert(at, *value);
    }
    sorted
}

/// Returns the values registered under other names than `known`, one for each name, sorted.
pub(super) fn others<T: Copy + Sync, K>(
    list: &LinkList<Registered<T>>,
    known: &[(&str, K)],
) -> Vec<Registered<T>> {
    let is_other = |linked: &&Registered<T>| known.iter().all(|(name, _)| *name != linked.name);
    let unsorted: Vec<_> = list.iter().filter(is_other).copied().collect();
    let mut others = sorted(&unsorted, |linked| linked.name);
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
    package: &str,
) -> Result<T, String> {
    let same_name = list.iter().filter(|linked| linked.name == name);
    let found = sorted(&same_name.copied().collect::<Vec<_>>(), |linked| linked.location);
    match &*found {
        [one] => Ok(one.value),
        [one, other, ..] => {
            let one = one.location;
            let other = other.location;
            Err(format!("expected different names, found `{name}` twice, at {one} and {other}"))
        }
        [] => {
            let path = package.replace('-', "_");
            Err(format!(
                "found `{name}`, which needs the crate `{package}` and the line `use {path} as _;`"
            ))
        }
    }
}

/// Declares an enum whose values are written as words in documents and variables.
macro_rules! choice {
    ($(#[$about:meta])* $type:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, serde::Deserialize, Eq, Hash, PartialEq, serde::Serialize)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $type {
            /// Each word with its value.
            pub(crate) const ALL: &[(&'static str, Self)] = &[$(($word, Self::$variant)),+];

            /// Returns the word, as in a document.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    };
}
pub(super) use choice;

/// Declares an enum to which other crates add values through a list of the linker. `in` names the crate of this project
/// that registers a value.
macro_rules! open_choice {
    (
        $(#[$about:meta])*
        $type:ident of $list:ident: $value:ty {
            $($(#[$doc:meta])* $variant:ident = $name:literal $(in $package:literal)?,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$doc])* $variant,)+
            /// A value that another crate registers.
            Registered($crate::config::named::Registered<$value>),
        }

        impl $type {
            /// Returns the name, as in a document.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Registered(other) => other.name,
                }
            }

            /// Returns all values with their names: the values of this project, and others that are linked.
            pub(super) fn every() -> Vec<(&'static str, Self)> {
                let mut all = vec![$(($name, Self::$variant)),+];
                let others = $crate::config::named::others(&$list, &all);
                all.extend(others.into_iter().map(|other| (other.name, Self::Registered(other))));
                all
            }

            /// Returns the registration of this value; `None` if it belongs to this crate.
            ///
            /// # Errors
            ///
            /// The registering crate is not linked, or several crates register the name.
            pub(crate) fn registered(self) -> Result<Option<$value>, String> {
                let package = match self {
                    $(Self::$variant => concat!($($package)?),)+
                    Self::Registered(other) => other.name,
                };
                if package.is_empty() {
                    return Ok(None);
                }
                $crate::config::named::find(&$list, self.as_str(), package).map(Some)
            }
        }

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
                let name = <String as serde::Deserialize>::deserialize(deserializer)?;
                let known = $crate::config::env::parse::word(&Self::every())(&name);
                known.map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(super) use open_choice;
