//! Context in the headers of NATS messages, through a real server.

use async_nats::HeaderMap;
use floe_telemetry::testing;
use floe_telemetry::{FutureExt, create_span, propagation};
use floe_telemetry_messaging::{Destination, NatsHeaders};
use floe_tests_clients::server;
use futures_util::StreamExt;
use opentelemetry::trace::SpanKind;

const REMOTE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

const ORDERS: Destination = Destination::new("nats", "orders");

async fn publish(client: &async_nats::Client) {
    let mut headers = HeaderMap::new();
    propagation::inject_context(&mut NatsHeaders(&mut headers));
    client.publish_with_headers("orders", headers, "an order".into()).await.expect("published");
    client.flush().await.expect("sent");
}

fn process(message: &async_nats::Message) {
    let headers = message.headers.clone().unwrap_or_default();
    let _span = ORDERS.process(&NatsHeaders(&headers)).start();
    assert_eq!(message.payload, "an order");
}

#[test]
fn a_message_carries_the_context_of_its_producer() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let spans = testing::capture(|| {
        runtime.block_on(async {
            let client = async_nats::connect(server("CLIENTS_NATS")).await.expect("a connection");
            let mut orders = client.subscribe("orders").await.expect("a subscription");
            client.flush().await.expect("subscribed");
            publish(&client).in_span(ORDERS.send()).await;
            process(&orders.next().await.expect("a message"));
        });
    });
    let span = spans
        .single("process orders")
        .assert_child_of("send orders")
        .assert_attribute("messaging.system", "nats");
    assert_eq!(span.data().span_kind, SpanKind::Consumer);
}

#[test]
fn a_message_that_is_sent_on_has_one_context() {
    let mut headers = HeaderMap::new();
    // Go writes the name in this form.
    headers.insert("Traceparent", REMOTE);
    headers.append("kept", "1");
    headers.append("kept", "2");
    let spans = testing::capture(|| {
        let _span = create_span("send on");
        propagation::inject_context(&mut NatsHeaders(&mut headers));
    });
    let sent = propagation::extract_span_context(&NatsHeaders(&headers)).expect("a context");
    let span = spans.single("send on").span_context();
    assert_eq!(sent.span_id(), span.span_id());
    assert_eq!(headers.get_all("kept").count(), 2);
}

#[test]
fn repeated_headers_are_no_context() {
    let mut headers = HeaderMap::new();
    headers.append("traceparent", REMOTE);
    assert!(propagation::extract_span_context(&NatsHeaders(&headers)).is_some());
    headers.append("traceparent", REMOTE);
    assert!(propagation::extract_span_context(&NatsHeaders(&headers)).is_none());
}
