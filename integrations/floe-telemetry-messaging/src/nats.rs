//! The headers of a NATS message.

use async_nats::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::{Extractor, Injector};

use crate::values::values;

/// The headers of a NATS message.
///
/// ```
/// use async_nats::HeaderMap;
/// use floe_telemetry::{propagation, testing, traced};
/// use floe_telemetry_messaging::NatsHeaders;
///
/// #[traced(name = "send orders", kind = producer, attributes(
///     "messaging.system" = "nats",
///     "messaging.destination.name" = "orders",
///     "messaging.operation.name" = "send",
/// ))]
/// fn send() -> HeaderMap {
///     let mut headers = HeaderMap::new();
///     propagation::inject_context(&mut NatsHeaders(&mut headers));
///     headers
/// }
///
/// // For an `async_nats::Message`: `parent = message.headers.as_ref().map(NatsHeaders)`.
/// #[traced(name = "process orders", kind = consumer, parent = NatsHeaders(headers), attributes(
///     "messaging.system" = "nats",
///     "messaging.destination.name" = "orders",
///     "messaging.operation.name" = "process",
/// ))]
/// fn process(headers: &HeaderMap) {}
///
/// let spans = testing::capture(|| process(&send()));
/// spans.single("process orders").assert_child_of("send orders");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct NatsHeaders<T>(pub T);

impl Extractor for NatsHeaders<&HeaderMap> {
    fn get(&self, key: &str) -> Option<&str> {
        self.get_all(key)?.first().copied()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_ref()).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        let all = self.0.iter().flat_map(|(name, values)| {
            let values = values.iter().map(HeaderValue::as_str);
            values.map(|value| (name.as_ref(), value))
        });
        values(all, key)
    }
}

impl Injector for NatsHeaders<&mut HeaderMap> {
    fn set(&mut self, key: &str, value: String) {
        // An invalid header is left out; the map's own conversions would panic.
        let (Ok(name), Ok(value)) = (key.parse::<HeaderName>(), value.parse::<HeaderValue>())
        else {
            return;
        };
        // A forwarded message still has the headers of its sender, such as `Traceparent`. A single header cannot be
        // removed, so the others are copied.
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
