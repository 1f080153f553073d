//! What context is written into and read from.

use std::collections::{BTreeMap, HashMap};

use opentelemetry::propagation::{Extractor, Injector};

/// Which way a type is a carrier. Nobody writes these: they keep apart what the compiler cannot.
pub mod kind {
    /// It implements OpenTelemetry's trait.
    #[derive(Debug)]
    pub struct Direct;

    /// It is a `HeaderMap` or has one.
    #[cfg(feature = "http")]
    #[derive(Debug)]
    pub struct Headers;

    /// It is a map or a list of names and values.
    #[derive(Debug)]
    pub struct Pairs;
}

/// A carrier that context can be read from: all that implement OpenTelemetry's [`Extractor`], such
/// as `HashMap<String, String>` with its names in lower case; other maps, slices and lists of pairs; with the feature `http`,
/// `http::HeaderMap`. `K` is the kind of carrier, which nobody writes.
#[diagnostic::on_unimplemented(
    message = "context cannot be read from `{Self}`",
    label = "not a carrier",
    note = "a carrier is an OpenTelemetry `Extractor`, a map of text, pairs of text, or with the feature `http` a `HeaderMap`"
)]
pub trait ExtractFrom<K> {
    /// Calls `read` with the carrier.
    fn extract(&self, read: &mut dyn FnMut(&dyn Extractor));
}

/// A carrier that context can be written into: all that implement OpenTelemetry's [`Injector`],
/// such as `HashMap<String, String>`; `BTreeMap<String, String>`; `Vec<(String, String)>`; with the
/// feature `http`, `http::HeaderMap`. `K` is the kind of carrier, which nobody writes.
#[diagnostic::on_unimplemented(
    message = "context cannot be written into `{Self}`",
    label = "not a carrier",
    note = "a carrier is an OpenTelemetry `Injector`, a map or a `Vec` of `String`s, or with the feature `http` a `HeaderMap`"
)]
pub trait InjectInto<K> {
    /// Calls `write` with the carrier.
    fn inject(&mut self, write: &mut dyn FnMut(&mut dyn Injector));
}

impl<E: Extractor + ?Sized> ExtractFrom<kind::Direct> for E {
    fn extract(&self, read: &mut dyn FnMut(&dyn Extractor)) {
        read(&Whole(self));
    }
}

impl<I: Injector + ?Sized> InjectInto<kind::Direct> for I {
    fn inject(&mut self, write: &mut dyn FnMut(&mut dyn Injector)) {
        write(&mut WholeMut(self));
    }
}

/// A carrier behind a type with a size, which a trait object is made of.
struct Whole<'a, E: ?Sized>(&'a E);

impl<E: Extractor + ?Sized> Extractor for Whole<'_, E> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        self.0.get_all(key)
    }
}

struct WholeMut<'a, I: ?Sized>(&'a mut I);

impl<I: Injector + ?Sized> Injector for WholeMut<'_, I> {
    fn set(&mut self, key: &str, value: String) {
        self.0.set(key, value);
    }

    fn reserve(&mut self, additional: usize) {
        self.0.reserve(additional);
    }
}

/// Names in any case, as those of HTTP headers.
struct Named<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Named<'a> {
    fn of<N, V>(pairs: impl IntoIterator<Item = (&'a N, &'a V)>) -> Self
    where
        N: AsRef<str> + ?Sized + 'a,
        V: AsRef<str> + ?Sized + 'a,
    {
        let pairs = pairs.into_iter();
        Self(pairs.map(|(n, v)| (n.as_ref(), v.as_ref())).collect())
    }
}

impl Extractor for Named<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.get_all(key)?.first().copied()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| *name).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        let named = |(name, _): &&(&str, &str)| name.eq_ignore_ascii_case(key);
        let found: Vec<_> = self.0.iter().filter(named).map(|pair| pair.1).collect();
        (!found.is_empty()).then_some(found)
    }
}

impl<N: AsRef<str>, V: AsRef<str>> ExtractFrom<kind::Pairs> for [(N, V)] {
    fn extract(&self, read: &mut dyn FnMut(&dyn Extractor)) {
        read(&Named::of(self.iter().map(|(name, value)| (name, value))));
    }
}

impl<N: AsRef<str>, V: AsRef<str>, const L: usize> ExtractFrom<kind::Pairs> for [(N, V); L] {
    fn extract(&self, read: &mut dyn FnMut(&dyn Extractor)) {
        self.as_slice().extract(read);
    }
}

impl<N: AsRef<str>, V: AsRef<str>> ExtractFrom<kind::Pairs> for Vec<(N, V)> {
    fn extract(&self, read: &mut dyn FnMut(&dyn Extractor)) {
        self.as_slice().extract(read);
    }
}

impl<N: AsRef<str>, V: AsRef<str>> ExtractFrom<kind::Pairs> for BTreeMap<N, V> {
    fn extract(&self, read: &mut dyn FnMut(&dyn Extractor)) {
        read(&Named::of(self));
    }
}

impl<V: AsRef<str>, S> ExtractFrom<kind::Pairs> for HashMap<&str, V, S> {
    fn extract(&self, read: &mut dyn FnMut(&dyn Extractor)) {
        read(&Named::of(self.iter().map(|(name, value)| (*name, value))));
    }
}

impl InjectInto<kind::Pairs> for BTreeMap<String, String> {
    fn inject(&mut self, write: &mut dyn FnMut(&mut dyn Injector)) {
        struct Map<'a>(&'a mut BTreeMap<String, String>);

        impl Injector for Map<'_> {
            fn set(&mut self, key: &str, value: String) {
                self.0.insert(key.to_owned(), value);
            }
        }

        write(&mut Map(self));
    }
}

impl InjectInto<kind::Pairs> for Vec<(String, String)> {
    fn inject(&mut self, write: &mut dyn FnMut(&mut dyn Injector)) {
        struct List<'a>(&'a mut Vec<(String, String)>);

        impl Injector for List<'_> {
            fn set(&mut self, key: &str, value: String) {
                self.0.retain(|(name, _)| !name.eq_ignore_ascii_case(key));
                self.0.push((key.to_owned(), value));
            }
        }

        write(&mut List(self));
    }
}
