//! The spans of a destination of messages, with the names, kinds and attributes of
//! [OpenTelemetry's conventions](https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/).

use floe_telemetry::{SpanKind, Tracer, propagation, trace::SpanBuilder};
use opentelemetry::propagation::Extractor;
use opentelemetry::trace::SpanContext;

static TRACER: Tracer = floe_telemetry::tracer!(env!("CARGO_PKG_NAME"));

/// A queue, a topic or a subject, to which messages are sent and from which they are received.
///
/// Its methods begin spans. A span is current between [`start`](SpanBuilder::start) and the drop of its guard, or while
/// a future with `in_span` runs, so a context that is injected during this time is that of the span.
///
/// ```
/// use std::collections::HashMap;
///
/// use floe_telemetry::{propagation, testing};
/// use floe_telemetry_messaging::Destination;
///
/// const ORDERS: Destination = Destination::new("rabbitmq", "orders");
///
/// let spans = testing::capture(|| {
///     let headers: HashMap<String, String> = {
///         let _span = ORDERS.send().start();
///         propagation::inject_headers()
///     };
///     let _span = ORDERS.process(&headers).attribute("messaging.message.id", "42").start();
/// });
/// spans.single("send orders").assert_attribute("messaging.system", "rabbitmq");
/// spans.single("process orders").assert_child_of("send orders");
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Destination {
    system: &'static str,
    name: &'static str,
}

impl Destination {
    /// Creates the destination `name` of a messaging system, such as `kafka`, `rabbitmq` or `nats`
    /// ([`messaging.system`](https://opentelemetry.io/docs/specs/semconv/registry/attributes/messaging/)).
    #[must_use]
    pub const fn new(system: &'static str, name: &'static str) -> Self {
        Self { system, name }
    }

    /// Returns a builder for the span `send <name>` of a producer. Inject its context into the headers of the message.
    #[track_caller]
    pub fn send(&self) -> SpanBuilder {
        self.span("send", SpanKind::Producer)
    }

    /// Returns a builder for the span `receive <name>` of messages that were fetched together. The span is a root with
    /// a link to each sender, because a span has only one parent. The items of `senders` are the results of
    /// [`extract_span_context`](propagation::extract_span_context) for the headers of each message.
    #[track_caller]
    pub fn receive(&self, senders: impl IntoIterator<Item = Option<SpanContext>>) -> SpanBuilder {
        let mut span = self.span("receive", SpanKind::Client).root();
        let mut count = 0_i64;
        for sender in senders {
            count += 1;
            if let Some(sender) = sender {
                span = span.link(sender);
            }
        }
        span.attribute("messaging.batch.message_count", count)
    }

    /// Returns a builder for the span `process <name>` of a consumer. Its parent is the sender's span in these headers,
    /// whatever span is current. If they contain none, the current span stays the parent, such as the span of an
    /// invocation of Lambda, because a consumer calls this method itself.
    #[track_caller]
    pub fn process(&self, headers: &impl Extractor) -> SpanBuilder {
        let sender = propagation::extract_context(headers);
        self.span("process", SpanKind::Consumer).parent(&sender)
    }

    #[track_caller]
    fn span(&self, operation: &'static str, kind: SpanKind) -> SpanBuilder {
        let Self { system, name } = *self;
        TRACER
            .span(format!("{operation} {name}"))
            .kind(kind)
            .attribute("messaging.system", system)
            .attribute("messaging.destination.name", name)
            .attribute("messaging.operation.name", operation)
            .attribute("messaging.operation.type", operation)
    }
}
