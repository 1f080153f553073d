//! Carriers: the types from which context is extracted, and into which it is injected.

use opentelemetry::propagation::{Extractor, Injector};

/// The kinds of carriers, which callers never name. They separate implementations that the compiler would otherwise
/// reject as overlapping. The module is public, so that compiler messages contain short names.
#[doc(hidden)] // here, as a re-export in another crate does not hide it
pub mod kind {
    /// A type that implements OpenTelemetry's `Extractor` or `Injector`.
    #[derive(Debug)]
    pub struct Direct;

    /// A map or a list of names and values, or a type that contains one.
    #[derive(Debug)]
    pub struct Pairs;
}

/// A carrier from which context can be extracted.
///
/// Implemented for every OpenTelemetry [`Extractor`], such as `HashMap<String, String>` with lower-case names, for
/// slices and vectors of pairs, and with the feature `http` for `http::HeaderMap` and `http::Request`.
/// The crate `floe-telemetry-messaging` provides extractors for the headers of messages. `K` is the kind of carrier,
/// which the compiler infers.
#[diagnostic::on_unimplemented(
    message = "context cannot be read from `{Self}`",
    label = "not a carrier",
    note = "a carrier is an OpenTelemetry `Extractor`, a `HashMap` of `String`s, pairs of text, or with the feature `http` a `HeaderMap`"
)]
pub trait ExtractFrom<K> {
    /// Calls `read` with an extractor of the carrier.
    fn extract(&self, read: &mut dyn FnMut(&dyn Extractor));
}

/// A carrier into which context can be injected.
///
/// Implemented for every OpenTelemetry [`Injector`], such as `HashMap<String, String>`, for `Vec<(String, String)>`, and
/// with the feature `http` for `http::HeaderMap` and `http::Request`. The crate `floe-telemetry-messaging` provides
/// injectors for the headers of messages. `K` is the kind of carrier, which the compiler infers.
#[diagnostic::on_unimplemented(
    message = "context cannot be written into `{Self}`",
    label = "not a carrier",
    note = "a carrier is an OpenTelemetry `Injector`, a `HashMap` or pairs of `String`s, or with the feature `http` a `HeaderMap`"
)]
pub trait InjectInto<K> {
    /// Calls `write` with an injector of the carrier.
    fn inject(&mut self, write: &mut dyn FnMut(&mut dyn Injector));
}

impl<E: Extractor> ExtractFrom<kind::Direct> for E {
    fn extract(&self, read: &mut dyn FnMut(&dyn Extractor)) {
        read(self);
    }
}

impl<I: Injector> InjectInto<kind::Direct> for I {
    fn inject(&mut self, write: &mut dyn FnMut(&mut dyn Injector)) {
        write(self);
    }
}

/// Reads pairs of names and values. The names are case-insensitive, as in HTTP.
struct PairExtractor<'a>(Vec<(&'a str, &'a str)>);

impl<'a> PairExtractor<'a> {
    fn new<N, V>(pairs: impl IntoIterator<Item = (&'a N, &'a V)>) -> Self
    where
        N: AsRef<str> + ?Sized + 'a,
        V: AsRef<str> + ?Sized + 'a,
    {
        let pairs = pairs.into_iter();
        Self(pairs.map(|(n, v)| (n.as_ref(), v.as_ref())).collect())
    }
}

impl Extractor for PairExtractor<'_> {
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
        read(&PairExtractor::new(self.iter().map(|(name, value)| (name, value))));
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

/// Writes pairs of names and values. A name replaces those that differ in case alone, as in HTTP.
struct PairInjector<'a>(&'a mut Vec<(String, String)>);

impl Injector for PairInjector<'_> {
    fn set(&mut self, key: &str, value: String) {
        self.0.retain(|(name, _)| !name.eq_ignore_ascii_case(key));
        self.0.push((key.to_owned(), value));
    }
}

impl InjectInto<kind::Pairs> for Vec<(String, String)> {
    fn inject(&mut self, write: &mut dyn FnMut(&mut dyn Injector)) {
        write(&mut PairInjector(self));
    }
}
