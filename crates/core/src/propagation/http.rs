//! Carriers of the `http` crate: header maps and requests.

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use opentelemetry::propagation::{Extractor, Injector};

use super::{ExtractFrom, InjectInto, kind};

impl ExtractFrom<kind::Pairs> for HeaderMap {
    fn extract(&self, read: &mut dyn FnMut(&dyn Extractor)) {
        read(&Headers(self));
    }
}

impl InjectInto<kind::Pairs> for HeaderMap {
    fn inject(&mut self, write: &mut dyn FnMut(&mut dyn Injector)) {
        write(&mut HeadersMut(self));
    }
}

impl<B> ExtractFrom<kind::Pairs> for Request<B> {
    fn extract(&self, read: &mut dyn FnMut(&dyn Extractor)) {
        self.headers().extract(read);
    }
}

impl<B> InjectInto<kind::Pairs> for Request<B> {
    fn inject(&mut self, write: &mut dyn FnMut(&mut dyn Injector)) {
        self.headers_mut().inject(write);
    }
}

const BAGGAGE: &str = "baggage";

/// Parsed names, so that a map need not parse a name for each access.
static NAMES: [HeaderName; 3] = [
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static(BAGGAGE),
];

fn known(key: &str) -> Option<&'static HeaderName> {
    NAMES.iter().find(|name| name.as_str() == key)
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let value = match known(key) {
            Some(name) => self.0.get(name),
            None => self.0.get(key),
        };

        text(value?)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        let values = match known(key) {
            Some(name) => self.0.get_all(name),
            None => self.0.get_all(key),
        };

        let mut all = Vec::new();
        for value in values {
            match text(value) {
                Some(text) => all.push(text),
                None if key.eq_ignore_ascii_case(BAGGAGE) => all.extend(members(value)),
                // A value that is not text counts as empty. If it were skipped, the other of two headers would be
                // accepted as the only one.
                None => all.push(""),
            }
        }

        (!all.is_empty()).then_some(all)
    }
}

/// Returns the value, if it is ASCII. Faster than `to_str`, with the same result, as a value has no control characters.
fn text(value: &HeaderValue) -> Option<&str> {
    let text = str::from_utf8(value.as_bytes()).ok()?;
    text.is_ascii().then_some(text)
}

/// Returns the ASCII members of a list. An invalid member of `baggage` does not affect the others.
fn members(list: &HeaderValue) -> impl Iterator<Item = &str> {
    let members = list.as_bytes().split(|byte| *byte == b',');
    members.filter_map(|member| str::from_utf8(member).ok().filter(|text| text.is_ascii()))
}

struct HeadersMut<'a>(&'a mut HeaderMap);

impl Injector for HeadersMut<'_> {
    fn set(&mut self, key: &str, value: String) {
        let name = known(key).cloned().or_else(|| HeaderName::from_bytes(key.as_bytes()).ok());

        if let (Some(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }

    fn reserve(&mut self, additional: usize) {
        self.0.reserve(additional);
    }
}
