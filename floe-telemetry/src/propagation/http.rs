//! Carriers of the `http` crate: header maps and requests.

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use opentelemetry::propagation::{Extractor, Injector};

use super::{BAGGAGE, ExtractFrom, InjectInto, kind};

impl ExtractFrom<kind::Headers> for HeaderMap {
    fn extract(&self, read: &mut dyn FnMut(&dyn Extractor)) {
        read(&Headers(self));
    }
}

impl InjectInto<kind::Headers> for HeaderMap {
    fn inject(&mut self, write: &mut dyn FnMut(&mut dyn Injector)) {
        write(&mut HeadersMut(self));
    }
}

impl<B> ExtractFrom<kind::Headers> for Request<B> {
    fn extract(&self, read: &mut dyn FnMut(&dyn Extractor)) {
        self.headers().extract(read);
    }
}

impl<B> InjectInto<kind::Headers> for Request<B> {
    fn inject(&mut self, write: &mut dyn FnMut(&mut dyn Injector)) {
        self.headers_mut().inject(write);
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        let mut all = Vec::new();
        for value in self.0.get_all(key) {
            match value.to_str() {
                Ok(text) => all.push(text),
                Err(_) if key.eq_ignore_ascii_case(BAGGAGE) => all.extend(members(value)),
                // A value that is not text counts as empty. If it were skipped, the other of two headers
                // would be accepted as the only one.
                Err(_) => all.push(""),
            }
        }
        (!all.is_empty()).then_some(all)
    }
}

/// The members of a list that are text: those of `baggage` do not depend on each other.
fn members(list: &HeaderValue) -> impl Iterator<Item = &str> {
    let members = list.as_bytes().split(|byte| *byte == b',');
    members.filter_map(|member| str::from_utf8(member).ok().filter(|text| text.is_ascii()))
}

struct HeadersMut<'a>(&'a mut HeaderMap);

impl Injector for HeadersMut<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(key.as_bytes()),
            HeaderValue::try_from(value),
        ) {
            self.0.insert(name, value);
        }
    }

    fn reserve(&mut self, additional: usize) {
        self.0.reserve(additional);
    }
}
