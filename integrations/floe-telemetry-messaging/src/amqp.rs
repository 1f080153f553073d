//! The headers among the properties of an AMQP message.

use std::collections::BTreeMap;

use amq_protocol_types::{AMQPValue, FieldTable, ShortString};
use opentelemetry::propagation::{Extractor, Injector};

use crate::values::values;

/// The headers of an AMQP message.
///
/// ```
/// use amq_protocol_types::FieldTable;
/// use floe_telemetry::{propagation, testing, traced};
/// use floe_telemetry_messaging::AmqpHeaders;
///
/// #[traced(name = "send orders", kind = producer, attributes(
///     "messaging.system" = "rabbitmq",
///     "messaging.destination.name" = "orders",
///     "messaging.operation.name" = "send",
/// ))]
/// fn send() -> FieldTable {
///     let mut headers = FieldTable::default();
///     propagation::inject_context(&mut AmqpHeaders(&mut headers));
///     headers
/// }
///
/// // For lapin's `Delivery`: `parent = delivery.properties.headers().as_ref().map(AmqpHeaders)`.
/// #[traced(name = "process orders", kind = consumer, parent = AmqpHeaders(headers), attributes(
///     "messaging.system" = "rabbitmq",
///     "messaging.destination.name" = "orders",
///     "messaging.operation.name" = "process",
/// ))]
/// fn process(headers: &FieldTable) {}
///
/// let spans = testing::capture(|| process(&send()));
/// spans.single("process orders").assert_child_of("send orders");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AmqpHeaders<T>(pub T);

impl Extractor for AmqpHeaders<&FieldTable> {
    fn get(&self, key: &str) -> Option<&str> {
        self.get_all(key)?.first().copied()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.inner().keys().map(ShortString::as_str).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        let headers = self.0.inner().iter();
        let texts = headers.map(|(name, value)| (name.as_str(), text(value).unwrap_or_default()));
        values(texts, key)
    }
}

fn text(value: &AMQPValue) -> Option<&str> {
    match value {
        AMQPValue::LongString(text) => str::from_utf8(text.as_bytes()).ok(),
        AMQPValue::ShortString(text) => Some(text.as_str()),
        _ => None,
    }
}

impl Injector for AmqpHeaders<&mut FieldTable> {
    fn set(&mut self, key: &str, value: String) {
        // AMQP does not allow names of more than 255 bytes.
        let Ok(name) = ShortString::try_new(key) else {
            return;
        };
        // A forwarded message still has its sender's headers. A header cannot be removed alone, so the others are copied.
        let is_same = |name: &ShortString| name.as_str().eq_ignore_ascii_case(key);
        let headers = self.0.inner();
        if headers.keys().any(is_same) {
            let others = headers
                .iter()
                .filter(|(name, _)| !is_same(name))
                .map(|(name, value)| (name.clone(), value.clone()));
            *self.0 = others.collect::<BTreeMap<_, _>>().into();
        }
        self.0.insert(name, AMQPValue::LongString(value.into()));
    }
}
