//! The carrier of the `async-nats` crate: the headers of a NATS message.

use async_nats::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::{Extractor, Injector};

use super::carrier::PairExtractor;
use super::{ExtractFrom, InjectInto, kind};

impl ExtractFrom<kind::Pairs> for HeaderMap {
    fn extract(&self, read: &mut dyn FnMut(&dyn Extractor)) {
        let all = self.iter().flat_map(|(name, values)| {
            let values = values.iter().map(HeaderValue::as_str);
            values.map(|value| (name.as_ref(), value))
        });
        read(&PairExtractor(all.collect()));
    }
}

impl InjectInto<kind::Pairs> for HeaderMap {
    fn inject(&mut self, write: &mut dyn FnMut(&mut dyn Injector)) {
        write(&mut HeadersMut(self));
    }
}

struct HeadersMut<'a>(&'a mut HeaderMap);

impl Injector for HeadersMut<'_> {
    fn set(&mut self, key: &str, value: String) {
        // What is no header is left out; the map's own conversions would panic.
        let (Ok(name), Ok(value)) = (key.parse::<HeaderName>(), value.parse::<HeaderValue>())
        else {
            return;
        };
        // A message that is sent on has the headers of its sender, such as `Traceparent`, and no header can be removed.
        let is_same = |name: &HeaderName| AsRef::<str>::as_ref(name).eq_ignore_ascii_case(key);
        if self.0.iter().any(|(name, _)| is_same(name)) {
            let mut others = HeaderMap::new();
            for (name, values) in self.0.iter().filter(|(name, _)| !is_same(name)) {
                for value in values {
                    others.append(name.clone(), value.clone());
                }
            }
            *self.0 = others;
        }
        self.0.insert(name, value);
    }
}
