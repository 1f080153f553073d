//! Context in the headers of AMQP messages, through a real RabbitMQ.

use floe_telemetry::testing;
use floe_telemetry::{create_span, propagation, traced};
use floe_telemetry_messaging::AmqpHeaders;
use floe_tests_clients::server;
use futures_util::StreamExt;
use lapin::message::Delivery;
use lapin::options::{BasicConsumeOptions, BasicPublishOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use opentelemetry::trace::SpanKind;

const REMOTE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[traced(name = "publish orders", kind = producer)]
async fn publish(channel: &Channel) {
    let mut headers = FieldTable::default();
    headers.insert("attempt".into(), AMQPValue::LongInt(1));
    propagation::inject_context(&mut AmqpHeaders(&mut headers));
    let properties = BasicProperties::default().with_headers(headers);
    let options = BasicPublishOptions::default();
    let sent = channel.basic_publish("".into(), "orders".into(), options, b"an order", properties);
    sent.await.expect("sent").await.expect("confirmed");
}

#[traced(name = "process orders", kind = consumer, parent = delivery.properties.headers().as_ref().map(AmqpHeaders))]
fn process(delivery: &Delivery) {
    assert_eq!(delivery.data, b"an order");
}

#[test]
fn a_message_carries_the_context_of_its_producer() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(1).build();
    let spans = testing::capture(|| {
        runtime.expect("a runtime").block_on(async {
            let address = server("CLIENTS_AMQP");
            let connection = Connection::connect(&address, ConnectionProperties::default())
                .await
                .expect("a connection");
            let channel = connection.create_channel().await.expect("a channel");
            let options = QueueDeclareOptions { auto_delete: true, ..Default::default() };
            channel
                .queue_declare("orders".into(), options, FieldTable::default())
                .await
                .expect("a queue");
            publish(&channel).await;
            let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
            let consumer = channel.basic_consume(
                "orders".into(),
                "test".into(),
                options,
                FieldTable::default(),
            );
            let delivery = consumer
                .await
                .expect("a consumer")
                .next()
                .await
                .expect("a message")
                .expect("a message");
            process(&delivery);
        });
    });
    let span = spans.single("process orders").assert_child_of("publish orders");
    assert_eq!(span.data().span_kind, SpanKind::Consumer);
}

#[test]
fn a_message_that_is_sent_on_has_one_context() {
    let mut headers = FieldTable::default();
    headers.insert("Traceparent".into(), AMQPValue::LongString(REMOTE.into()));
    headers.insert("kept".into(), AMQPValue::Boolean(true));
    let spans = testing::capture(|| {
        let _span = create_span("send on");
        propagation::inject_context(&mut AmqpHeaders(&mut headers));
    });
    let sent = propagation::extract_span_context(&AmqpHeaders(&headers)).expect("a context");
    let span = spans.single("send on").span_context();
    assert_eq!(sent.span_id(), span.span_id());
    assert_eq!(headers.inner().len(), 2);
}

#[test]
fn a_header_that_is_not_text_or_not_the_only_one_is_no_context() {
    let mut headers = FieldTable::default();
    headers.insert("traceparent".into(), AMQPValue::ShortString(REMOTE.into()));
    assert!(propagation::extract_span_context(&AmqpHeaders(&headers)).is_some());
    for second in [
        AMQPValue::LongString(REMOTE.into()),
        AMQPValue::LongString(vec![0xff].into()),
        AMQPValue::LongLongInt(1),
    ] {
        headers.insert("Traceparent".into(), second);
        assert!(propagation::extract_span_context(&AmqpHeaders(&headers)).is_none());
    }
}
