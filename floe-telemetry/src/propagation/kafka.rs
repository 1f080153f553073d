//! Carriers of the `rdkafka` crate: the headers of a Kafka message.

use opentelemetry::propagation::{Extractor, Injector};
use rdkafka::Message;
use rdkafka::message::{
    BorrowedHeaders, BorrowedMessage, Header, Headers, OwnedHeaders, OwnedMessage,
};

use super::carrier::PairExtractor;
use super::{ExtractFrom, InjectInto, kind};

impl ExtractFrom<kind::Pairs> for OwnedHeaders {
    fn extract(&self, read: &mut dyn FnMut(&dyn Extractor)) {
        read(&pairs(self));
    }
}

impl ExtractFrom<kind::Pairs> for BorrowedHeaders {
    fn extract(&self, read: &mut dyn FnMut(&dyn Extractor)) {
        read(&pairs(self));
    }
}

impl ExtractFrom<kind::Pairs> for BorrowedMessage<'_> {
    fn extract(&self, read: &mut dyn FnMut(&dyn Extractor)) {
        match self.headers() {
            Some(headers) => headers.extract(read),
            None => read(&PairExtractor(Vec::new())),
        }
    }
}

impl ExtractFrom<kind::Pairs> for OwnedMessage {
    fn extract(&self, read: &mut dyn FnMut(&dyn Extractor)) {
        match self.headers() {
            Some(headers) => headers.extract(read),
            None => read(&PairExtractor(Vec::new())),
        }
    }
}

impl InjectInto<kind::Pairs> for OwnedHeaders {
    fn inject(&mut self, write: &mut dyn FnMut(&mut dyn Injector)) {
        write(&mut HeadersMut(self));
    }
}

/// Of a header that is not text only the name: if it were left out, the other of two headers would be
/// accepted as the only one.
fn pairs<H: Headers>(headers: &H) -> PairExtractor<'_> {
    let headers = (0..headers.count()).filter_map(|index| headers.try_get(index));
    let text = |value: Option<_>| value.and_then(|value| str::from_utf8(value).ok());
    let pairs = headers.map(|header| (header.key, text(header.value).unwrap_or_default()));
    PairExtractor(pairs.collect())
}

struct HeadersMut<'a>(&'a mut OwnedHeaders);

impl Injector for HeadersMut<'_> {
    fn set(&mut self, key: &str, value: String) {
        let mut headers = std::mem::take(self.0);
        let is_same = |header: &Header<'_, &[u8]>| header.key.eq_ignore_ascii_case(key);
        // A message that is sent on has the headers of its sender, and no header can be removed.
        if headers.iter().any(|header| is_same(&header)) {
            let others = headers.iter().filter(|header| !is_same(header));
            headers = others.fold(OwnedHeaders::new(), |headers, header| {
                headers.insert(header)
            });
        }
        *self.0 = headers.insert(Header {
            key,
            value: Some(&value),
        });
    }
}
