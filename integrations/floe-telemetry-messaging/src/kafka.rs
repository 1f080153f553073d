//! The headers of a Kafka message.

use opentelemetry::propagation::{Extractor, Injector};
use rdkafka::Message;
use rdkafka::message::{Header, Headers, OwnedHeaders};

use crate::values::values;

/// A Kafka message, whose headers contain the context, or the headers of a new message.
///
/// ```
/// use floe_telemetry::{propagation, testing, traced};
/// use floe_telemetry_messaging::KafkaHeaders;
/// use rdkafka::Timestamp;
/// use rdkafka::message::{OwnedHeaders, OwnedMessage};
///
/// #[traced(name = "send orders", kind = producer, attributes(
///     "messaging.system" = "kafka",
///     "messaging.destination.name" = "orders",
///     "messaging.operation.name" = "send",
/// ))]
/// fn send() -> OwnedMessage {
///     let mut headers = OwnedHeaders::new();
///     propagation::inject_context(&mut KafkaHeaders(&mut headers));
///     OwnedMessage::new(None, None, "orders".to_owned(), Timestamp::NotAvailable, 0, 0, Some(headers))
/// }
///
/// #[traced(name = "process orders", kind = consumer, parent = KafkaHeaders(message), attributes(
///     "messaging.system" = "kafka",
///     "messaging.destination.name" = "orders",
///     "messaging.operation.name" = "process",
/// ))]
/// fn process(message: &OwnedMessage) {}
///
/// let spans = testing::capture(|| process(&send()));
/// spans.single("process orders").assert_child_of("send orders");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct KafkaHeaders<T>(pub T);

impl<M: Message> Extractor for KafkaHeaders<&M> {
    fn get(&self, key: &str) -> Option<&str> {
        self.get_all(key)?.first().copied()
    }

    fn keys(&self) -> Vec<&str> {
        let headers = self.0.headers().into_iter().flat_map(Headers::iter);
        headers.map(|header| header.key).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        let headers = self.0.headers().into_iter().flat_map(Headers::iter);
        let text = |value: Option<_>| value.and_then(|value| str::from_utf8(value).ok());
        let texts = headers.map(|header| (header.key, text(header.value).unwrap_or_default()));
        values(texts, key)
    }
}

impl Injector for KafkaHeaders<&mut OwnedHeaders> {
    fn set(&mut self, key: &str, value: String) {
        let mut headers = std::mem::take(self.0);
        let is_same = |header: &Header<'_, &[u8]>| header.key.eq_ignore_ascii_case(key);
        // A forwarded message still has its sender's headers. A header cannot be removed alone, so the others are copied.
        if headers.iter().any(|header| is_same(&header)) {
            let others = headers.iter().filter(|header| !is_same(header));
            headers = others.fold(OwnedHeaders::new(), |headers, header| headers.insert(header));
        }
        *self.0 = headers.insert(Header { key, value: Some(&value) });
    }
}
